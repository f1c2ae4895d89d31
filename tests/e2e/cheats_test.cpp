// SPDX-License-Identifier: Apache-2.0
// Solutions of tests/cheats that are right in the trials and spare themselves the work when timed:
// none is accepted, on either device.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <tuple>

#include "base/subprocess.h"
#include "compile/compiler.h"
#include "cuda/probe.h"
#include "schema/dataset.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kTimeLimitSeconds = 120;
constexpr const char* kHonest = "honest";

fs::path dataset_root() {
  return fs::path(FITEST_SOURCE_DIR) / "tests" / "cheats";
}

std::vector<std::string> solution_names() {
  std::vector<std::string> names;
  for (const Solution& solution : read_dataset(dataset_root()).solutions) {
    names.push_back(solution.name);
  }
  return names;
}

class Cheat : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  static SubprocessResult run(const std::string& device, const std::string& solution) {
    const fs::path trace = fs::temp_directory_path() / ("fitest-cheat-" + solution + "-" +
                                                        std::to_string(::getpid()) + ".json");
    const SubprocessResult result = run_subprocess(
        {FITEST_PROGRAM, "run", dataset_root().string(), "--solution", solution, "--device", device,
         "--config", (dataset_root() / "config.yaml").string(), "--trace", trace.string()},
        kTimeLimitSeconds);
    std::error_code ignored;
    fs::remove(trace, ignored);
    return result;
  }
};

TEST_P(Cheat, IsNotAccepted) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  const auto& [device, solution] = GetParam();
  if (device != "virtual" && !cuda::driver_status().available) {
    GTEST_SKIP() << cuda::driver_status().problem;
  }
  const SubprocessResult result = run(device, solution);
  EXPECT_EQ(result.exit_code, solution == kHonest ? 0 : 1) << result.output;
  const bool right_status = result.output.starts_with("INCORRECT_NUMERICAL") ||
                            result.output.starts_with("RUNTIME_ERROR");
  EXPECT_EQ(right_status, solution != kHonest) << result.output;
}

std::string test_name(const testing::TestParamInfo<Cheat::ParamType>& instance) {
  const auto& [device, solution] = instance.param;
  return solution + (device == "virtual" ? "_virtual" : "_cuda");
}

INSTANTIATE_TEST_SUITE_P(On, Cheat,
                         testing::Combine(testing::Values("virtual", "cuda:0"),
                                          testing::ValuesIn(solution_names())),
                         test_name);

}  // namespace
}  // namespace fitest
