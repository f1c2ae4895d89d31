// SPDX-License-Identifier: Apache-2.0
// The engines of references as a user meets them: PyTorch (its stub) in one python for a whole run,
// the line that says which engine ran, the profile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/subprocess.h"
#include "document/document.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr double kTimeLimitSeconds = 120;

class ReferenceEngine : public testing::Test {
 protected:
  ReferenceEngine() {
    std::string name = (fs::temp_directory_path() / "fitest-engine-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ::setenv("FITEST_CACHE_DIR", (folder_ / "cache").c_str(), 1);
  }
  ~ReferenceEngine() override {
    ::unsetenv("FITEST_CACHE_DIR");
    ::unsetenv("FITEST_PYTHON");
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  void SetUp() override {
    if (run_subprocess({"python3", "-c", ""}, kTimeLimitSeconds).exit_code != 0) {
      GTEST_SKIP() << "no python3 to run the torch engine with a stub of PyTorch";
    }
  }

  // A python with the stub that notes every start of the engine.
  void use_stub() const {
    const fs::path python = folder_ / "python";
    write_file_atomically(python, "#!/bin/sh\n[ \"$3\" = 3 ] && echo start >> '" +
                                      starts().string() +
                                      "'\nPYTHONPATH='" FITEST_SOURCE_DIR
                                      "/tests/support/torch_stub' exec python3 -S \"$@\"\n");
    ::chmod(python.c_str(), 0755);
    ::setenv("FITEST_PYTHON", python.c_str(), 1);
  }
  fs::path starts() const { return folder_ / "starts"; }
  static fs::path dataset() { return fs::path(FITEST_SOURCE_DIR) / "tests" / "broken"; }

  SubprocessResult fitest(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), FITEST_PROGRAM);
    return run_subprocess(arguments, kTimeLimitSeconds);
  }
  SubprocessResult run_cases(const std::vector<std::string>& solutions,
                             const std::string& engine) const {
    std::vector<std::string> arguments{"run",         dataset().string(),
                                       "--device",    "virtual",
                                       "--trace-dir", (folder_ / "traces").string(),
                                       "--reference", engine};
    for (const std::string& solution : solutions) {
      arguments.insert(arguments.end(), {"--solution", solution});
    }
    return fitest(arguments);
  }
  // fitest.reference of every Trace.
  std::vector<Value> references() const {
    std::vector<Value> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "traces")) {
      if (entry.path().extension() != ".json") continue;
      Diagnostics diagnostics;
      const Value trace = read_document(entry.path(), diagnostics);
      if (const Value* reference = trace.find("fitest")->find("reference")) {
        found.push_back(*reference);
      }
    }
    return found;
  }

  fs::path folder_;
};

TEST_F(ReferenceEngine, OnePythonServesAllCasesOfARun) {
  use_stub();
  run_cases({"correct", "does_not_compile", "writes_half"}, "torch");
  const std::vector<Value> ran = references();
  EXPECT_EQ(ran.size(), 3U);
  for (const Value& reference : ran) {
    EXPECT_EQ(reference.find("engine")->string(), "torch-2.0.0");
  }
  EXPECT_EQ(read_file(starts()), "start\n");
}

TEST_F(ReferenceEngine, GoldensOfTorchNeedNoPythonTheSecondTime) {
  use_stub();
  run_cases({"correct"}, "torch");
  run_cases({"correct"}, "torch");
  EXPECT_TRUE(references().at(0).find("cached")->boolean());
  EXPECT_EQ(read_file(starts()), "start\n");
}

TEST_F(ReferenceEngine, WithoutPyTorchTheErrorSaysWhatToDo) {
  ::setenv("FITEST_PYTHON", "/nowhere/python3", 1);
  const SubprocessResult result = run_cases({"correct"}, "torch");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, HasSubstr("/nowhere/python3"));
  EXPECT_THAT(result.output, HasSubstr("set FITEST_PYTHON to a python that has it"));
}

TEST_F(ReferenceEngine, TheProfileNamesLinesAndOperators) {
  const SubprocessResult result = fitest({"reference", dataset().string(), "--definition",
                                          "vector_scale", "--axes", "n=4", "--profile"});
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("vector_scale.yaml: reference:5"));
  EXPECT_THAT(result.output, HasSubstr("return x * factor"));
  EXPECT_THAT(result.output, HasSubstr("\n*  "));
}

TEST_F(ReferenceEngine, ThereIsNoProfileOfTorch) {
  const SubprocessResult result =
      fitest({"reference", dataset().string(), "--definition", "vector_scale", "--axes", "n=4",
              "--profile", "--engine", "torch"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("--profile: needs --engine builtin"));
}

}  // namespace
}  // namespace fitest
