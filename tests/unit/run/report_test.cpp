// SPDX-License-Identifier: Apache-2.0
#include "run/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using testing::HasSubstr;
using testing::Not;

CaseResult passed() {
  CaseResult result;
  Evaluation evaluation;
  evaluation.status = Status::Passed;
  evaluation.correctness = Correctness{0.5, 0.25, {}};
  evaluation.performance = Performance{2, 8, 4};
  result.trace.evaluation = evaluation;
  result.trace.fitest.set("compile", Value::Object{{"milliseconds", Value(7.5)}});
  return result;
}

CaseResult failed(const std::string& message) {
  CaseResult result;
  Evaluation evaluation;
  evaluation.status = Status::RuntimeError;
  result.trace.evaluation = evaluation;
  result.message = message;
  return result;
}

TEST(CtestMeasurements, ArePrintedOneALineAsNumbers) {
  const std::string text = ctest_measurements(passed());
  EXPECT_THAT(text, HasSubstr("<CTestMeasurement type=\"numeric/double\" name=\"latency_ms\">2"
                              "</CTestMeasurement>\n"));
  EXPECT_THAT(text, HasSubstr("name=\"speedup_factor\">4<"));
  EXPECT_THAT(text, HasSubstr("name=\"compile_ms\">7.5<"));
}

TEST(CtestMeasurements, EscapeWhatWouldEndATag) {
  const std::string text = ctest_measurements(failed("k<float>: a & b"));
  EXPECT_THAT(text, HasSubstr("RUNTIME_ERROR: k&lt;float&gt;: a &amp; b</CTestDetails>"));
}

TEST(CtestMeasurements, OfASkippedCaseSayWhy) {
  CaseResult result;
  result.skipped = "no GPU";
  EXPECT_EQ(ctest_measurements(result), "<CTestDetails>skipped: no GPU</CTestDetails>\n");
}

TEST(CaseResultExitCode, IsZeroForAPassOneForAFailureAndSeventySevenForASkip) {
  EXPECT_EQ(passed().exit_code(), 0);
  EXPECT_EQ(failed("x").exit_code(), 1);
  CaseResult skipped;
  skipped.skipped = "reason";
  EXPECT_EQ(skipped.exit_code(), 77);
}

TEST(ConsoleLines, ShowTheMessageOfAFailureIndented) {
  const Definition definition{.name = "d"};
  const Solution solution{.name = "s"};
  const Workload workload{};
  const Case planned{&definition, &solution, &workload, "12345678"};
  const std::string text = console_lines(planned, failed("first\nsecond"));
  EXPECT_THAT(text, HasSubstr("RUNTIME_ERROR       d/s/12345678"));
  EXPECT_THAT(text, HasSubstr("\n    first\n    second\n"));
}

TEST(Summary, CountsWhatPassedFailedAndWasSkipped) {
  const Definition definition{.name = "d"};
  const Solution solution{.name = "s"};
  const Workload workload{};
  const Case planned{&definition, &solution, &workload, "12345678"};
  Summary summary;
  summary.add(planned, passed(), 1);
  summary.add(planned, failed("x"), 1);
  EXPECT_THAT(summary.text(), HasSubstr("1 passed, 1 failed, 0 skipped\n"));
}

}  // namespace
}  // namespace fitest
