// SPDX-License-Identifier: Apache-2.0
// Against values computed from the formats' definitions with doubles, and nearest codes found by
// search.
#include "base/small_float.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace fitest {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

// (-1)^s 2^(e - bias) (1 + m / 2^M), or 2^(1 - bias) m / 2^M for e = 0.
double value_by_definition(const FloatFormat& format, std::uint32_t code) {
  const std::uint32_t mantissa = code & ((1u << format.mantissa_bits) - 1);
  const std::uint32_t exponent =
      (code >> format.mantissa_bits) & ((1u << format.exponent_bits) - 1);
  const double fraction = std::ldexp(mantissa, -format.mantissa_bits);
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, 1 - format.bias())
                    : std::ldexp(1 + fraction, static_cast<int>(exponent) - format.bias());
  return (code >> (format.bits() - 1)) != 0 ? -magnitude : magnitude;
}

// Magnitudes of the finite codes, and of the one that would follow them.
std::vector<double> magnitudes(const FloatFormat& format) {
  std::vector<double> values;
  for (std::uint32_t code = 0; code <= format.max_finite; ++code) {
    values.push_back(value_by_definition(format, code));
  }
  const double step = values.back() - values[values.size() - 2];
  values.push_back(values.back() + step);
  return values;
}

// Nearest code of a non-negative value, ties to the even code; size() - 1 stands for overflow.
std::uint32_t nearest_code(const std::vector<double>& values, double value) {
  const auto above = std::lower_bound(values.begin(), values.end(), value);
  if (above == values.end()) return static_cast<std::uint32_t>(values.size() - 1);
  const auto code = static_cast<std::uint32_t>(above - values.begin());
  if (*above == value || code == 0) return code;
  const double up = *above - value;
  const double down = value - values[code - 1];
  if (up == down) return code % 2 == 0 ? code : code - 1;
  return up < down ? code : code - 1;
}

// Every value of the format, every midpoint, the floats next to both, and one float in 65521 of all
// others, with either sign.
std::vector<float> probes(const std::vector<double>& values) {
  std::vector<float> result;
  const auto add = [&](double value) {
    const auto centre = static_cast<float>(value);
    for (const float probe :
         {centre, std::nextafterf(centre, -1), std::nextafterf(centre, INFINITY)}) {
      result.push_back(std::fabs(probe));
      result.push_back(-std::fabs(probe));
    }
  };
  for (std::size_t i = 0; i + 1 < values.size(); ++i) {
    add(values[i]);
    add((values[i] + values[i + 1]) / 2);
  }
  for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 65521) {
    result.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(word)));
  }
  result.push_back(std::numeric_limits<float>::denorm_min());
  result.push_back(INFINITY);
  result.push_back(-INFINITY);
  return result;
}

struct Case {
  const char* name;
  const FloatFormat* format;
  Overflow overflow;
  std::uint32_t overflowed;  // code of a positive value that is too large
};

class SmallFloat : public ::testing::TestWithParam<Case> {};

TEST_P(SmallFloat, DecodesEveryCodeByDefinition) {
  const FloatFormat& format = *GetParam().format;
  const std::uint32_t sign = 1u << (format.bits() - 1);
  for (std::uint32_t code = 0; code < 2 * sign; ++code) {
    const float value = decode(format, code);
    const std::uint32_t magnitude = code & (sign - 1);
    if (magnitude <= format.max_finite) {
      ASSERT_EQ(value, value_by_definition(format, code)) << code;
      ASSERT_EQ(std::signbit(value), (code & sign) != 0) << code;
    } else if (format.infinity != 0 && magnitude == format.infinity) {
      ASSERT_EQ(value, (code & sign) != 0 ? -kInfinity : kInfinity) << code;
    } else {
      ASSERT_TRUE(std::isnan(value)) << code;
      ASSERT_EQ(std::signbit(value), (code & sign) != 0) << code;
    }
  }
}

TEST_P(SmallFloat, EncodesWhatItDecodes) {
  const auto& [name, format, overflow, overflowed] = GetParam();
  const std::uint32_t sign = 1u << (format->bits() - 1);
  for (std::uint32_t code = 0; code <= format->max_finite; ++code) {
    ASSERT_EQ(encode(*format, decode(*format, code), overflow), code);
    ASSERT_EQ(encode(*format, decode(*format, code | sign), overflow), code | sign);
  }
}

TEST_P(SmallFloat, RoundsEveryBoundaryToTheNearestEvenCode) {
  const auto& [name, format, overflow, overflowed] = GetParam();
  const std::vector<double> values = magnitudes(*format);
  const std::uint32_t sign = 1u << (format->bits() - 1);
  for (const float probe : probes(values)) {
    if (std::isnan(probe)) continue;
    std::uint32_t expected = nearest_code(values, std::fabs(static_cast<double>(probe)));
    if (expected > format->max_finite) expected = overflowed;
    if (std::signbit(probe)) expected |= sign;
    ASSERT_EQ(encode(*format, probe, overflow), expected) << std::hexfloat << probe;
  }
}

TEST_P(SmallFloat, TurnsNanIntoNanOrTheLargestValue) {
  const auto& [name, format, overflow, overflowed] = GetParam();
  const std::uint32_t code = encode(*format, std::nanf(""), overflow);
  EXPECT_EQ(code, format->nan != 0 ? format->nan : format->max_finite);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, SmallFloat,
    ::testing::Values(Case{"float16", &kFloat16, Overflow::Infinity, 0x7C00},
                      Case{"float16_saturated", &kFloat16, Overflow::Saturate, 0x7BFF},
                      Case{"bfloat16", &kBFloat16, Overflow::Infinity, 0x7F80},
                      Case{"e4m3fn", &kFloat8E4M3Fn, Overflow::Nan, 0x7F},
                      Case{"e4m3fn_saturated", &kFloat8E4M3Fn, Overflow::Saturate, 0x7E},
                      Case{"e5m2", &kFloat8E5M2, Overflow::Infinity, 0x7C},
                      Case{"e5m2_nan", &kFloat8E5M2, Overflow::Nan, 0x7F},
                      Case{"e5m2_saturated", &kFloat8E5M2, Overflow::Saturate, 0x7B},
                      Case{"e2m1", &kFloat4E2M1, Overflow::Saturate, 0x7}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(SmallFloatValues, AreThoseOfTheSpecifications) {
  EXPECT_EQ(half_to_float(0x3C00), 1.0f);
  EXPECT_EQ(half_to_float(0x7BFF), 65504.0f);
  EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
  EXPECT_EQ(bfloat16_to_float(0x3F80), 1.0f);
  EXPECT_EQ(e4m3fn_to_float(0x7E), 448.0f);
  EXPECT_EQ(e4m3fn_to_float(0x01), 0x1p-9f);
  EXPECT_TRUE(std::isnan(e4m3fn_to_float(0xFF)));
  EXPECT_EQ(e5m2_to_float(0x7B), 57344.0f);
  EXPECT_EQ(e5m2_to_float(0xFC), -INFINITY);
  const std::vector<float> e2m1{0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  for (std::uint8_t code = 0; code < 8; ++code) {
    EXPECT_EQ(e2m1_to_float(code), e2m1[code]);
    EXPECT_EQ(e2m1_to_float(code | 8u), -e2m1[code]);
  }
}

// Thresholds of c10/util/Float8_e4m3fn.h: up to and with 464 rounds to 448, the rest is NaN.
TEST(SmallFloatValues, OverflowAsPyTorchCasts) {
  EXPECT_EQ(float_to_e4m3fn(464.0f), 0x7E);
  EXPECT_EQ(float_to_e4m3fn(464.1f), 0x7F);
  EXPECT_EQ(float_to_e4m3fn(-1000.0f), 0xFF);
  EXPECT_EQ(float_to_e4m3fn(1000.0f, Overflow::Saturate), 0x7E);
  EXPECT_EQ(float_to_e5m2(61439.0f), 0x7B);
  EXPECT_EQ(float_to_e5m2(61440.0f), 0x7C);
  EXPECT_EQ(float_to_half(65519.0f), 0x7BFF);
  EXPECT_EQ(float_to_half(65520.0f), 0x7C00);
  EXPECT_EQ(float_to_e2m1(100.0f), 0x7);
  EXPECT_EQ(float_to_e2m1(-INFINITY), 0xF);
}

TEST(SmallFloatValues, OfBFloat16ComeFromTheFastPathAsFromTheGeneralOne) {
  for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 251) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(word));
    if (std::isnan(value)) continue;
    ASSERT_EQ(float_to_bfloat16(value), encode(kBFloat16, value, Overflow::Infinity)) << word;
  }
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const float value = bfloat16_to_float(static_cast<std::uint16_t>(code));
    if (std::isnan(value)) continue;
    ASSERT_EQ(bits(value), bits(decode(kBFloat16, code)));
  }
  EXPECT_EQ(float_to_bfloat16(-std::nanf("")), 0x7FC0);
}

TEST(SmallFloatValues, OfE8M0ArePowersOfTwo) {
  for (std::uint32_t code = 0; code < 255; ++code) {
    const float value = e8m0_to_float(static_cast<std::uint8_t>(code));
    ASSERT_EQ(value, std::ldexp(1.0, static_cast<int>(code) - 127));
    ASSERT_EQ(float_to_e8m0(value), code);
    ASSERT_EQ(float_to_e8m0(-value), code);
    if (code > 0 && code < 254) {
      ASSERT_EQ(float_to_e8m0(value * 1.5f), code + 1);
      ASSERT_EQ(float_to_e8m0(std::nextafterf(value * 1.5f, 0)), code);
    }
  }
  EXPECT_TRUE(std::isnan(e8m0_to_float(0xFF)));
  EXPECT_EQ(float_to_e8m0(INFINITY), 0xFF);
  EXPECT_EQ(float_to_e8m0(std::nanf("")), 0xFF);
  EXPECT_EQ(float_to_e8m0(0), 0);
}

}  // namespace
}  // namespace fitest
