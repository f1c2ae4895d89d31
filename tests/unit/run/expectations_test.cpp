// SPDX-License-Identifier: Apache-2.0
// What decides beside a case's status: known failures, and the baseline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "document/document.h"
#include "measure/statistics.h"
#include "run/baseline.h"
#include "run/known_failures.h"

namespace fitest {
namespace {

using testing::HasSubstr;

Trace timed_trace(const std::vector<double>& samples) {
  const SampleStatistics statistics = summarize(samples);
  Trace trace;
  trace.definition = "d";
  trace.solution = "s";
  trace.workload = Value::Object{{"uuid", Value("0123456789")},
                                 {"axes", Value(Value::Object{})},
                                 {"inputs", Value(Value::Object{})}};
  Evaluation evaluation;
  evaluation.status = Status::Passed;
  evaluation.timestamp = "2026-01-31T12:00:00";
  evaluation.environment.hardware = "NVIDIA H100";
  evaluation.correctness = Correctness{};
  evaluation.performance = Performance{statistics.median, 1, 1};
  trace.evaluation = evaluation;
  trace.fitest.set("timing",
                   Value::Object{{"timer", Value("events")},
                                 {"count", Value(static_cast<std::int64_t>(statistics.count))},
                                 {"median_ms", Value(statistics.median)},
                                 {"iqr_ms", Value(statistics.interquartile_range)}});
  return trace;
}

// 50 samples around `center` with 4 % of noise.
std::vector<double> samples_around(double center, std::mt19937& engine) {
  std::normal_distribution<double> noise(center, 0.04 * center);
  std::vector<double> samples(50);
  for (double& sample : samples) sample = noise(engine);
  return samples;
}

TEST(CompareTiming, TwoHundredRunsOfTheSameKernelFailNone) {
  std::mt19937 engine(7);
  for (int run = 0; run < 200; ++run) {
    const Trace before = timed_trace(samples_around(0.1, engine));
    const Trace now = timed_trace(samples_around(0.1, engine));
    EXPECT_FALSE(compare_timing(before, now, 1.05).slower) << run;
  }
}

TEST(CompareTiming, TwentyPercentSlowerFailsWithBothMediansAndIntervals) {
  std::mt19937 engine(7);
  for (int run = 0; run < 200; ++run) {
    const Trace before = timed_trace(samples_around(0.1, engine));
    const Trace now = timed_trace(samples_around(0.12, engine));
    const Comparison comparison = compare_timing(before, now, 1.05);
    EXPECT_TRUE(comparison.slower) << comparison.text;
    EXPECT_THAT(comparison.text, testing::ContainsRegex(
                                     "median 0\\.1[0-9]* ms \\[0\\.1[0-9]*, 0\\.1[0-9]*\\] against "
                                     "the baseline's 0\\.[01][0-9]* ms \\[0\\.[01][0-9]*, "));
  }
}

TEST(CompareTiming, OtherHardwareAndFewSamplesAreNotCompared) {
  const Trace before = timed_trace({1, 1, 1, 1, 1});
  Trace elsewhere = timed_trace({2, 2, 2, 2, 2});
  elsewhere.evaluation->environment.hardware = "NVIDIA L4";
  EXPECT_FALSE(compare_timing(before, elsewhere, 1.05).slower);
  EXPECT_THAT(compare_timing(before, elsewhere, 1.05).text,
              HasSubstr("it ran on NVIDIA H100, this run on NVIDIA L4"));
  EXPECT_THAT(compare_timing(before, timed_trace({2}), 1.05).text,
              HasSubstr("1 samples are too few; 5 are needed"));
}

class Expectations : public testing::Test {
 protected:
  Expectations() {
    definition_.name = "d";
    solution_.name = "s";
    workload_.uuid = "0123456789";
    planned_ = {&definition_, &solution_, &workload_, "01234567"};
  }
  std::vector<KnownFailure> known(const std::string& yaml) const {
    write_file_atomically(folder_ / "known.yaml", yaml);
    return read_known_failures(folder_ / "known.yaml");
  }
  std::string error_of(const std::string& yaml) const {
    try {
      known(yaml);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  CaseResult result(Status status) const {
    CaseResult result{timed_trace({2, 2, 2, 2, 2}), std::nullopt, ""};
    result.trace.evaluation->status = status;
    result.trace.fitest.set(
        "device", Value::Object{{"kind", Value("cuda")}, {"compute_capability", Value("9.0")}});
    return result;
  }

  const TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
  Definition definition_;
  Solution solution_;
  Workload workload_;
  Case planned_;
};

TEST_F(Expectations, AKnownFailurePassesAndSaysWhy) {
  CaseResult failed = result(Status::RuntimeError);
  apply_known_failures(known("- {solution: s*, architecture: sm_90, reason: bug 7}"), planned_,
                       failed);
  EXPECT_EQ(failed.exit_code(), 0);
  EXPECT_EQ(failed.ruling->word, "KNOWN_FAILURE");
  EXPECT_THAT(failed.ruling->reason, HasSubstr("bug 7"));
}

TEST_F(Expectations, AnUnexpectedPassFails) {
  CaseResult passed = result(Status::Passed);
  apply_known_failures(known("- {workload: '0123', reason: bug 7}"), planned_, passed);
  EXPECT_EQ(passed.exit_code(), 1);
  EXPECT_EQ(passed.ruling->word, "UNEXPECTED_PASS");
}

TEST_F(Expectations, ARowThatMatchesInPartRulesNothing) {
  CaseResult failed = result(Status::RuntimeError);
  apply_known_failures(known("- {solution: s, architecture: virtual, reason: x}\n"
                             "- {solution: s, definition: e, reason: x}\n"
                             "- {workload: '999', reason: x}"),
                       planned_, failed);
  EXPECT_FALSE(failed.ruling);
  EXPECT_EQ(failed.exit_code(), 1);
}

TEST_F(Expectations, ABrokenListIsShownWithItsPlace) {
  EXPECT_THAT(error_of("- {solutoin: s, reason: x}"),
              HasSubstr("known.yaml:1:4: error: unknown key 'solutoin'"));
  EXPECT_THAT(error_of("- {solution: s}"), HasSubstr("a known failure needs a 'reason'"));
  EXPECT_THAT(error_of("- {reason: x}"), HasSubstr("a known failure needs a pattern"));
  EXPECT_THAT(error_of("solution: s"), HasSubstr("known failures are a list"));
  EXPECT_THAT(error_of("- s"), HasSubstr("expected {solution: …, reason: …}"));
  EXPECT_THAT(error_of("- {solution: 3, reason: x}"), HasSubstr("must be a text"));
}

TEST_F(Expectations, ASlowerCaseFailsAgainstItsTraceOfTheBaseline) {
  write_file_atomically(folder_ / "d/s/01234567.json",
                        write_json(to_document(timed_trace({1, 1, 1, 1, 1}))));
  CaseResult slower = result(Status::Passed);
  apply_baseline(folder_, 1.05, planned_, slower);
  EXPECT_EQ(slower.exit_code(), 1);
  EXPECT_EQ(slower.ruling->word, "SLOWER");
  EXPECT_TRUE(is_slower(slower));
  EXPECT_THAT(slower.ruling->reason, HasSubstr("2 ms [2, 2] against the baseline's 1 ms [1, 1]"));
  CaseResult allowed = result(Status::Passed);
  apply_baseline(folder_, 2.5, planned_, allowed);
  EXPECT_EQ(allowed.exit_code(), 0);
  EXPECT_FALSE(is_slower(allowed));
}

TEST_F(Expectations, AMissingTraceOfTheBaselineIsSaid) {
  CaseResult passed = result(Status::Passed);
  apply_baseline(folder_, 1.05, planned_, passed);
  EXPECT_EQ(passed.exit_code(), 0);
  EXPECT_THAT(passed.note, HasSubstr("d/s/01234567.json does not exist"));
}

TEST_F(Expectations, ABrokenTraceOfTheBaselineIsAnError) {
  write_file_atomically(folder_ / "d/s/01234567.json", "{");
  CaseResult passed = result(Status::Passed);
  EXPECT_THROW(apply_baseline(folder_, 1.05, planned_, passed), Error);
}

}  // namespace
}  // namespace fitest
