// SPDX-License-Identifier: Apache-2.0
#include "tensor/portable_math.h"

#include <gtest/gtest.h>

#include <limits>

namespace fitest {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

TEST(PortableMath, ExponentiatesToAFewUnitsInTheLastPlace) {
  for (double x = -700; x < 700; x += 0.37) {
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1, 8 * kEpsilon) << x;
  }
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(-1000), 0);
  EXPECT_TRUE(std::isinf(portable_exp(1000)));
}

TEST(PortableMath, TakesLogarithmsToAFewUnitsInTheLastPlace) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    EXPECT_NEAR(portable_log(x) / std::log(x), 1, 4 * kEpsilon) << x;
  }
  EXPECT_EQ(portable_log(1), 0);
}

TEST(PortableMath, ComputesSineAndCosineOfLargeAngles) {
  for (double x = 0; x < 3.3e7; x = x * 1.001 + 0.01) {
    const auto [sine, cosine] = portable_sincos(x);
    ASSERT_NEAR(sine, std::sin(x), 4 * kEpsilon) << x;
    ASSERT_NEAR(cosine, std::cos(x), 4 * kEpsilon) << x;
  }
}

}  // namespace
}  // namespace fitest
