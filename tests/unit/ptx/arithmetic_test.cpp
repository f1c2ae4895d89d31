// SPDX-License-Identifier: Apache-2.0
// Compares the f32 and f64 instructions with the host's own arithmetic in its four rounding modes.
#include "ptx/arithmetic.h"

#include <gtest/gtest.h>

#include <array>
#include <cfenv>
#include <random>
#include <vector>

namespace fitest::ptx::baseline {
namespace {

constexpr std::array kModes{FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
constexpr int kRandom = 60000;

class HostRounding {
 public:
  explicit HostRounding(Rounding r) { std::fesetround(kModes[static_cast<std::size_t>(r)]); }
  ~HostRounding() { std::fesetround(FE_TONEAREST); }
  HostRounding(const HostRounding&) = delete;
  HostRounding& operator=(const HostRounding&) = delete;
};

template <class T>
struct Triple {
  T a, b, c;
};

template <class T>
std::vector<T> special_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values;
  for (const T v : {T{0}, T{1}, T{3}, Limits::denorm_min(), Limits::min(), Limits::max(),
                    Limits::infinity(), Limits::quiet_NaN(), T{1} + Limits::epsilon(),
                    Limits::min() - Limits::denorm_min(), T{0.1}}) {
    values.push_back(v);
    values.push_back(-v);
  }
  return values;
}

// All triples of special values, then random ones whose exponents are often near each other.
template <class T>
std::vector<Triple<T>> operands() {
  std::vector<Triple<T>> list;
  for (const T a : special_values<T>()) {
    for (const T b : special_values<T>()) {
      for (const T c : special_values<T>()) list.push_back({a, b, c});
    }
  }
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int i = 0; i < kRandom; ++i) {
    if (i % 2 == 0) {
      list.push_back({from_bits<T>(static_cast<BitsOf<T>>(random())),
                      from_bits<T>(static_cast<BitsOf<T>>(random())),
                      from_bits<T>(static_cast<BitsOf<T>>(random()))});
    } else {
      const auto scale = [&] {
        return std::ldexp(T(unit(random)), static_cast<int>(random() % 80));
      };
      const T a = scale();
      const T b = scale();
      list.push_back({a, b, i % 4 == 1 ? scale() : -a * b});
    }
  }
  return list;
}

struct Operation {
  const char* name;
  Rounding rounding;
};

template <class T>
void expect_same(T actual, T expected, const Triple<T>& in, const Operation& operation) {
  const bool same =
      (actual != actual && expected != expected) || to_bits(actual) == to_bits(expected);
  ASSERT_TRUE(same) << operation.name << " mode " << static_cast<int>(operation.rounding)
                    << std::hexfloat << " of " << in.a << ", " << in.b << ", " << in.c << ": "
                    << actual << ", expected " << expected;
}

template <class T, Rounding R>
void compare_with_host() {
  for (const Triple<T>& in : operands<T>()) {
    const volatile T a = in.a;
    const volatile T b = in.b;
    const volatile T c = in.c;
    volatile T sum = 0;
    volatile T difference = 0;
    volatile T product = 0;
    volatile T quotient = 0;
    volatile T root = 0;
    volatile T fma = 0;
    {
      const HostRounding mode(R);
      sum = a + b;
      difference = a - b;
      product = a * b;
      quotient = a / b;
      root = std::sqrt(a);
      fma = std::fma(a, b, c);
    }
    expect_same<T>(add<R>(in.a, in.b), sum, in, {"add", R});
    expect_same<T>(subtract<R>(in.a, in.b), difference, in, {"sub", R});
    expect_same<T>(multiply<R>(in.a, in.b), product, in, {"mul", R});
    expect_same<T>(divide<R>(in.a, in.b), quotient, in, {"div", R});
    expect_same<T>(square_root<R>(in.a), root, in, {"sqrt", R});
    expect_same<T>(fused<R>(in.a, in.b, in.c), fma, in, {"fma", R});
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Arithmetic, SinglesRoundAsTheHostToNearest) {
  compare_with_host<f32, Rounding::Nearest>();
}
TEST(Arithmetic, SinglesRoundAsTheHostToZero) {
  compare_with_host<f32, Rounding::Zero>();
}
TEST(Arithmetic, SinglesRoundAsTheHostDown) {
  compare_with_host<f32, Rounding::Down>();
}
TEST(Arithmetic, SinglesRoundAsTheHostUp) {
  compare_with_host<f32, Rounding::Up>();
}
TEST(Arithmetic, DoublesRoundAsTheHostToNearest) {
  compare_with_host<f64, Rounding::Nearest>();
}
TEST(Arithmetic, DoublesRoundAsTheHostToZero) {
  compare_with_host<f64, Rounding::Zero>();
}
TEST(Arithmetic, DoublesRoundAsTheHostDown) {
  compare_with_host<f64, Rounding::Down>();
}
TEST(Arithmetic, DoublesRoundAsTheHostUp) {
  compare_with_host<f64, Rounding::Up>();
}

TEST(Arithmetic, NanResultsAreCanonical) {
  const f32 nan = from_bits<f32>(0xFFC12345);
  EXPECT_EQ(to_bits(add(nan, 1.0F)), kNanF32);
  EXPECT_EQ(to_bits(multiply(0.0F, std::numeric_limits<f32>::infinity())), kNanF32);
  EXPECT_EQ(to_bits(square_root(-1.0F)), kNanF32);
  EXPECT_EQ(to_bits(fused(nan, nan, nan)), kNanF32);
}

TEST(Arithmetic, FlushesSubnormalOperandsAndResults) {
  EXPECT_EQ(to_bits(add<Rounding::Nearest, true>(-0x1p-140F, -0.0F)), 0x80000000u);
  EXPECT_EQ((multiply<Rounding::Nearest, true>(0x1p-100F, 0x1p-40F)), 0);
  EXPECT_EQ((multiply<Rounding::Nearest, true>(0x1p-140F, 0x1p100F)), 0);
  EXPECT_EQ((add<Rounding::Nearest, true>(0x1p-126F, 0x1p-126F)), 0x1p-125F);
}

TEST(Arithmetic, SaturatesToUnitRange) {
  EXPECT_EQ((fused<Rounding::Nearest, false, true>(2, 3, 4)), 1);
  EXPECT_EQ(to_bits(add<Rounding::Nearest, false, true>(-2, -0.0F)), 0u);
  EXPECT_EQ((add<Rounding::Nearest, false, true>(from_bits<f32>(kNanF32), 1)), 0);
  EXPECT_EQ((add<Rounding::Nearest, false, true>(0.25F, 0.25F)), 0.5F);
}

TEST(Arithmetic, ExtremaPreferNumbersAndOrderZeros) {
  const f32 nan = from_bits<f32>(kNanF32);
  EXPECT_EQ(minimum(nan, 2.0F), 2);
  EXPECT_EQ(minimum(2.0F, nan), 2);
  EXPECT_EQ(to_bits(minimum(nan, nan)), kNanF32);
  EXPECT_EQ(to_bits(minimum<false, Extremum{.nan = true}>(2.0F, nan)), kNanF32);
  EXPECT_EQ(to_bits(maximum(0.0F, -0.0F)), 0u);
  EXPECT_EQ(to_bits(minimum(0.0F, -0.0F)), 0x80000000u);
  EXPECT_EQ((maximum<false, Extremum{.xorsign_abs = true}>(-3.0F, 2.0F)), -3);
  EXPECT_EQ((maximum<false, Extremum{.xorsign_abs = true}>(-3.0F, -2.0F)), 3);
  EXPECT_EQ(minimum(1.0, -2.0), -2);
}

TEST(Arithmetic, ComparisonsTreatNanAsUnordered) {
  const f64 nan = std::numeric_limits<f64>::quiet_NaN();
  EXPECT_FALSE(compare<Comparison::Eq>(nan, nan));
  EXPECT_FALSE(compare<Comparison::Ne>(1.0, nan));
  EXPECT_FALSE(compare<Comparison::Lt>(1.0, nan));
  EXPECT_TRUE(compare<Comparison::Equ>(1.0, nan));
  EXPECT_TRUE(compare<Comparison::Neu>(1.0, nan));
  EXPECT_TRUE(compare<Comparison::Ltu>(nan, 1.0));
  EXPECT_TRUE(compare<Comparison::Geu>(nan, 1.0));
  EXPECT_TRUE(compare<Comparison::Nan>(nan, 1.0));
  EXPECT_FALSE(compare<Comparison::Num>(nan, 1.0));
  EXPECT_TRUE(compare<Comparison::Num>(2.0, 1.0));
  EXPECT_FALSE(compare<Comparison::Ltu>(2.0, 1.0));
  EXPECT_TRUE(compare<Comparison::Equ>(0.0, -0.0));
}

TEST(Arithmetic, TestsClassesOfNumbers) {
  const f32 infinity = std::numeric_limits<f32>::infinity();
  EXPECT_TRUE(is_infinite(-infinity));
  EXPECT_FALSE(is_finite(infinity));
  EXPECT_FALSE(is_infinite(from_bits<f32>(kNanF32)));
  EXPECT_FALSE(is_number(from_bits<f32>(kNanF32)));
  EXPECT_TRUE(is_normal(-1.0F));
  EXPECT_FALSE(is_normal(0.0F));
  EXPECT_FALSE(is_normal(infinity));
  EXPECT_TRUE(is_subnormal(-0x1p-149F));
  EXPECT_FALSE(is_subnormal(0x1p-126F));
}

TEST(Arithmetic, CopySignTakesTheSignOfTheFirst) {
  EXPECT_EQ(copy_sign(-1.0F, 5.0F), -5);
  EXPECT_EQ(copy_sign(1.0, -5.0), 5);
}

}  // namespace
}  // namespace fitest::ptx::baseline
