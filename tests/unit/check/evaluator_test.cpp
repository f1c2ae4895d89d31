// SPDX-License-Identifier: Apache-2.0
#include "check/evaluator.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace fitest {
namespace {

using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

NamedTensor make(const std::string& name, const std::vector<float>& values, const Shape& shape,
                 DType dtype = DType::Float32) {
  Tensor tensor(dtype, shape);
  from_float(values, tensor, 0);
  return {.name = name, .tensor = tensor};
}

NamedTensor vector_of(const std::vector<float>& values) {
  return make("output", values, {static_cast<std::int64_t>(values.size())});
}

Verdicts judge(const std::vector<float>& expected, const std::vector<float>& actual,
               const Tolerance& tolerance = {}) {
  return evaluate_default({vector_of(expected)}, {vector_of(actual)}, tolerance);
}

TEST(EvaluateDefault, PassesEqualOutputs) {
  const Verdicts verdicts = judge({1, 2, 3}, {1, 2, 3});
  for (const Policy policy : {Policy::Strict, Policy::Compat}) {
    EXPECT_EQ(verdicts.of(policy).status, Status::Passed);
    EXPECT_EQ(verdicts.of(policy).max_absolute_error, 0);
    EXPECT_EQ(verdicts.of(policy).matched_ratio, 1);
    EXPECT_EQ(verdicts.of(policy).message, "");
  }
}

TEST(EvaluateDefault, SaysWhichElementIsWrongAndWhichIsWorst) {
  const NamedTensor expected = make("output", {1, 2, 3, 4, 5, 6}, {2, 3});
  const NamedTensor actual = make("output", {1, 2, 3.5f, 4, 9, 6}, {2, 3});
  const Verdicts verdicts = evaluate_default({expected}, {actual}, {});
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectNumerical);
  EXPECT_EQ(verdicts.strict.message,
            "output[0, 2]: expected 3, got 3.5; 2 of 6 elements wrong; largest error 4 (relative "
            "0.8) at output[1, 1]: expected 5, got 9; tolerance atol 0.01 or rtol 0.01");
  EXPECT_EQ(verdicts.compat.message, verdicts.strict.message);
  EXPECT_DOUBLE_EQ(verdicts.compat.matched_ratio, 1.0 - 2.0 / 6.0);
  EXPECT_DOUBLE_EQ(verdicts.compat.max_absolute_error, 4);
  EXPECT_FALSE(verdicts.compat.is_final);
}

TEST(EvaluateDefault, PrintsIntegersAndScalarsPlainly) {
  const Verdicts verdicts = evaluate_default({make("count", {3}, {}, DType::Int64)},
                                             {make("count", {5}, {}, DType::Int64)}, {});
  EXPECT_THAT(verdicts.strict.message, HasSubstr("count: expected 3, got 5; 1 of 1"));
}

TEST(EvaluateDefault, ReportsUpstreamsInfiniteErrorsForAnInfinity) {
  const Verdicts verdicts = judge({1, 2, 3, 4}, {1, kNan, kInfinity, 9});
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectNumerical);
  EXPECT_TRUE(std::isinf(verdicts.compat.max_absolute_error));
  EXPECT_TRUE(std::isinf(verdicts.compat.max_relative_error));
  EXPECT_TRUE(verdicts.compat.is_final);
  EXPECT_EQ(verdicts.compat.message,
            "output[2]: expected 3, got inf; 1 of 4 elements infinite, which flashinfer-bench "
            "never accepts");
  EXPECT_TRUE(std::isinf(verdicts.strict.max_absolute_error));
  EXPECT_THAT(verdicts.strict.message,
              HasSubstr("output[1]: expected 2, got nan; 3 of 4 elements wrong, 2 of them not "
                        "finite alike; largest error 5 (relative 1.25) at output[3]"));
}

TEST(EvaluateDefault, ReportsUpstreamsNanErrorsForANan) {
  const Verdicts verdicts = judge({1, 2}, {1, kNan});
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectNumerical);
  EXPECT_TRUE(std::isnan(verdicts.compat.max_absolute_error));
  EXPECT_TRUE(std::isnan(verdicts.compat.max_relative_error));
}

TEST(EvaluateDefault, AcceptsMatchingInfinitiesAndNansUnderStrictOnly) {
  const Verdicts verdicts = judge({-kInfinity, kNan, 1}, {-kInfinity, kNan, 1});
  EXPECT_EQ(verdicts.strict.status, Status::Passed);
  EXPECT_EQ(verdicts.strict.max_absolute_error, 0);
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectNumerical);
}

TEST(EvaluateDefault, AcceptsAFiniteValueForANanReferenceUnderCompatOnly) {
  const Verdicts verdicts = judge({kNan, 1}, {5, 1});
  EXPECT_EQ(verdicts.compat.status, Status::Passed);
  EXPECT_EQ(verdicts.compat.max_absolute_error, 0);  // max(0, nan) is 0 in Python
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectNumerical);
  EXPECT_THAT(verdicts.strict.message, HasSubstr("output[0]: expected nan, got 5"));
}

TEST(EvaluateDefault, AcceptsAFiniteValueForAnInfiniteReferenceUnderCompatOnly) {
  const Verdicts verdicts = judge({kInfinity, 1}, {5, 1});
  EXPECT_EQ(verdicts.compat.status, Status::Passed);
  EXPECT_TRUE(std::isinf(verdicts.compat.max_absolute_error));
  EXPECT_EQ(verdicts.compat.max_relative_error, 0);
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectNumerical);
}

TEST(EvaluateDefault, RefusesAnInfinityOfTheOtherSign) {
  EXPECT_EQ(judge({kInfinity}, {-kInfinity}).strict.status, Status::IncorrectNumerical);
}

TEST(EvaluateDefault, ToleratesAShareOfWrongElementsButNoStrayNan) {
  std::vector<float> expected(100, 1.0f);
  std::vector<float> actual = expected;
  for (std::size_t i = 0; i < 5; ++i) actual[i] = 2;
  const Tolerance tolerance{0.01, 0.01, 0.95};
  EXPECT_EQ(judge(expected, actual, tolerance).compat.status, Status::Passed);
  EXPECT_EQ(judge(expected, actual, tolerance).strict.status, Status::Passed);
  EXPECT_DOUBLE_EQ(judge(expected, actual, tolerance).strict.matched_ratio, 0.95);
  actual[5] = 2;
  EXPECT_EQ(judge(expected, actual, tolerance).compat.status, Status::IncorrectNumerical);
  EXPECT_THAT(judge(expected, actual, tolerance).compat.message,
              HasSubstr("6 of 100 elements wrong (0.9400 match, 0.95 must)"));
  expected[99] = kNan;
  actual = expected;
  actual[99] = 1;
  EXPECT_EQ(judge(expected, actual, tolerance).strict.status, Status::IncorrectNumerical);
}

TEST(EvaluateDefault, ComparesWithTheToleranceRoundedToFloat) {
  // 0.01f is below the double 0.01, so the float next above 0.01f may still be below it.
  const float next = std::nextafter(0.01f, 1.0f);
  EXPECT_EQ(judge({0}, {0.01f}).compat.status, Status::Passed);
  EXPECT_EQ(judge({0}, {next}).compat.status, Status::IncorrectNumerical);
}

TEST(EvaluateDefault, NamesAWrongShapeBeforeAWrongDtype) {
  const Verdicts verdicts = evaluate_default({make("output", {1, 2}, {1, 2})},
                                             {make("output", {1, 2}, {2, 1}, DType::Float16)}, {});
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectShape);
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectShape);
  EXPECT_EQ(verdicts.strict.message, "output: expected shape [1, 2], got [2, 1]");
}

TEST(EvaluateDefault, NamesAWrongDtype) {
  const Verdicts verdicts =
      evaluate_default({make("output", {1}, {1}, DType::BFloat16)}, {make("output", {1}, {1})}, {});
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectDtype);
  EXPECT_EQ(verdicts.strict.message, "output: expected dtype bfloat16, got float32");
}

TEST(EvaluateDefault, LetsALaterShapeOverruleEarlierNumbers) {
  const Verdicts verdicts = evaluate_default({make("a", {1}, {1}), make("b", {1}, {1})},
                                             {make("a", {7}, {1}), make("b", {1, 1}, {2})}, {});
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectShape);
  EXPECT_THAT(verdicts.compat.message, HasSubstr("b: expected shape [1], got [2]"));
}

TEST(EvaluateDefault, LetsUpstreamStopAtTheFirstInfinityOutput) {
  const Verdicts verdicts =
      evaluate_default({make("a", {1}, {1}), make("b", {1}, {1})},
                       {make("a", {kInfinity}, {1}), make("b", {1, 1}, {2})}, {});
  EXPECT_EQ(verdicts.compat.status, Status::IncorrectNumerical);
  EXPECT_EQ(verdicts.strict.status, Status::IncorrectShape);
}

TEST(EvaluateDefault, HasALineForEachWrongOutput) {
  const Verdicts verdicts =
      evaluate_default({make("a", {1}, {1}), make("b", {1}, {1}), make("c", {1}, {1})},
                       {make("a", {2}, {1}), make("b", {1}, {1}), make("c", {3}, {1})}, {});
  EXPECT_THAT(verdicts.strict.message, ::testing::StartsWith("a[0]: expected 1, got 2"));
  EXPECT_THAT(verdicts.strict.message, HasSubstr("\nc[0]: expected 1, got 3"));
  EXPECT_EQ(verdicts.strict.max_absolute_error, 2);
}

TEST(EvaluateDefault, RefusesAnotherNumberOfOutputs) {
  const Verdicts verdicts = evaluate_default({vector_of({1})}, {}, {});
  EXPECT_EQ(verdicts.strict.status, Status::RuntimeError);
  EXPECT_EQ(verdicts.strict.message, "expected 1 outputs, got 0");
}

TEST(EvaluateDefault, PassesEmptyOutputs) {
  EXPECT_EQ(judge({}, {}).strict.status, Status::Passed);
  EXPECT_EQ(judge({}, {}).compat.max_relative_error, 0);
}

TEST(EvaluateLowBit, RequiresNinetyFivePercentUnlessToldOtherwise) {
  std::vector<float> actual(100, 1.0f);
  const NamedTensor expected = vector_of(actual);
  actual[3] = 7;
  EXPECT_EQ(evaluate_low_bit({expected}, {vector_of(actual)}, {}).strict.status, Status::Passed);
  const Tolerance all{0.01, 0.01, 1.0};
  EXPECT_EQ(evaluate_low_bit({expected}, {vector_of(actual)}, all).strict.status,
            Status::IncorrectNumerical);
}

TEST(Fold, KeepsTheWorstOfTheTrials) {
  const Verdict good = judge({1}, {1.005f}).compat;
  const Verdict bad = judge({1}, {2}).compat;
  const Verdict folded = fold(fold(good, bad), good);
  EXPECT_EQ(folded.status, Status::IncorrectNumerical);
  EXPECT_DOUBLE_EQ(folded.max_absolute_error, 1);
  EXPECT_EQ(folded.matched_ratio, 0);
  EXPECT_EQ(folded.message, bad.message);
  EXPECT_EQ(fold(good, good).status, Status::Passed);
}

TEST(Fold, LetsALaterShapeOrFaultOverruleWrongNumbers) {
  const Verdict numbers = judge({1}, {2}).compat;
  const Verdict shape = judge({1}, {1, 1}).compat;
  EXPECT_EQ(fold(numbers, shape).status, Status::IncorrectShape);
  EXPECT_EQ(fold(shape, numbers).status, Status::IncorrectShape);
  Verdict fault;
  fault.status = Status::RuntimeError;
  EXPECT_EQ(fold(numbers, fault).status, Status::RuntimeError);
}

TEST(Fold, StopsAtATrialThatUpstreamReportsAtOnce) {
  const Verdict infinite = judge({1}, {kInfinity}).compat;
  const Verdict shape = judge({1}, {1, 1}).compat;
  EXPECT_EQ(fold(infinite, shape).status, Status::IncorrectNumerical);
  EXPECT_TRUE(std::isinf(fold(judge({1}, {2}).compat, infinite).max_relative_error));
}

}  // namespace
}  // namespace fitest
