// SPDX-License-Identifier: Apache-2.0
// Every solution of tests/broken ends as its row in tests/broken/expected.yaml says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <regex>

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

struct Expectation {
  std::string solution;
  std::string status;
  std::int64_t exit_code = 0;
  std::vector<std::string> arguments;
  std::vector<std::string> message;
  std::vector<std::string> gpu_status;  // where hardware may see it otherwise
};

// GoogleTest prints the parameter with this.
std::ostream& operator<<(std::ostream& stream, const Expectation& expectation) {
  return stream << expectation.solution << " -> " << expectation.status;
}

fs::path dataset_root() {
  return fs::path(FITEST_SOURCE_DIR) / "tests" / "broken";
}

std::vector<std::string> strings_of(const Value* list) {
  std::vector<std::string> strings;
  if (list == nullptr) return strings;
  for (const Value& item : list->array()) strings.push_back(item.string());
  return strings;
}

std::vector<Expectation> read_expectations() {
  Diagnostics diagnostics;
  const Value table = read_document(dataset_root() / "expected.yaml", diagnostics);
  diagnostics.throw_if_errors();
  std::vector<Expectation> expectations;
  for (const auto& [solution, row] : table.object()) {
    expectations.push_back({solution, row.find("status")->string(),
                            row.find("exit_code")->integer(), strings_of(row.find("arguments")),
                            strings_of(row.find("message")), strings_of(row.find("gpu_status"))});
  }
  return expectations;
}

Trace read_trace_file(const fs::path& file) {
  Diagnostics diagnostics;
  auto trace = read_trace(read_document(file, diagnostics), diagnostics);
  EXPECT_TRUE(diagnostics.ok()) << diagnostics.render_all();
  return trace.value_or(Trace{});
}

class BrokenSolution : public testing::TestWithParam<Expectation> {
 protected:
  BrokenSolution()
      : trace_file_(fs::temp_directory_path() / ("fitest-broken-" + GetParam().solution + "-" +
                                                 std::to_string(::getpid()) + ".json")) {}
  ~BrokenSolution() override {
    std::error_code ignored;
    fs::remove(trace_file_, ignored);
  }

  SubprocessResult run(const std::string& device, const std::string& solution) const {
    std::vector<std::string> arguments = {FITEST_PROGRAM, "run",     dataset_root().string(),
                                          "--solution",   solution,  "--device",
                                          device,         "--trace", trace_file_.string()};
    arguments.insert(arguments.end(), GetParam().arguments.begin(), GetParam().arguments.end());
    return run_subprocess(arguments, kTimeLimitSeconds);
  }

  fs::path trace_file_;
};

TEST_P(BrokenSolution, EndsWithItsStatusExitCodeAndMessage) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  const SubprocessResult result = run("virtual", GetParam().solution);
  EXPECT_EQ(result.exit_code, GetParam().exit_code) << result.output;
  ASSERT_TRUE(fs::exists(trace_file_)) << result.output;
  const Trace trace = read_trace_file(trace_file_);
  ASSERT_TRUE(trace.evaluation.has_value());
  EXPECT_EQ(name_of(trace.evaluation->status), GetParam().status) << result.output;
  const std::string said = result.output + "\n" + trace.evaluation->log;
  for (const std::string& pattern : GetParam().message) {
    EXPECT_TRUE(std::regex_search(said, std::regex(pattern)))
        << "not found: " << pattern << "\nin:\n"
        << said;
  }
}

TEST_P(BrokenSolution, EndsWithItsStatusOnAGpuWhichGoesOn) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  if (!cuda::driver_status().available) GTEST_SKIP() << cuda::driver_status().problem;
  const SubprocessResult result = run("cuda", GetParam().solution);
  ASSERT_TRUE(fs::exists(trace_file_)) << result.output;
  const Trace trace = read_trace_file(trace_file_);
  ASSERT_TRUE(trace.evaluation.has_value());
  std::vector<std::string> right = GetParam().gpu_status;
  if (right.empty()) right = {GetParam().status};
  EXPECT_THAT(right, testing::Contains(name_of(trace.evaluation->status))) << result.output;
  EXPECT_EQ(result.exit_code, trace.evaluation->status == Status::Passed ? 0 : 1);
  const SubprocessResult next = run("cuda", "correct");
  EXPECT_EQ(next.exit_code, 0) << next.output;
}

INSTANTIATE_TEST_SUITE_P(Broken, BrokenSolution, testing::ValuesIn(read_expectations()),
                         [](const auto& instance) { return instance.param.solution; });

TEST(BrokenDataset, HasARowForEverySolutionAndASolutionForEveryRow) {
  const Dataset dataset = read_dataset(dataset_root());
  EXPECT_TRUE(dataset.diagnostics.ok()) << dataset.diagnostics.render_all();
  std::vector<std::string> solutions;
  for (const Solution& solution : dataset.solutions) solutions.push_back(solution.name);
  std::vector<std::string> rows;
  for (const Expectation& expectation : read_expectations()) rows.push_back(expectation.solution);
  EXPECT_THAT(rows, testing::UnorderedElementsAreArray(solutions));
}

TEST(BrokenDataset, HasASolutionForEveryStatus) {
  std::vector<std::string> statuses;
  for (const Expectation& expectation : read_expectations()) {
    statuses.push_back(expectation.status);
  }
  for (const char* status : {"PASSED", "INCORRECT_SHAPE", "INCORRECT_NUMERICAL", "INCORRECT_DTYPE",
                             "RUNTIME_ERROR", "COMPILE_ERROR", "TIMEOUT"}) {
    EXPECT_THAT(statuses, testing::Contains(status));
  }
}

}  // namespace
}  // namespace fitest
