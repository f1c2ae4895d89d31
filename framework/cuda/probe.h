// SPDX-License-Identifier: Apache-2.0
// What the CUDA driver of this machine offers, without linking to it.
#pragma once

#include <string>
#include <vector>

namespace fitest::cuda {

struct DriverStatus {
  bool available = false;
  std::string version;               // of the CUDA it supports: "13.0"
  std::vector<std::string> devices;  // "cuda:0 NVIDIA H200 (sm_90, 139 GiB)"
  std::string problem;               // why not available
};

// Opens libcuda.so.1 once and asks; creates no context.
const DriverStatus& driver_status();

}  // namespace fitest::cuda
