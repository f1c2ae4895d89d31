// SPDX-License-Identifier: Apache-2.0
// A test over the first GPU of this machine; skipped where there is none.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda/cuda_device.h"

namespace fitest::cuda {

class GpuTest : public testing::Test {
 protected:
  void SetUp() override;

  BufferPtr allocate(const std::string& name, std::size_t size_bytes) {
    return device_->allocate({name, size_bytes, Access::Output});
  }
  template <class T>
  static KernelArgument argument(const std::string& name, T value) {
    KernelArgument bound{name, std::vector<std::byte>(sizeof value)};
    std::memcpy(bound.bytes.data(), &value, sizeof value);
    return bound;
  }
  static KernelArgument pointer(const Buffer& buffer) {
    return argument(buffer.spec().name, buffer.address());
  }
  template <class T>
  std::vector<T> read(const Buffer& buffer) {
    std::vector<T> values(buffer.spec().size_bytes / sizeof(T));
    device_->download(buffer, std::as_writable_bytes(std::span(values)));
    return values;
  }

  // Loads `ptx`, whose kernel is named `kernel`, once.
  const Module& module_of(const std::string& kernel, const char* ptx);
  std::optional<Fault> launch(const char* ptx, const Launch& launch) {
    return device_->launch(module_of(launch.kernel, ptx), launch);
  }

  DevicePtr device_;
  std::vector<std::pair<std::string, ModulePtr>> modules_;
};

// Runs `body` in a process of its own, since what it does loses the context, and expects the text
// that it returns to match `regex`. A process that hangs fails.
void expect_in_own_process(const std::function<std::string()>& body, const std::string& regex);

}  // namespace fitest::cuda
