// SPDX-License-Identifier: Apache-2.0
// The Device over an NVIDIA GPU and its driver.
#pragma once

#include <filesystem>
#include <string>

#include "cuda/driver_api.h"
#include "device/device.h"

namespace fitest::cuda {

struct CudaDeviceOptions {
  // As choose_device takes it: "cuda:0", "1", "GPU-0123…". Empty or "cuda": the
  // first that is visible.
  std::string device;
  std::filesystem::path lock_folder = "/tmp";  // shared by all that time on this GPU
};

// Error (Environment) without a usable driver, Error (Usage) for a GPU that is not there.
//
// What differs from the virtual device: a fault of the hardware names the kernel, not thread and
// line; it loses the context, and every later call ends with the same Fault (calls that return none
// throw it as an Error). A process whose device was lost should write its results and _exit.
DevicePtr make_cuda_device(const CudaDeviceOptions& options);

// The same over a given table, which outlives the device.
DevicePtr make_cuda_device(const DriverApi& api, const CudaDeviceOptions& options);

}  // namespace fitest::cuda
