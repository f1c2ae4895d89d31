// SPDX-License-Identifier: Apache-2.0
#include "run/failure_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_folder.h"

namespace fitest {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ShellLine, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(shell_line({"fitest", "run", "/data", "--solution=a-b_c.1"}),
            "fitest run /data --solution=a-b_c.1");
  EXPECT_EQ(shell_line({"a b", "it's", "", "$x", "*"}), "'a b' 'it'\\''s' '' '$x' '*'");
}

TEST(FailureFiles, ACaseThatReachedNoKernelHasALogAndACommand) {
  const TemporaryFolder folder;
  const std::filesystem::path trace = folder.path() / "d/s/01234567.json";
  Definition definition;
  definition.name = "d";
  Solution solution;
  solution.name = "s";
  Workload workload;
  workload.uuid = "0123456789";
  const Case planned{&definition, &solution, &workload, "01234567"};
  CaseResult result;
  result.trace.evaluation = Evaluation{};
  result.trace.evaluation->log = "all of the log";
  result.message = "what failed";
  const std::string tags =
      attach_failure({planned, result, trace, {"fitest", "run", "<d>"}}, "/no/fitest", "/no/data");
  EXPECT_THAT(tags, HasSubstr("name=\"reproduce\">fitest run '&lt;d&gt;'</CTestMeasurement>\n"));
  EXPECT_THAT(tags, HasSubstr("<CTestMeasurementFile type=\"file\" name=\"log\">" +
                              (folder.path() / "d/s/01234567.log").string() + "<"));
  EXPECT_THAT(tags, Not(HasSubstr("ptx")));
  const std::string log = read_file(folder.path() / "d/s/01234567.log");
  EXPECT_THAT(log, HasSubstr("what failed"));
  EXPECT_THAT(log, HasSubstr("all of the log"));
  remove_failure_files(trace);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "d/s/01234567.log"));
}

}  // namespace
}  // namespace fitest
