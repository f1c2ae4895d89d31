// SPDX-License-Identifier: Apache-2.0
#include "run/ci_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using testing::HasSubstr;
using testing::Not;

ReportedCase reported(Status status, const std::string& log = "") {
  Trace trace;
  Evaluation evaluation;
  evaluation.status = status;
  evaluation.log = log;
  evaluation.environment.hardware = "NVIDIA H100";
  if (status == Status::Passed) evaluation.performance = Performance{2, 8, 4};
  trace.evaluation = evaluation;
  return {"d", "s", "0123", trace, "solutions/s"};
}

ReportedCase skipped() {
  ReportedCase result{"d", "s", "0123", Trace{}, ""};
  result.trace->fitest.set("skipped", Value("no GPU"));
  return result;
}

ReportedCase never_run() {
  return {"d", "s", "0123", std::nullopt, ""};
}

ReportedCase faulty() {
  ReportedCase result = reported(Status::RuntimeError, "out of bounds: a<b>\n100 %");
  result.trace->fitest.set(
      "fault", Value::Object{{"source", Value(Value::Object{{"file", Value("kernel.cu")},
                                                            {"line", Value(5)}})}});
  return result;
}

TEST(JunitXml, CountsEachOutcomeOnce) {
  EXPECT_THAT(junit_xml({reported(Status::Passed), reported(Status::IncorrectNumerical), faulty(),
                         skipped(), never_run()}),
              HasSubstr("<testsuite name=\"d\" tests=\"5\" failures=\"1\" errors=\"2\" "
                        "skipped=\"1\">"));
}

TEST(JunitXml, TellsSkippedFromNeverRun) {
  EXPECT_THAT(junit_xml({skipped()}), HasSubstr("<skipped message=\"no GPU\"/>"));
  EXPECT_THAT(junit_xml({never_run()}), HasSubstr("<error type=\"NOT_RUN\" message=\"there is no"));
}

TEST(JunitXml, HasFiguresAsProperties) {
  const std::string xml = junit_xml({reported(Status::Passed)});
  EXPECT_THAT(xml, HasSubstr("<property name=\"latency_ms\" value=\"2\"/>"));
  EXPECT_THAT(xml, HasSubstr("<property name=\"hardware\" value=\"NVIDIA H100\"/>"));
}

TEST(JunitXml, HoldsNoTextThatXmlForbids) {
  const std::string xml = junit_xml({reported(Status::CompileError, "a < b\x01 & \"c\"")});
  EXPECT_THAT(xml, HasSubstr("message=\"a &lt; b? &amp; &quot;c&quot;\""));
  EXPECT_THAT(xml, Not(HasSubstr("\x01")));
}

TEST(GithubAnnotations, PointAtTheFaultAndAreOneLine) {
  EXPECT_EQ(github_annotations({reported(Status::Passed), skipped(), faulty()}),
            "::error file=solutions/s/kernel.cu,line=5,title=RUNTIME_ERROR d/s/0123::"
            "out of bounds: a<b>%0A100 %25\n");
}

TEST(GitlabCodeQuality, ListsFailuresWithTheirPlace) {
  const std::string json = gitlab_code_quality({reported(Status::Passed), faulty()});
  EXPECT_THAT(json, HasSubstr("\"path\": \"solutions/s/kernel.cu\""));
  EXPECT_THAT(json, HasSubstr("\"begin\": 5"));
  EXPECT_THAT(json, HasSubstr("\"check_name\": \"RUNTIME_ERROR\""));
}

}  // namespace
}  // namespace fitest
