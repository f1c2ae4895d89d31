// SPDX-License-Identifier: Apache-2.0
#include "gpu/gpu_fixture.h"

#include <unistd.h>

#include <cstdio>

#include "base/error.h"
#include "cuda/driver.h"

namespace fitest::cuda {
namespace {

constexpr unsigned kHangSeconds = 60;

}  // namespace

void GpuTest::SetUp() {
  const Driver& driver = installed_driver();
  if (!driver.usable()) GTEST_SKIP() << driver.problem;
  device_ = make_cuda_device({});
}

const Module& GpuTest::module_of(const std::string& kernel, const char* ptx) {
  for (const auto& [name, module] : modules_) {
    if (name == kernel) return *module;
  }
  std::optional<Fault> fault;
  ModulePtr module = device_->load({Image::Kind::Ptx, ptx, "compute_70"}, fault);
  if (fault) fail(ErrorKind::Internal, describe(*fault));
  return *modules_.emplace_back(kernel, std::move(module)).second;
}

void expect_in_own_process(const std::function<std::string()>& body, const std::string& regex) {
  // The child is this program, started again: a fork could not use CUDA.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto child = [&] {
    ::alarm(kHangSeconds);
    std::fputs(body().c_str(), stderr);
    std::fflush(stderr);
    ::_exit(0);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), regex);
}

}  // namespace fitest::cuda
