// SPDX-License-Identifier: Apache-2.0
// The CUDA driver of this machine, opened and initialised, or the reason why not.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/dynamic_library.h"
#include "cuda/driver_api.h"

namespace fitest::cuda {

struct Driver {
  std::optional<DynamicLibrary> library;
  DriverApi api;
  std::string version;  // of the CUDA it supports: "13.0"
  std::string problem;  // why it cannot be used; empty: it can
  pid_t process = 0;    // that initialised it: a fork of it cannot use CUDA
  bool usable() const { return problem.empty(); }
};

// Opens the first candidate and initialises it.
Driver open_driver(const std::vector<std::string>& candidates);

// libcuda.so.1, opened at the first call and never closed: kernels may still run at exit.
const Driver& installed_driver();

// "580.159.03 (CUDA 13.0)", or without the first part where the kernel module does not tell it.
std::string describe_version(const DriverApi& api);

}  // namespace fitest::cuda
