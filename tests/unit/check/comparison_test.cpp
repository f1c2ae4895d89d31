// SPDX-License-Identifier: Apache-2.0
#include "check/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fitest {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Tensor make(const std::vector<float>& values, DType dtype = DType::Float32) {
  Tensor tensor(dtype, {static_cast<std::int64_t>(values.size())});
  from_float(values, tensor, 0);
  return tensor;
}

Comparison compare_one(float expected, float actual) {
  return compare(make({expected}), make({actual}), {});
}

struct Row {
  float expected;
  float actual;
  bool beyond;
  bool mismatched;
};

TEST(Comparison, ClassifiesEveryKindOfPair) {
  const std::vector<Row> rows = {
      {1, 1, false, false},
      {1, 1.009f, false, false},
      {1, 1.02f, true, false},
      {100, 100.5f, false, false},  // relative error saves it
      {0, 0.01f, false, false},     // absolute error saves it: 0.01f is not above 0.01f
      {0, 0.0101f, true, false},
      {0, -0.0f, false, false},
      {3e38f, -3e38f, true, false},  // the difference overflows
      {kNan, kNan, false, false},
      {kNan, -kNan, false, false},
      {kInfinity, kInfinity, false, false},
      {-kInfinity, -kInfinity, false, false},
      {kInfinity, -kInfinity, false, true},
      {-kInfinity, kInfinity, false, true},
      {kNan, 1, false, true},
      {1, kNan, false, true},
      {kInfinity, 1, false, true},
      {1, kInfinity, true, true},
      {kNan, kInfinity, false, true},
      {kInfinity, kNan, false, true},
  };
  for (const Row& row : rows) {
    const Comparison result = compare_one(row.expected, row.actual);
    EXPECT_EQ(result.beyond_tolerance.count, row.beyond ? 1u : 0u)
        << row.expected << " " << row.actual;
    EXPECT_EQ(result.mismatched.count, row.mismatched ? 1u : 0u)
        << row.expected << " " << row.actual;
    EXPECT_EQ(result.wrong.count, row.beyond || row.mismatched ? 1u : 0u);
    EXPECT_EQ(result.infinite.count, std::isinf(row.actual) ? 1u : 0u);
    EXPECT_EQ(result.nan.count, std::isnan(row.actual) ? 1u : 0u);
  }
}

TEST(Comparison, ComputesErrorsInFloat) {
  const Comparison result = compare_one(3, 3.5f);
  EXPECT_EQ(result.max_absolute_error, 0.5f);
  EXPECT_EQ(result.max_relative_error, 0.5f / (3.0f + 1e-8f));
  EXPECT_EQ(compare_one(0, 1).max_relative_error, 1 / 1e-8f);
}

TEST(Comparison, LetsOneNanSpoilTheMaximaButNotTheFiniteOnes) {
  const Comparison result = compare(make({1, kNan, 2}), make({1.5f, 1, 2}), {});
  EXPECT_TRUE(std::isnan(result.max_absolute_error));
  EXPECT_TRUE(std::isnan(result.max_relative_error));
  EXPECT_EQ(result.finite_max_absolute_error, 0.5f);
  EXPECT_EQ(result.finite_max_relative_error, 0.5f);
}

// What the vectorised, threaded loop must agree with.
Comparison compare_slowly(const std::vector<float>& expected, const std::vector<float>& actual) {
  Comparison result;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Comparison one = compare_one(expected[i], actual[i]);
    const auto add = [i](Elements& into, const Elements& from) {
      if (from.count > 0 && into.count++ == 0) into.first = i;
    };
    add(result.beyond_tolerance, one.beyond_tolerance);
    add(result.mismatched, one.mismatched);
    add(result.wrong, one.wrong);
    add(result.infinite, one.infinite);
    add(result.nan, one.nan);
    if (one.finite_max_absolute_error > result.finite_max_absolute_error) {
      result.finite_max_absolute_error = one.finite_max_absolute_error;
      result.worst = i;
    }
    result.finite_max_relative_error =
        std::max(result.finite_max_relative_error, one.finite_max_relative_error);
  }
  return result;
}

void expect_same(const Elements& left, const Elements& right) {
  EXPECT_EQ(left.count, right.count);
  if (left.count > 0) {
    EXPECT_EQ(left.first, right.first);
  }
}

TEST(Comparison, FindsTheSameElementsInALargeTensorAsOneByOne) {
  std::vector<float> expected(200003);
  std::vector<float> actual(expected.size());
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    expected[i] = static_cast<float>(state >> 20) / 64.0f - 32.0f;
    actual[i] = expected[i];
    if (i > 70000 && i % 4999 == 0) actual[i] += static_cast<float>(i % 7);
    if (i > 90000 && i % 31013 == 0) actual[i] = kNan;
    if (i > 80000 && i % 40009 == 0) actual[i] = -kInfinity;
  }
  const Comparison fast = compare(make(expected), make(actual), {});
  const Comparison slow = compare_slowly(expected, actual);
  expect_same(fast.beyond_tolerance, slow.beyond_tolerance);
  expect_same(fast.mismatched, slow.mismatched);
  expect_same(fast.wrong, slow.wrong);
  expect_same(fast.infinite, slow.infinite);
  expect_same(fast.nan, slow.nan);
  EXPECT_EQ(fast.worst, slow.worst);
  EXPECT_EQ(fast.finite_max_absolute_error, slow.finite_max_absolute_error);
  EXPECT_EQ(fast.finite_max_relative_error, slow.finite_max_relative_error);
  EXPECT_GT(fast.wrong.count, 20u);
}

TEST(Comparison, ComparesIntegersBoolsAndNarrowFloats) {
  EXPECT_EQ(compare(make({1, 2, 300}, DType::Int32), make({1, 3, 301}, DType::Int32), {})
                .beyond_tolerance.count,
            1u);
  EXPECT_EQ(compare(make({0, 1}, DType::Bool), make({1, 1}, DType::Bool), {}).wrong.first, 0u);
  EXPECT_EQ(
      compare(make({0.5f, 1, 6}, DType::Float4E2M1), make({0.5f, 1, 4}, DType::Float4E2M1), {})
          .wrong.first,
      2u);
  EXPECT_EQ(compare(make({kInfinity}, DType::Float8E5M2), make({kInfinity}, DType::Float8E5M2), {})
                .wrong.count,
            0u);
}

TEST(Comparison, OfNothingFindsNothing) {
  const Comparison result = compare(make({}), make({}), {});
  EXPECT_EQ(result.count, 0u);
  EXPECT_EQ(result.wrong.count, 0u);
}

}  // namespace
}  // namespace fitest
