// SPDX-License-Identifier: Apache-2.0
// Every kernel of this folder, compiled for two architectures, on the virtual device and on a GPU.
#include <gtest/gtest.h>

#include "compile/compiler.h"
#include "cuda/cuda_device.h"
#include "cuda/driver.h"
#include "ptx/kernels/kernel_case.h"
#include "ptx/virtual_device.h"

namespace fitest::kernels {
namespace {

constexpr const char* kTargets[] = {"compute_80", "compute_90"};

using Parameter = std::tuple<KernelCase, const char*>;

std::vector<KernelCase> all_cases() {
  std::vector<KernelCase> all;
  for (const auto& cases : {basic_cases, reduce_cases, normalise_cases, gemm_cases, attention_cases,
                            atomics_cases, language_cases, library_cases}) {
    for (KernelCase& kernel : cases()) all.push_back(std::move(kernel));
  }
  return all;
}

std::string test_name(const testing::TestParamInfo<Parameter>& info) {
  return std::get<0>(info.param).name + "_" + std::get<1>(info.param);
}

class Kernels : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  }
  static const KernelCase& kernel() { return std::get<0>(GetParam()); }
  static std::string target() { return std::get<1>(GetParam()); }
};

class VirtualKernels : public Kernels {};

TEST_P(VirtualKernels, give_what_the_host_computes) {
  ptx::VirtualDeviceOptions options;
  options.check_init = true;
  // For sm_80, cuda_bf16.hpp looks with a plain load before it compares and swaps.
  options.check_race = kernel().name != "float_atomics";
  options.instruction_budget = 2'000'000'000;
  options.compute_major = target() == "compute_90" ? 9 : 8;
  const DevicePtr device = ptx::make_virtual_device(options);
  EXPECT_EQ(run_case(kernel(), target(), *device), "");
}

class GpuKernels : public Kernels {
 protected:
  void SetUp() override {
    Kernels::SetUp();
    if (IsSkipped()) return;
    const cuda::Driver& driver = cuda::installed_driver();
    if (!driver.usable()) GTEST_SKIP() << driver.problem;
    device_ = cuda::make_cuda_device({});
    const int major = target() == "compute_90" ? 9 : 8;
    if (device_->properties().compute_major < major) {
      GTEST_SKIP() << device_->properties().name << " is older than " << target();
    }
  }
  DevicePtr device_;
};

TEST_P(GpuKernels, give_what_the_host_computes) {
  EXPECT_EQ(run_case(kernel(), target(), *device_), "");
}

INSTANTIATE_TEST_SUITE_P(Folder, VirtualKernels,
                         testing::Combine(testing::ValuesIn(all_cases()),
                                          testing::ValuesIn(kTargets)),
                         test_name);
INSTANTIATE_TEST_SUITE_P(Folder, GpuKernels,
                         testing::Combine(testing::ValuesIn(all_cases()),
                                          testing::ValuesIn(kTargets)),
                         test_name);

}  // namespace

// Test names say it all; the bytes of a case would drown them.
void PrintTo(const KernelCase& kernel, std::ostream* out) {
  *out << kernel.name;
}

}  // namespace fitest::kernels
