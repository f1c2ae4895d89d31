// SPDX-License-Identifier: Apache-2.0
// Whether a GPU can take a launch, said in terms of the limit that was passed.
#pragma once

#include <optional>

#include "cuda/driver_api.h"
#include "device/device.h"

namespace fitest::cuda {

struct LaunchLimits {
  std::uint64_t threads_per_block = 1024;
  Dim3 block{1024, 1024, 64};
  Dim3 grid{2147483647, 65535, 65535};
  std::size_t shared_bytes = 49152;  // static and dynamic together, opt-in
  int registers_per_block = 65536;
  bool clusters = false;
  bool cooperative = false;  // grids that wait for themselves
  int sm_count = 1;
};

LaunchLimits read_limits(const DriverApi& api, CudaDeviceId device);

// Fault InvalidLaunch that names the kernel, the configuration and the limit.
std::optional<Fault> check_launch(const Launch& launch, const KernelInfo& kernel,
                                  const LaunchLimits& limits);

// The Fault of a cooperative launch of whose blocks only so many are resident on a multiprocessor.
Fault not_resident(const Launch& launch, int blocks_per_sm, const LaunchLimits& limits);

// "grid (1,1,1), block (256,1,1), cluster (2,1,1), 4096 bytes of dynamic shared memory"
std::string describe_configuration(const Launch& launch);

}  // namespace fitest::cuda
