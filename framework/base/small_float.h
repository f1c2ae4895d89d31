// SPDX-License-Identifier: Apache-2.0
// Bit-exact conversion between float and the 16-, 8- and 4-bit floating-point formats.
//
// Formats: IEEE 754 binary16; bfloat16; OCP 8-bit Floating Point (OFP8) E4M3 and E5M2; OCP
// Microscaling (MX) E2M1 and E8M0. Rounding is to nearest even. Overflow follows PyTorch's casts
// (c10/util/Float8_*.h): infinity where the format has one, else NaN, and saturation for E2M1;
// the saturating twin is PTX's `.satfinite`.
#pragma once

#include <bit>
#include <cstdint>

namespace fitest {

enum class Overflow : std::uint8_t { Infinity, Nan, Saturate };

// Layout of a sign + exponent + mantissa format.
struct FloatFormat {
  int exponent_bits;
  int mantissa_bits;
  std::uint32_t max_finite;  // code of the largest finite magnitude
  std::uint32_t infinity;    // code of +infinity; 0 where the format has none
  std::uint32_t nan;         // canonical NaN; 0 where the format has none
  constexpr int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  constexpr int bits() const { return 1 + exponent_bits + mantissa_bits; }
};

inline constexpr FloatFormat kFloat16{5, 10, 0x7BFF, 0x7C00, 0x7E00};
inline constexpr FloatFormat kBFloat16{8, 7, 0x7F7F, 0x7F80, 0x7FC0};
inline constexpr FloatFormat kFloat8E4M3Fn{4, 3, 0x7E, 0, 0x7F};
inline constexpr FloatFormat kFloat8E5M2{5, 2, 0x7B, 0x7C, 0x7F};
inline constexpr FloatFormat kFloat4E2M1{2, 1, 0x7, 0, 0};

// Value of a code; exact.
constexpr float decode(const FloatFormat& format, std::uint32_t code) {
  const std::uint32_t sign = (code >> (format.bits() - 1)) << 31;
  const std::uint32_t magnitude = code & ((1u << (format.bits() - 1)) - 1);
  if (magnitude > format.max_finite) {
    const std::uint32_t payload = (magnitude & ((1u << format.mantissa_bits) - 1))
                                  << (23 - format.mantissa_bits);
    const bool is_infinity = format.infinity != 0 && magnitude == format.infinity;
    if (is_infinity) return std::bit_cast<float>(sign | 0x7F800000u);
    return std::bit_cast<float>(sign | 0x7FC00000u | (format.infinity != 0 ? payload : 0));
  }
  const auto exponent = static_cast<int>(magnitude >> format.mantissa_bits);
  std::uint32_t mantissa = magnitude & ((1u << format.mantissa_bits) - 1);
  if (exponent != 0) {
    const auto wide = static_cast<std::uint32_t>(exponent - format.bias() + 127);
    return std::bit_cast<float>(sign | (wide << 23) | (mantissa << (23 - format.mantissa_bits)));
  }
  if (mantissa == 0) return std::bit_cast<float>(sign);
  int shift = 0;
  while ((mantissa >> format.mantissa_bits) == 0) {
    mantissa <<= 1;
    ++shift;
  }
  mantissa &= (1u << format.mantissa_bits) - 1;
  const int wide = 1 - format.bias() - shift + 127;
  if (wide >= 1) {
    return std::bit_cast<float>(sign | (static_cast<std::uint32_t>(wide) << 23) |
                                (mantissa << (23 - format.mantissa_bits)));
  }
  const std::uint32_t full = (1u << 23) | (mantissa << (23 - format.mantissa_bits));
  return std::bit_cast<float>(sign | (full >> (1 - wide)));
}

// What a finite value beyond the largest code, or an infinity, becomes.
constexpr std::uint32_t overflow_code(const FloatFormat& format, Overflow overflow) {
  if (overflow == Overflow::Infinity && format.infinity != 0) return format.infinity;
  if (overflow == Overflow::Saturate || format.nan == 0) return format.max_finite;
  return format.nan;
}

// value / 2^shift to the nearest integer, ties to even.
constexpr std::uint64_t round_shift(std::uint64_t value, int shift) {
  const std::uint64_t half = (std::uint64_t{1} << shift) >> 1;
  const std::uint64_t rest = value & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t floor = value >> shift;
  const bool is_up = rest > half || (rest == half && half != 0 && (floor & 1) != 0);
  return floor + (is_up ? 1 : 0);
}

// Nearest code, ties to even.
constexpr std::uint32_t encode(const FloatFormat& format, float value, Overflow overflow) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (word >> 31) << (format.bits() - 1);
  const std::uint32_t magnitude = word & 0x7FFFFFFFu;
  const std::uint32_t overflowed = overflow_code(format, overflow);
  if (magnitude > 0x7F800000u) {
    return format.nan == 0 ? format.max_finite : (sign | format.nan);
  }
  if (magnitude == 0x7F800000u) return sign | overflowed;
  const int exponent = static_cast<int>(magnitude >> 23) - 127 + format.bias();
  const int drop = 23 - format.mantissa_bits;
  if (magnitude < 0x00800000u && format.exponent_bits < 8) return sign;
  std::uint64_t significand = magnitude & 0x7FFFFFu;
  int shift = drop;
  std::uint64_t code = 0;
  if (exponent >= 1) {
    code = (static_cast<std::uint64_t>(exponent) << 23) | significand;
  } else {
    if (magnitude >= 0x00800000u) significand |= 1u << 23;
    const int extra = magnitude >= 0x00800000u ? 1 - exponent : 0;
    shift += extra;
    if (shift > 40) return sign;
    code = significand;
  }
  code = round_shift(code, shift);
  if (code > format.max_finite) return sign | overflowed;
  return sign | static_cast<std::uint32_t>(code);
}

constexpr float half_to_float(std::uint16_t code) {
  return decode(kFloat16, code);
}
constexpr std::uint16_t float_to_half(float value) {
  return static_cast<std::uint16_t>(encode(kFloat16, value, Overflow::Infinity));
}

constexpr float bfloat16_to_float(std::uint16_t code) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 16);
}
constexpr std::uint16_t float_to_bfloat16(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  if ((word & 0x7FFFFFFFu) > 0x7F800000u) return 0x7FC0;
  return static_cast<std::uint16_t>((word + 0x7FFFu + ((word >> 16) & 1u)) >> 16);
}

constexpr float e4m3fn_to_float(std::uint8_t code) {
  return decode(kFloat8E4M3Fn, code);
}
constexpr std::uint8_t float_to_e4m3fn(float value, Overflow overflow = Overflow::Nan) {
  return static_cast<std::uint8_t>(encode(kFloat8E4M3Fn, value, overflow));
}

constexpr float e5m2_to_float(std::uint8_t code) {
  return decode(kFloat8E5M2, code);
}
constexpr std::uint8_t float_to_e5m2(float value, Overflow overflow = Overflow::Infinity) {
  return static_cast<std::uint8_t>(encode(kFloat8E5M2, value, overflow));
}

// The low four bits.
constexpr float e2m1_to_float(std::uint8_t code) {
  return decode(kFloat4E2M1, code & 15u);
}
constexpr std::uint8_t float_to_e2m1(float value) {
  return static_cast<std::uint8_t>(encode(kFloat4E2M1, value, Overflow::Saturate));
}

// 2^(code - 127); 255 is NaN.
constexpr float e8m0_to_float(std::uint8_t code) {
  if (code == 0xFF) return std::bit_cast<float>(0x7FC00000u);
  if (code == 0) return std::bit_cast<float>(0x00400000u);
  return std::bit_cast<float>(static_cast<std::uint32_t>(code) << 23);
}
// Nearest power of two as PyTorch rounds (c10/util/Float8_e8m0fnu.h); the sign is dropped.
constexpr std::uint8_t float_to_e8m0(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t exponent = (word >> 23) & 0xFFu;
  if (exponent == 0xFF) return 0xFF;
  const bool guard = (word & 0x400000u) != 0;
  const bool rest = (word & 0x3FFFFFu) != 0;
  return static_cast<std::uint8_t>(exponent + (guard && (rest || exponent > 0) ? 1 : 0));
}

}  // namespace fitest
