// SPDX-License-Identifier: Apache-2.0
// The Device over an NVIDIA GPU and its driver.
#pragma once

#include <filesystem>
#include <string>

#include "cuda/cupti.h"
#include "cuda/driver_api.h"
#include "device/device.h"

namespace fitest::cuda {

enum class TimerChoice : std::uint8_t {
  Automatic,  // CUPTI's activity records where it is usable, else events
  Activity,
  Events,
};

struct CudaDeviceOptions {
  // As choose_device takes it: "cuda:0", "1", "GPU-0123…". Empty or "cuda": the
  // first that is visible.
  std::string device;
  std::filesystem::path lock_folder = "/tmp";  // shared by all that time on this GPU
  bool guards = true;                          // zones around buffers and poison in them
  TimerChoice timer = TimerChoice::Automatic;
  const Cupti* cupti = nullptr;  // outlives the device; null: the machine's
};

// Error (Environment) without a usable driver, Error (Usage) for a GPU that is not there.
//
// What differs from the virtual device: a fault of the hardware names the kernel, not thread and
// line; it loses the context, and every later call ends with the same Fault (calls that return none
// throw it as an Error). A process whose device was lost should write its results and _exit. Times
// are those of the chosen timer, the other one beside them; Error (Environment) where CUPTI was
// asked for and cannot be had.
DevicePtr make_cuda_device(const CudaDeviceOptions& options);

// The same over a given table, which outlives the device.
DevicePtr make_cuda_device(const DriverApi& api, const CudaDeviceOptions& options);

}  // namespace fitest::cuda
