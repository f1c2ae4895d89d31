// SPDX-License-Identifier: Apache-2.0
// The program as a user runs it, on copies of the dataset of tests/broken.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/subprocess.h"
#include "base/temporary_folder.h"
#include "compile/compiler.h"
#include "document/document.h"
#include "schema/trace.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr double kTimeLimitSeconds = 120;

// A dataset, a trace folder and a cache of its own, removed at the end.
class Program : public testing::Test {
 protected:
  Program() {
    fs::copy(fs::path(FITEST_SOURCE_DIR) / "tests" / "broken", dataset(),
             fs::copy_options::recursive);
    ::setenv("FITEST_CACHE_DIR", (folder_ / "cache").c_str(), 1);
  }
  ~Program() override { ::unsetenv("FITEST_CACHE_DIR"); }

  fs::path dataset() const { return folder_ / "dataset"; }
  fs::path traces() const { return folder_ / "traces"; }
  static bool can_compile() { return nvrtc_status().available; }

  SubprocessResult fitest(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), FITEST_PROGRAM);
    return run_subprocess(arguments, kTimeLimitSeconds);
  }
  std::vector<std::string> run_arguments(const std::string& solution) const {
    return {"run",      dataset().string(), "--solution",  solution,
            "--device", "virtual",          "--trace-dir", traces().string()};
  }
  SubprocessResult run_solution(const std::string& solution) const {
    return fitest(run_arguments(solution));
  }
  std::vector<fs::path> trace_files() const {
    std::vector<fs::path> files;
    if (!fs::exists(traces())) return files;
    for (const auto& entry : fs::recursive_directory_iterator(traces())) {
      // A Trace being written has another ending until it is whole.
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    return files;
  }
  static Trace read(const fs::path& file) {
    Diagnostics diagnostics;
    auto trace = read_trace(read_document(file, diagnostics), diagnostics);
    EXPECT_TRUE(diagnostics.ok()) << diagnostics.render_all();
    return trace.value_or(Trace{});
  }
  void copy_solution(const std::string& from, const std::string& to) const {
    const fs::path base = dataset() / "solutions/broken/elementwise/vector_scale";
    fs::copy(base / from, base / to, fs::copy_options::recursive);
    std::string text = read_file(base / to / "solution.yaml");
    const std::size_t name = text.find("name: " + from);
    ASSERT_NE(name, std::string::npos);
    text.replace(name, 6 + from.size(), "name: " + to);
    write_file_atomically(base / to / "solution.yaml", text);
  }

  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(Program, ListsASolutionThatWasCopiedToANewName) {
  copy_solution("correct", "copied");
  const SubprocessResult result = fitest({"list", dataset().string()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("vector_scale/copied/"));
}

TEST_F(Program, WritesOneTraceForEveryCase) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  const SubprocessResult listed = fitest({"list", dataset().string(), "--solution", "correct"});
  const SubprocessResult result = run_solution("correct");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  const auto lines = std::count(listed.output.begin(), listed.output.end(), '\n');
  std::size_t cases = 0;
  for (std::size_t at = 0;
       (at = listed.output.find("vector_scale/correct/", at)) != std::string::npos; ++at) {
    ++cases;
  }
  EXPECT_GT(lines, 0);
  EXPECT_GT(cases, 0u);
  EXPECT_EQ(trace_files().size(), cases);
}

TEST_F(Program, ATraceReadBackIsTheSameObject) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  for (const char* solution : {"correct", "nan_result", "infinite_result", "out_of_bounds_store"}) {
    run_solution(solution);
  }
  ASSERT_GE(trace_files().size(), 4u);
  for (const fs::path& file : trace_files()) {
    Diagnostics diagnostics;
    const Value document = read_document(file, diagnostics);
    EXPECT_EQ(to_document(read(file)), document) << file;
  }
}

TEST_F(Program, ATraceSaysThatItsHardwareIsVirtual) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  run_solution("correct");
  ASSERT_FALSE(trace_files().empty());
  const Trace trace = read(trace_files().front());
  ASSERT_TRUE(trace.evaluation);
  EXPECT_THAT(trace.evaluation->environment.hardware, HasSubstr("fitest virtual PTX device"));
}

TEST_F(Program, TakesKernelAndReferenceFromTheCachesTheSecondTime) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  std::vector<std::string> arguments = run_arguments("correct");
  arguments.emplace_back("--verbose");
  EXPECT_THAT(fitest(arguments).output, HasSubstr("kernel compiled by NVRTC"));
  const SubprocessResult second = fitest(arguments);
  EXPECT_THAT(second.output, HasSubstr("NVRTC not called"));
  EXPECT_THAT(second.output, HasSubstr("reference from the golden cache"));
  EXPECT_THAT(second.output, Not(HasSubstr("kernel compiled by NVRTC")));
}

TEST_F(Program, TwoRunsAtOnceShareTheCachesWithoutHarm) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  SubprocessResult first;
  std::thread other([&] { first = run_solution("correct"); });
  std::vector<std::string> arguments = run_arguments("correct");
  arguments.back() += "-2";
  const SubprocessResult second = fitest(arguments);
  other.join();
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_EQ(second.exit_code, 0) << second.output;
}

TEST_F(Program, KilledInTheMiddleLeavesAWholeTraceThatSaysTimeout) {
  if (!can_compile()) GTEST_SKIP() << nvrtc_status().problem;
  std::vector<std::string> arguments = run_arguments("endless_loop");
  arguments.insert(arguments.begin(), FITEST_PROGRAM);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  for (int i = 0; i < 500 && trace_files().empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(trace_files().size(), 1u);
  const Trace trace = read(trace_files().front());
  ASSERT_TRUE(trace.evaluation);
  EXPECT_EQ(trace.evaluation->status, Status::Timeout);
}

TEST_F(Program, WrongUsageEndsWithTwoAndOneMessage) {
  EXPECT_EQ(fitest({}).exit_code, 2);
  EXPECT_EQ(fitest({"run"}).exit_code, 2);
  EXPECT_EQ(fitest({"run", dataset().string(), "--no-such-option"}).exit_code, 2);
  const SubprocessResult device = fitest({"run", dataset().string(), "--device", "tpu"});
  EXPECT_EQ(device.exit_code, 2);
  EXPECT_THAT(device.output, HasSubstr("unknown device 'tpu': expected auto, virtual or cuda:N"));
  const SubprocessResult nothing = run_solution("no_such_solution");
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.output, HasSubstr("no case of"));
}

TEST_F(Program, AMissingDatasetIsNamed) {
  const SubprocessResult result = fitest({"list", (folder_ / "nowhere").string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("nowhere"));
}

TEST_F(Program, ValidateNamesFileLineAndColumnOfADamagedDocument) {
  const fs::path file = dataset() / "definitions/elementwise/vector_scale.yaml";
  std::string text = read_file(file);
  const std::size_t at = text.find("float32");
  ASSERT_NE(at, std::string::npos);
  text[at] = 'g';
  write_file_atomically(file, text);
  const SubprocessResult result = fitest({"validate", dataset().string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("vector_scale.yaml:"));
  EXPECT_THAT(result.output, HasSubstr("gloat32"));
}

}  // namespace
}  // namespace fitest
