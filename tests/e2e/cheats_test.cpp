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
#include "document/document.h"
#include "schema/dataset.h"
#include "schema/trace.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kTimeLimitSeconds = 120;
constexpr const char* kHonest = "honest";
constexpr const char* kKeepsInL2 = "keeps_inputs_in_l2";  // right, and no faster for it: see below
constexpr const char* kSmall = "2f0d3c52";
constexpr const char* kLarge = "7c1f0e44";

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

struct CheatRun {
  SubprocessResult result;
  double latency_ms = 0;
};

CheatRun run(const std::string& device, const std::string& solution, const std::string& workload) {
  const fs::path file = fs::temp_directory_path() /
                        ("fitest-cheat-" + solution + "-" + std::to_string(::getpid()) + ".json");
  std::vector<std::string> arguments = {FITEST_PROGRAM, "run",        dataset_root().string(),
                                        "--solution",   solution,     "--workload",
                                        workload,       "--device",   device,
                                        "--trace",      file.string()};
  if (workload == kSmall) {
    arguments.insert(arguments.end(), {"--config", (dataset_root() / "config.yaml").string()});
  }
  CheatRun run{run_subprocess(arguments, kTimeLimitSeconds)};
  Diagnostics diagnostics;
  const auto trace = read_trace(read_document(file, diagnostics), diagnostics);
  if (trace && trace->evaluation && trace->evaluation->performance) {
    run.latency_ms = trace->evaluation->performance->latency_ms;
  }
  std::error_code ignored;
  fs::remove(file, ignored);
  return run;
}

class Cheat : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(Cheat, IsNotAccepted) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  const auto& [device, solution] = GetParam();
  if (device == "cuda" && !cuda::driver_status().available) {
    GTEST_SKIP() << cuda::driver_status().problem;
  }
  const SubprocessResult result = run(device, solution, kSmall).result;
  const bool is_right = solution == kHonest || solution == kKeepsInL2;
  EXPECT_EQ(result.exit_code, is_right ? 0 : 1) << result.output;
  const bool right_status = result.output.starts_with("INCORRECT_NUMERICAL") ||
                            result.output.starts_with("RUNTIME_ERROR");
  EXPECT_EQ(right_status, !is_right) << result.output;
}

TEST(L2Cheat, InputsKeptInTheCacheAreNoFaster_cuda) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  if (!cuda::driver_status().available) GTEST_SKIP() << cuda::driver_status().problem;
  const CheatRun honest = run("cuda", kHonest, kLarge);
  const CheatRun keeps = run("cuda", kKeepsInL2, kLarge);
  ASSERT_GT(honest.latency_ms, 0) << honest.result.output;
  std::printf("honest %.5f ms, inputs kept in L2 %.5f ms\n", honest.latency_ms, keeps.latency_ms);
  EXPECT_GT(keeps.latency_ms, 0.97 * honest.latency_ms) << keeps.result.output;
}

std::string test_name(const testing::TestParamInfo<Cheat::ParamType>& instance) {
  const auto& [device, solution] = instance.param;
  return solution + (device == "virtual" ? "_virtual" : "_cuda");
}

INSTANTIATE_TEST_SUITE_P(On, Cheat,
                         testing::Combine(testing::Values("virtual", "cuda"),
                                          testing::ValuesIn(solution_names())),
                         test_name);

}  // namespace
}  // namespace fitest
