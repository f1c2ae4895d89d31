// SPDX-License-Identifier: Apache-2.0
// The bundled kernels on a GPU and on the virtual device: what they compute agrees within the
// tolerance of its dtype.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/subprocess.h"
#include "check/comparison.h"
#include "compile/compiler.h"
#include "cuda/probe.h"
#include "run/plan.h"
#include "tensor/safetensors.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kTimeLimitSeconds = 280;

fs::path dataset_root() {
  return FITEST_SOURCE_DIR;
}

std::vector<std::string> case_names() {
  const Dataset dataset = read_dataset(dataset_root());
  CaseFilter filter;
  filter.tier = "quick";
  std::vector<std::string> names;
  for (const Case& planned : plan_cases(dataset, filter)) names.push_back(planned.name());
  return names;
}

// What two sums in another order may differ by, relatively and, near zero, absolutely.
Tolerance tolerance_of(DType dtype) {
  switch (dtype) {
    case DType::Float32:
      return {1e-3, 1e-4, std::nullopt};
    case DType::Float16:
      return {4e-3, 2e-3, std::nullopt};
    case DType::BFloat16:
      return {1.6e-2, 8e-3, std::nullopt};
    default:
      return {0, 0, std::nullopt};
  }
}

class DevicesAgree : public testing::TestWithParam<std::string> {
 protected:
  DevicesAgree()
      : folder_(fs::temp_directory_path() / ("fitest-agree-" + std::to_string(::getpid()))) {}
  ~DevicesAgree() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::map<std::string, Tensor> outputs_on(const std::string& device) const {
    const std::string& name = GetParam();
    const std::size_t first = name.find('/');
    const std::size_t second = name.find('/', first + 1);
    const fs::path place = folder_ / device;
    const SubprocessResult result = run_subprocess(
        {FITEST_PROGRAM, "run", dataset_root().string(), "--definition", name.substr(0, first),
         "--solution", name.substr(first + 1, second - first - 1), "--workload",
         name.substr(second + 1), "--device", device, "--no-timing", "--trace",
         (place / "trace.json").string(), "--save-outputs", place.string()},
        kTimeLimitSeconds);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return read_safetensors(place / (name + ".safetensors"));
  }
  fs::path folder_;
};

TEST_P(DevicesAgree, OnWhatABundledKernelComputes) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  if (!cuda::driver_status().available) GTEST_SKIP() << cuda::driver_status().problem;
  const auto on_virtual = outputs_on("virtual");
  const auto on_gpu = outputs_on("cuda");
  ASSERT_FALSE(on_virtual.empty());
  for (const auto& [name, expected] : on_virtual) {
    const Tensor& actual = on_gpu.at(name);
    ASSERT_EQ(actual.dtype(), expected.dtype());
    ASSERT_EQ(actual.shape(), expected.shape());
    const Comparison found = compare(expected, actual, tolerance_of(expected.dtype()));
    EXPECT_EQ(found.wrong.count, 0u)
        << name << "[" << found.wrong.first << "] first, of " << found.count
        << "; largest absolute error " << found.finite_max_absolute_error;
    std::printf("%s: largest absolute difference %.3g, relative %.3g\n", name.c_str(),
                found.finite_max_absolute_error, found.finite_max_relative_error);
  }
}

std::string test_name(const testing::TestParamInfo<std::string>& instance) {
  std::string name = instance.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bundled, DevicesAgree, testing::ValuesIn(case_names()), test_name);

}  // namespace
}  // namespace fitest
