// SPDX-License-Identifier: Apache-2.0
// Compares the half instructions with quadruple precision rounded once, by search.
#include "ptx/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <random>

#include "base/small_float.h"

namespace fitest::ptx::baseline {
namespace {

template <class H>
struct Facts;
template <>
struct Facts<Float16> {
  static constexpr const FloatFormat& format = kFloat16;
  static float value(u16 code) { return half_to_float(code); }
};
template <>
struct Facts<BFloat16> {
  static constexpr const FloatFormat& format = kBFloat16;
  static float value(u16 code) { return bfloat16_to_float(code); }
};

// The code nearest to an exact finite value, ties to even: found among the finite codes, which are
// in the order of their magnitudes.
template <class H>
u16 nearest_code(Quad exact) {
  const bool negative = exact < 0;
  const Quad magnitude = negative ? -exact : exact;
  u32 low = 0;
  u32 high = Facts<H>::format.max_finite;
  const auto value = [](u32 code) { return Quad{Facts<H>::value(static_cast<u16>(code))}; };
  const Quad unit = value(high) - value(high - 1);
  u32 code = 0;
  if (magnitude >= value(high) + unit / 2) {
    code = Facts<H>::format.infinity;
  } else {
    while (low < high) {
      const u32 middle = (low + high + 1) / 2;
      if (value(middle) <= magnitude)
        low = middle;
      else
        high = middle - 1;
    }
    const Quad below = magnitude - value(low);
    const Quad above =
        (low == Facts<H>::format.max_finite ? value(low) + unit : value(low + 1)) - magnitude;
    code = below < above || (below == above && low % 2 == 0) ? low : low + 1;
  }
  return static_cast<u16>(code | (negative ? 0x8000 : 0));
}

template <class H>
bool is_nan(u16 code) {
  return (code & 0x7FFF) > H::kExponent;
}
template <class H>
bool is_finite_code(u16 code) {
  return (code & H::kExponent) != H::kExponent;
}

template <class H>
class Half : public testing::Test {};
using Formats = testing::Types<Float16, BFloat16>;
TYPED_TEST_SUITE(Half, Formats);

TYPED_TEST(Half, WidensEveryCode) {
  for (u32 code = 0; code < 65536; ++code) {
    const f32 expected = Facts<TypeParam>::value(static_cast<u16>(code));
    const f32 actual = TypeParam::widen(static_cast<u16>(code));
    ASSERT_TRUE(to_bits(actual) == to_bits(expected) || (actual != actual && expected != expected))
        << code;
  }
}

TYPED_TEST(Half, NarrowsAroundEveryCodeAndEveryTie) {
  for (u32 code = 0; code < TypeParam::kExponent; ++code) {
    const f32 value = Facts<TypeParam>::value(static_cast<u16>(code));
    const f32 next =
        code == TypeParam::kMaxFinite ? value : Facts<TypeParam>::value(static_cast<u16>(code + 1));
    const f32 tie = static_cast<f32>((f64{value} + f64{next}) / 2);
    for (const f32 x : {value, tie, next_up(tie), next_down(tie)}) {
      ASSERT_EQ(TypeParam::narrow(x), nearest_code<TypeParam>(x)) << std::hexfloat << x;
      ASSERT_EQ(TypeParam::narrow(-x), nearest_code<TypeParam>(x) | 0x8000) << std::hexfloat << x;
    }
  }
  EXPECT_EQ(TypeParam::narrow(from_bits<f32>(0xFFFFFFFF)), 0x7FFF);
  EXPECT_EQ(TypeParam::narrow(from_bits<f32>(0x7F800001)), 0x7FFF);
  EXPECT_EQ(TypeParam::narrow(-std::numeric_limits<f32>::infinity()),
            0x8000 | TypeParam::kExponent);
}

struct Operation {
  const char* name;
  u16 a;
  u16 b;
};

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  return out << operation.name << ' ' << operation.a << ' ' << operation.b;
}

// Exact zeros are left out: their sign is the host's.
template <class H>
void expect_rounded(u16 actual, Quad exact, const Operation& operation) {
  if (exact == 0) {
    ASSERT_EQ(actual & 0x7FFF, 0) << operation;
  } else {
    ASSERT_EQ(actual, nearest_code<H>(exact)) << operation;
  }
}

TYPED_TEST(Half, SumsAndProductsAreRoundedOnce) {
  std::mt19937 random(3);
  for (int i = 0; i < 150000; ++i) {
    const auto a = static_cast<u16>(random());
    const auto b =
        i % 2 == 0 ? static_cast<u16>(random()) : static_cast<u16>(a ^ (random() & 0x87FF));
    if (!is_finite_code<TypeParam>(a) || !is_finite_code<TypeParam>(b)) continue;
    const Quad x = Facts<TypeParam>::value(a);
    const Quad y = Facts<TypeParam>::value(b);
    expect_rounded<TypeParam>(add<TypeParam>(a, b), x + y, {"add", a, b});
    expect_rounded<TypeParam>(subtract<TypeParam>(a, b), x - y, {"sub", a, b});
    expect_rounded<TypeParam>(multiply<TypeParam>(a, b), x * y, {"mul", a, b});
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Half, FusedProductsAreRoundedOnce) {
  std::mt19937 random(4);
  for (int i = 0; i < 200000; ++i) {
    const auto a = static_cast<u16>(random());
    const auto b = static_cast<u16>(random());
    auto c = static_cast<u16>(random());
    // Often a c so small that it only breaks a tie, or one that cancels the product.
    if (i % 3 == 0) c = static_cast<u16>((c & 0x8000) | (c & 3));
    if (i % 3 == 1) c = static_cast<u16>(multiply<TypeParam>(a, b) ^ 0x8000 ^ (c & 3));
    const bool usable = is_finite_code<TypeParam>(a) && is_finite_code<TypeParam>(b) &&
                        is_finite_code<TypeParam>(c);
    if (!usable) continue;
    const Quad x = Facts<TypeParam>::value(a);
    const Quad y = Facts<TypeParam>::value(b);
    const Quad product = x * y;
    const Quad z = Facts<TypeParam>::value(c);
    // Quads are too short for bf16's far exponents; then the sign of z breaks the tie.
    Quad exact = product + z;
    if (exact == product && z != 0)
      exact = product * (1 + Quad(((z > 0) == (product > 0)) ? 0x1p-100 : -0x1p-100));
    expect_rounded<TypeParam>(fused<TypeParam>(a, b, c), exact, {"fma", a, b});
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(Half, ATinyAddendBreaksTheTie) {
  const u16 one_and_a_bit = TypeParam::narrow(1.0F) + 1;
  const u16 three_halves = TypeParam::narrow(1.5F);
  const u16 exact = fused<TypeParam>(one_and_a_bit, three_halves, 0);
  const u16 above = fused<TypeParam>(one_and_a_bit, three_halves, 1);
  const u16 below = fused<TypeParam>(one_and_a_bit, three_halves, 0x8001);
  EXPECT_EQ(above - below, 1);
  EXPECT_TRUE(exact == above || exact == below);
}

TYPED_TEST(Half, ExtremaFollowTheSameRulesAsSingles) {
  const u16 one = TypeParam::narrow(1.0F);
  EXPECT_EQ((minimum<TypeParam>(0x7FFF, one)), one);
  EXPECT_EQ((maximum<TypeParam>(0x0000, 0x8000)), 0);
  EXPECT_EQ((minimum<TypeParam>(0x0000, 0x8000)), 0x8000);
  EXPECT_EQ((maximum<TypeParam, false, Extremum{.nan = true}>(0xFFFF, one)), 0x7FFF);
  EXPECT_EQ((minimum<TypeParam>(0xFFFF, 0xFFFE)), 0x7FFF);
}

TYPED_TEST(Half, ModesClampAndFlush) {
  using H = TypeParam;
  const u16 one = H::narrow(1.0F);
  const u16 two = H::narrow(2.0F);
  EXPECT_EQ((add<H, HalfMode{.sat = true}>(one, two)), one);
  EXPECT_EQ((add<H, HalfMode{.sat = true}>(0x7FFF, two)), 0);
  EXPECT_EQ((fused<H, HalfMode{.relu = true}>(one, one, two ^ 0x8000)), 0);
  EXPECT_EQ((fused<H, HalfMode{.relu = true}>(0xFFFF, one, one)), 0x7FFF);
  EXPECT_EQ((add<H, HalfMode{.ftz = true}>(0x0001, 0x0001)), 0);
  EXPECT_EQ((negate<H, true>(0x0001)), 0x8000);
  EXPECT_EQ((absolute<H>(0x8001)), 1);
}

TYPED_TEST(Half, ExponentialsAndTangentsAreNear) {
  for (u32 code = 0; code < 65536; ++code) {
    const auto x = static_cast<u16>(code);
    if (is_nan<TypeParam>(x)) {
      ASSERT_EQ(exp2_approximate<TypeParam>(x), 0x7FFF);
      continue;
    }
    const f64 value = TypeParam::widen(x);
    ASSERT_EQ(tanh_approximate<TypeParam>(x), TypeParam::narrow(narrow_to_odd(std::tanh(value))))
        << code;
    ASSERT_EQ(exp2_approximate<TypeParam>(x), TypeParam::narrow(narrow_to_odd(std::exp2(value))))
        << code;
  }
}

TEST(HalfPair, WorksOnBothHalves) {
  EXPECT_EQ(both<add<Float16>>(0x3C004000, 0x40003C00), 0x42004200u);
  EXPECT_EQ(both<negate<BFloat16>>(0x3F800000), 0xBF808000u);
  EXPECT_EQ(both<fused<Float16>>(0x3C003C00, 0x40003C00, 0x00003C00), 0x40004000u);
}

}  // namespace
}  // namespace fitest::ptx::baseline
