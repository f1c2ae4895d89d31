// SPDX-License-Identifier: Apache-2.0
// The .approx instructions of f32 (PTX ISA §9.7.3), each nearer to the exact value than the ISA
// asks: polynomials in f64, rounded to f32. A GPU's last bits differ.
#pragma once

#include <cmath>
#include <limits>

#include "ptx/arithmetic.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

// 2^x to 2^-45 for any x, infinities included, without a branch.
constexpr f64 exp2_wide(f64 x) {
  const f64 low = x > -1000.0 ? x : -1000.0;
  const f64 clamped = low < 1000.0 ? low : 1000.0;
  constexpr f64 magic = 0x1.8p52;  // adding it rounds to an integer, in the low bits
  const f64 shifted = clamped + magic;
  const f64 t = (clamped - (shifted - magic)) * 0.69314718055994530942;
  // Taylor: |t| < 0.347, and t^11 / 11! < 2^-41 * 2^-1
  f64 p = 1.0 / 39916800;
  p = p * t + 1.0 / 3628800;
  p = p * t + 1.0 / 362880;
  p = p * t + 1.0 / 40320;
  p = p * t + 1.0 / 5040;
  p = p * t + 1.0 / 720;
  p = p * t + 1.0 / 120;
  p = p * t + 1.0 / 24;
  p = p * t + 1.0 / 6;
  p = p * t + 0.5;
  p = p * t + 1.0;
  p = p * t + 1.0;
  const u64 exponent = (to_bits(shifted) + 1023) << 52;
  const f64 power = p * from_bits<f64>(exponent);
  return x == x ? power : x;
}

// log2 of a positive normal f64 to 2^-40, relatively.
constexpr f64 log2_wide(f64 x) {
  constexpr u64 root_half = 0x3FE6A09E667F3BCD;  // 1/sqrt(2)
  const u64 scaled = to_bits(x) - root_half;
  // The exponent as f64 by a magic number, as vectors cannot convert 64-bit integers.
  const u64 biased = (scaled >> 52) ^ 0x800;
  const f64 exponent = from_bits<f64>(0x4330000000000000 | biased) - (0x1p52 + 0x800);
  const f64 m = from_bits<f64>((scaled & 0x000FFFFFFFFFFFFF) + root_half);
  const f64 t = (m - 1.0) / (m + 1.0);
  const f64 s = t * t;
  f64 p = 1.0 / 17;
  p = p * s + 1.0 / 15;
  p = p * s + 1.0 / 13;
  p = p * s + 1.0 / 11;
  p = p * s + 1.0 / 9;
  p = p * s + 1.0 / 7;
  p = p * s + 1.0 / 5;
  p = p * s + 1.0 / 3;
  p = p * s + 1.0;
  return exponent + 2.0 * 1.44269504088896340736 * t * p;
}

template <bool kFtz = false>
constexpr f32 exp2_approximate(f32 a) {
  return finish<kFtz, false>(static_cast<f32>(exp2_wide(f64{flush<kFtz>(a)})));
}

// log2(±0) = -inf, log2(x < 0) = NaN, log2(+inf) = +inf.
template <bool kFtz = false>
constexpr f32 log2_approximate(f32 a) {
  const f32 x = flush<kFtz>(a);
  constexpr f32 infinity = std::numeric_limits<f32>::infinity();
  const f32 usual = x > 0 && x < infinity ? x : 1.0F;
  f32 result = static_cast<f32>(log2_wide(usual));
  result = x == 0 ? -infinity : result;
  result = x == infinity ? x : result;
  return finish<kFtz, false>(x >= 0 ? result : from_bits<f32>(kNanF32));
}

template <bool kFtz = false>
inline f32 sine_approximate(f32 a) {
  return finish<kFtz, false>(static_cast<f32>(std::sin(f64{flush<kFtz>(a)})));
}
template <bool kFtz = false>
inline f32 cosine_approximate(f32 a) {
  return finish<kFtz, false>(static_cast<f32>(std::cos(f64{flush<kFtz>(a)})));
}

constexpr f32 tanh_approximate(f32 a) {
  const f64 x = a;
  const f64 e = exp2_wide(x * (2 * 1.44269504088896340736));
  const f64 usual = 1.0 - 2.0 / (e + 1.0);
  const f64 small = x * (1.0 - x * x * (1.0 / 3));  // without the cancellation
  const bool is_small = x > -0x1p-10 && x < 0x1p-10;
  return canonical(static_cast<f32>(is_small ? small : usual));
}

template <bool kFtz = false>
constexpr f32 reciprocal_approximate(f32 a) {
  return divide<Rounding::Nearest, kFtz>(1.0F, a);
}
template <bool kFtz = false>
inline f32 rsqrt_approximate(f32 a) {
  return finish<kFtz, false>(static_cast<f32>(1.0 / std::sqrt(f64{flush<kFtz>(a)})));
}

// Quotients by |b| > 2^126 are 0, or NaN for an infinite a.
template <bool kFtz = false>
constexpr f32 divide_approximate(f32 a, f32 b) {
  const f32 x = flush<kFtz>(a);
  const f32 y = flush<kFtz>(b);
  const f32 size = absolute(y);
  const bool huge = size > 0x1p126F && size < std::numeric_limits<f32>::infinity();
  const f32 zero = copy_sign(from_bits<f32>(to_bits(x) ^ to_bits(y)), 0.0F);
  const f32 at_huge = is_finite(x) ? zero : from_bits<f32>(kNanF32);
  return finish<kFtz, false>(huge ? at_huge : x / y);
}

// Only the upper half of the f64 is looked at, and made.
constexpr f64 upper_half(f64 value) {
  const u64 bits = to_bits(value) & 0xFFFFFFFF00000000;
  const bool subnormal = (bits & 0x7FF0000000000000) == 0;
  return from_bits<f64>(subnormal ? bits & kSignBit<f64> : bits);
}
constexpr f64 reciprocal_approximate(f64 a) {
  return upper_half(1.0 / upper_half(a));
}
inline f64 rsqrt_approximate_upper(f64 a) {
  return upper_half(1.0 / std::sqrt(upper_half(a)));
}
inline f64 rsqrt_approximate(f64 a) {
  return 1.0 / std::sqrt(a);
}

static_assert(exp2_approximate(3.0F) == 8.0F);
static_assert(exp2_approximate(-149.0F) == 0x1p-149F);
static_assert(exp2_approximate<true>(-149.0F) == 0);
static_assert(exp2_approximate(-std::numeric_limits<f32>::infinity()) == 0);
static_assert(exp2_approximate(128.0F) == std::numeric_limits<f32>::infinity());
static_assert(log2_approximate(8.0F) == 3.0F);
static_assert(log2_approximate(0x1p-149F) == -149.0F);
static_assert(log2_approximate<true>(0x1p-149F) == -std::numeric_limits<f32>::infinity());
static_assert(tanh_approximate(0.0F) == 0);
static_assert(divide_approximate(1.0F, 0x1p127F) == 0);

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
