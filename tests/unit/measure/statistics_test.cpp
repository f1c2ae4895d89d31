// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

TEST(Statistics, MatchNumpyForAnEvenNumberOfSamples) {
  const SampleStatistics s = summarize({7, 1, 3, 10});
  EXPECT_EQ(s.count, 4u);
  EXPECT_DOUBLE_EQ(s.median, 5);
  EXPECT_DOUBLE_EQ(s.minimum, 1);
  EXPECT_DOUBLE_EQ(s.maximum, 10);
  EXPECT_DOUBLE_EQ(s.mean, 5.25);
  EXPECT_DOUBLE_EQ(s.interquartile_range, 7.75 - 2.5);
  EXPECT_NEAR(s.standard_deviation, 4.031128874149275, 1e-12);
}

TEST(Statistics, MatchNumpyForAnOddNumberOfSamples) {
  const SampleStatistics s = summarize({5, 4, 3, 2, 1, 100, 7});
  EXPECT_DOUBLE_EQ(s.median, 4);
  EXPECT_DOUBLE_EQ(s.interquartile_range, 6 - 2.5);
}

TEST(Statistics, OfOneSampleHaveNoSpread) {
  const SampleStatistics s = summarize({2.5});
  EXPECT_EQ(s.count, 1u);
  EXPECT_DOUBLE_EQ(s.median, 2.5);
  EXPECT_EQ(s.interquartile_range, 0);
  EXPECT_EQ(s.standard_deviation, 0);
}

// Ranks of the interval by hand: 100/2 -+ 1.96 * 10/2 = 40.2 and 59.8.
TEST(Statistics, KnowTheMediansErrorFromOrderStatistics) {
  std::vector<double> samples;
  for (int i = 1; i <= 100; ++i) samples.push_back(1000 + i);
  EXPECT_NEAR(median_error(samples), (1060.0 - 1041.0) / (2 * 1050.5), 1e-12);
  EXPECT_EQ(median_error(std::vector<double>(50, 2.0)), 0);
  EXPECT_EQ(median_error({1, 1, 1}), 1);
}

TEST(Statistics, OfNothingAreZero) {
  const SampleStatistics s = summarize({});
  EXPECT_EQ(s.count, 0u);
  EXPECT_EQ(s.median, 0);
}

}  // namespace
}  // namespace fitest
