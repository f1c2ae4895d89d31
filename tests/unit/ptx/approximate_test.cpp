// SPDX-License-Identifier: Apache-2.0
// Error of the .approx instructions against long double, in units of the last place of the result.
#include "ptx/approximate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "ptx/half.h"

namespace fitest::ptx::baseline {
namespace {

constexpr int kSamples = 100000;

// Distance in units of the last place of f32 at the exact value.
double ulps(f32 actual, long double exact) {
  const int exponent = std::max(std::ilogb(exact), -126);
  const long double unit = std::ldexp(1.0L, exponent - 23);
  return static_cast<double>(std::fabs(static_cast<long double>(actual) - exact) / unit);
}

// Largest error over values of all exponents between 2^low and 2^high.
double worst(int low, int high, const std::function<double(f32)>& error) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> exponent(low, high);
  double most = 0;
  for (int i = 0; i < kSamples; ++i) {
    const auto x = static_cast<f32>(std::exp2(exponent(random)));
    most = std::max({most, error(x), error(-x)});
  }
  return most;
}

// What the PTX ISA 9.1 allows.
constexpr double kDivideUlps = 2;                    // §9.7.3.8, |b| in [2^-126, 2^126]
const double kRsqrtRelative = std::exp2(-22.9);      // §9.7.3.16
constexpr double kTanhRelative = 0x1p-11;            // §9.7.3.22
const double kTanhF16Absolute = std::exp2(-10.987);  // §9.7.4.9
constexpr double kTanhBf16Absolute = 0x1p-8;         // §9.7.4.9
const double kExp2F16Relative = std::exp2(-9.9);     // §9.7.4.10
constexpr double kExp2Bf16Relative = 0x1p-7;         // §9.7.4.10

double relative_error(f64 actual, f64 exact) {
  return std::fabs(actual - exact) / std::fabs(exact);
}

TEST(Approximate, SinglesStayWithinTheBoundsOfTheIsa) {
  EXPECT_LE(worst(-126, 127,
                  [](f32 x) {
                    return x < 0 ? 0.0
                                 : relative_error(rsqrt_approximate(x), 1 / std::sqrt(f64{x}));
                  }),
            kRsqrtRelative);
  EXPECT_LE(
      worst(-126, 7, [](f32 x) { return relative_error(tanh_approximate(x), std::tanh(f64{x})); }),
      kTanhRelative);
  for (const f32 dividend : {1.0F, 3.0F, -0x1.234568p5F}) {
    EXPECT_LE(worst(-120, 120,
                    [&](f32 x) {
                      return ulps(divide_approximate(dividend, x),
                                  static_cast<long double>(dividend) / x);
                    }),
              kDivideUlps);
  }
}

// Over all finite codes, `error` of the value of the code and of the result.
template <class H>
double worst_half(u16 (*function)(u16), f64 (*exact)(f64), double (*error)(f64, f64)) {
  double most = 0;
  for (u32 code = 0; code < 0x10000; ++code) {
    const auto bits = static_cast<u16>(code);
    const f64 wanted = exact(H::widen(bits));
    const f64 got = H::widen(function(bits));
    const bool usual = wanted - wanted == 0 && got - got == 0 && std::fabs(wanted) >= 0x1p-14;
    if (usual) most = std::max(most, error(got, wanted));
  }
  return most;
}

TEST(Approximate, HalvesStayWithinTheBoundsOfTheIsa) {
  const auto absolute_error = [](f64 got, f64 wanted) { return std::fabs(got - wanted); };
  EXPECT_LE(worst_half<Float16>(&tanh_approximate<Float16>, &std::tanh, absolute_error),
            kTanhF16Absolute);
  EXPECT_LE(worst_half<BFloat16>(&tanh_approximate<BFloat16>, &std::tanh, absolute_error),
            kTanhBf16Absolute);
  EXPECT_LE(worst_half<Float16>(&exp2_approximate<Float16>, &std::exp2, &relative_error),
            kExp2F16Relative);
  EXPECT_LE((worst_half<BFloat16>(&exp2_approximate<BFloat16, true>, &std::exp2, &relative_error)),
            kExp2Bf16Relative);
}

TEST(Approximate, Exp2IsRounded) {
  const auto error = [](f32 x) {
    if (std::fabs(x) > 125) return 0.0;
    return ulps(exp2_approximate(x), std::exp2(static_cast<long double>(x)));
  };
  EXPECT_LE(worst(-30, 7, error), 0.5001);
}

TEST(Approximate, Exp2HandlesTheEnds) {
  constexpr f32 kInfinity = std::numeric_limits<f32>::infinity();
  EXPECT_EQ(exp2_approximate(kInfinity), kInfinity);
  EXPECT_EQ(to_bits(exp2_approximate(-kInfinity)), 0u);
  EXPECT_EQ(exp2_approximate(1e30F), kInfinity);
  EXPECT_EQ(exp2_approximate(-1e30F), 0);
  EXPECT_EQ(exp2_approximate(-140.0F), 0x1p-140F);
  EXPECT_EQ(exp2_approximate<true>(-140.0F), 0);
  EXPECT_EQ(exp2_approximate(0x1p-149F), 1);
  EXPECT_EQ(to_bits(exp2_approximate(from_bits<f32>(0xFFC00000))), kNanF32);
}

TEST(Approximate, Log2IsRounded) {
  const auto error = [](f32 x) {
    return x < 0 ? 0.0 : ulps(log2_approximate(x), std::log2(static_cast<long double>(x)));
  };
  EXPECT_LE(worst(-149, 127, error), 0.5001);
  EXPECT_LE(worst(-1, 1, error), 0.5001);
}

TEST(Approximate, Log2HandlesTheEnds) {
  constexpr f32 kInfinity = std::numeric_limits<f32>::infinity();
  EXPECT_EQ(log2_approximate(0.0F), -kInfinity);
  EXPECT_EQ(log2_approximate(-0.0F), -kInfinity);
  EXPECT_EQ(log2_approximate(kInfinity), kInfinity);
  EXPECT_EQ(to_bits(log2_approximate(-1.0F)), kNanF32);
  EXPECT_EQ(to_bits(log2_approximate(from_bits<f32>(kNanF32))), kNanF32);
  EXPECT_EQ(log2_approximate<true>(0x1p-130F), -kInfinity);
  EXPECT_EQ(log2_approximate(1.0F), 0);
}

TEST(Approximate, TanhIsRounded) {
  const auto error = [](f32 x) {
    return ulps(tanh_approximate(x), std::tanh(static_cast<long double>(x)));
  };
  EXPECT_LE(worst(-100, 6, error), 0.501);
  EXPECT_EQ(tanh_approximate(std::numeric_limits<f32>::infinity()), 1);
  EXPECT_EQ(tanh_approximate(-100.0F), -1);
  EXPECT_EQ(to_bits(tanh_approximate(-0.0F)), 0x80000000u);
  EXPECT_EQ(to_bits(tanh_approximate(from_bits<f32>(kNanF32))), kNanF32);
}

TEST(Approximate, SineAndCosineAreRoundedAndBounded) {
  const auto sine = [](f32 x) {
    return ulps(sine_approximate(x), std::sin(static_cast<long double>(x)));
  };
  const auto cosine = [](f32 x) {
    return ulps(cosine_approximate(x), std::cos(static_cast<long double>(x)));
  };
  EXPECT_LE(worst(-30, 20, sine), 0.5001);
  EXPECT_LE(worst(-30, 20, cosine), 0.5001);
  EXPECT_LE(std::fabs(sine_approximate(3e38F)), 1);
  EXPECT_EQ(to_bits(sine_approximate(std::numeric_limits<f32>::infinity())), kNanF32);
}

TEST(Approximate, ReciprocalsAreRounded) {
  const auto rsqrt = [](f32 x) {
    if (x < 0) return 0.0;
    return ulps(rsqrt_approximate(x), 1 / std::sqrt(static_cast<long double>(x)));
  };
  EXPECT_LE(worst(-149, 127, rsqrt), 0.5001);
  const auto rcp = [](f32 x) {
    return ulps(reciprocal_approximate(x), 1 / static_cast<long double>(x));
  };
  EXPECT_LE(worst(-126, 125, rcp), 0.5001);
  constexpr f32 kInfinity = std::numeric_limits<f32>::infinity();
  EXPECT_EQ(rsqrt_approximate(-0.0F), -kInfinity);
  EXPECT_EQ(reciprocal_approximate<true>(-0x1p-140F), -kInfinity);
  EXPECT_EQ(reciprocal_approximate<true>(0x1p127F), 0);
}

TEST(Approximate, DivisionByHugeNumbersIsZero) {
  EXPECT_EQ(to_bits(divide_approximate(-3.0F, 0x1.8p126F)), 0x80000000u);
  EXPECT_EQ(to_bits(divide_approximate(std::numeric_limits<f32>::infinity(), 0x1p127F)), kNanF32);
  EXPECT_EQ(divide_approximate(6.0F, 2.0F), 3);
  EXPECT_EQ(divide_approximate(6.0F, std::numeric_limits<f32>::infinity()), 0);
}

TEST(Approximate, ReciprocalsOfDoublesHaveAnEmptyLowerHalf) {
  const f64 r = reciprocal_approximate(3.0);
  EXPECT_EQ(to_bits(r) & 0xFFFFFFFF, 0u);
  EXPECT_NEAR(r, 1.0 / 3, 0x1p-22);
  EXPECT_EQ(reciprocal_approximate(0x1p-1030), std::numeric_limits<f64>::infinity());
  EXPECT_NEAR(rsqrt_approximate_upper(2.0), 0.70710678, 1e-6);
  EXPECT_NEAR(rsqrt_approximate(2.0), 0.70710678118654752, 1e-15);
}

}  // namespace
}  // namespace fitest::ptx::baseline
