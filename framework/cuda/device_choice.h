// SPDX-License-Identifier: Apache-2.0
// Which GPU: by index or by UUID.
#pragma once

#include <string>
#include <vector>

#include "cuda/driver_api.h"

namespace fitest::cuda {

// A GPU that this process may use; the driver applies CUDA_VISIBLE_DEVICES before it counts.
struct VisibleDevice {
  CudaDeviceId id = 0;
  int index = 0;
  std::string name;
  std::string uuid;  // "GPU-0123abcd-…"
  int compute_major = 0;
  int compute_minor = 0;
  std::size_t memory_bytes = 0;
};

std::vector<VisibleDevice> list_devices(const DriverApi& api);

// "cuda:0 NVIDIA H200 (sm_90, 139 GiB)"
std::string describe(const VisibleDevice& device);

// `wanted`: "", "cuda", an index ("1", "cuda:1") or the beginning of one UUID ("GPU-01",
// "cuda:GPU-01", also with '_' for '-' and in any case, as a CTest resource id must be written).
// Error (Usage) names the GPUs there are.
VisibleDevice choose_device(const std::vector<VisibleDevice>& devices, const std::string& wanted);

}  // namespace fitest::cuda
