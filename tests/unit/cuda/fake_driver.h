// SPDX-License-Identifier: Apache-2.0
// A CUDA driver over host memory, whose kernels are C++ functions and whose faults are arranged.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda/driver_api.h"

namespace fitest::cuda {

struct FakeLaunch {
  LaunchConfig config;
  std::vector<LaunchAttribute> attributes;
  std::vector<void*> parameters;
};

struct FakeKernel {
  std::vector<std::size_t> parameter_bytes = {};
  int max_threads = 1024;
  int registers = 32;
  int static_shared = 0;
  int resident_blocks = 8;  // on one multiprocessor
  float milliseconds = 1;
  bool endless = false;
  CudaResult ends_with = CudaResult::Success;
  std::function<void(const FakeLaunch&)> run = [](const FakeLaunch&) {};
};

// One GPU, "Fake GPU". A module's image is a text of kernel names; a name that is not in `kernels`
// fails as invalid PTX, with a log. There is no compiler for real PTX (".version …").
struct FakeGpu {
  std::map<std::string, FakeKernel> kernels;
  int device_count = 1;
  std::size_t memory_bytes = std::size_t{1} << 30;
  std::vector<std::string> calls;  // "launch add", "fill_words", "event_record", …
  std::vector<std::string> set_attributes;
  std::vector<FakeLaunch> launches;
  CudaResult sticky = CudaResult::Success;
  bool endless = false;
  float clock_ms = 0;        // advances with each kernel
  float query_takes_ms = 0;  // and with each query of the stream
  std::string printed;       // appears on stdout at the next context_synchronize
  std::map<CudaAddress, std::vector<std::byte>> memory;
  std::vector<std::unique_ptr<std::string>> functions;  // handles point to names
  std::vector<std::unique_ptr<float>> events;           // handles point to times
};

// Device addresses are host addresses.
std::byte* host_pointer(CudaAddress address);

// The table of the driver of `gpu`, which stays the current one until the next call.
DriverApi fake_driver(FakeGpu& gpu);

}  // namespace fitest::cuda
