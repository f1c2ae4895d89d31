// SPDX-License-Identifier: Apache-2.0
// The conversions that kernels use all the time, for one lane (PTX ISA §9.7.9, cvt). conversion.h
// does all the others, more slowly; where both can, they agree.
#pragma once

#include <cmath>
#include <limits>

#include "ptx/arithmetic.h"
#include "ptx/half.h"
#include "ptx/scalar.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

// .sat of an integer: clamped to the range of I.
template <class I, class A>
constexpr I clamp_integer(A value) {
  using Limits = std::numeric_limits<I>;
  if constexpr (std::is_signed_v<A>) {
    if constexpr (std::is_signed_v<I>) {
      const s64 low = s64{value} > s64{Limits::min()} ? s64{value} : s64{Limits::min()};
      return static_cast<I>(low < s64{Limits::max()} ? low : s64{Limits::max()});
    } else {
      const u64 low = value > 0 ? static_cast<u64>(value) : 0;
      return static_cast<I>(low < u64{Limits::max()} ? low : u64{Limits::max()});
    }
  } else {
    constexpr u64 maximum_value = static_cast<u64>(Limits::max());
    return static_cast<I>(u64{value} < maximum_value ? u64{value} : maximum_value);
  }
}

// .rni, .rzi, .rmi, .rpi
template <Rounding R, class F>
inline F round_to_integral(F value) {
  if constexpr (R == Rounding::Nearest) return std::nearbyint(value);
  if constexpr (R == Rounding::Zero) return std::trunc(value);
  if constexpr (R == Rounding::Down) return std::floor(value);
  return std::ceil(value);
}

// What a NaN becomes: 0, or the top bit alone where 64-bit types take part.
template <class I, class F>
inline constexpr I kIntegerOfNan = sizeof(F) == 8 || sizeof(I) == 8
                                       ? static_cast<I>(std::make_unsigned_t<I>{1}
                                                        << (8 * sizeof(I) - 1))
                                       : I{0};

// Out of range becomes the nearest in range.
template <Rounding R, class I, class F>
inline I to_integer(F value) {
  const F rounded = round_to_integral<R>(value);
  constexpr F low = static_cast<F>(std::numeric_limits<I>::min());
  // 2^n, as the largest integer may not be an F.
  constexpr auto half = std::make_unsigned_t<I>{1} << (std::numeric_limits<I>::digits - 1);
  constexpr F high = static_cast<F>(half) * 2;
  const bool too_low = rounded < low;
  const bool too_high = rounded >= high;
  const bool usual = rounded == rounded && !too_low && !too_high;
  I result = static_cast<I>(usual ? rounded : F{0});
  result = too_low ? std::numeric_limits<I>::min() : result;
  result = too_high ? std::numeric_limits<I>::max() : result;
  return value == value ? result : kIntegerOfNan<I, F>;
}

// cvt.rn of an integer.
template <class F, class I>
constexpr F from_integer(I value) {
  return static_cast<F>(value);
}

// An integer to a half: to f32 first, which 64-bit integers and bf16 need to be odd for.
template <class H, class I>
constexpr u16 half_from_integer(I value) {
  if constexpr (sizeof(I) < 4) return H::narrow(static_cast<f32>(value));
  if constexpr (sizeof(I) == 4) return H::narrow(narrow_to_odd(static_cast<f64>(value)));
  const f64 wide = static_cast<f64>(value);
  // Beyond 2^53 the f64 is inexact; the low bits then only matter as "not zero".
  const u64 magnitude =
      std::is_signed_v<I> && value < 0 ? u64{0} - static_cast<u64>(value) : static_cast<u64>(value);
  const u64 kept = magnitude >> 32 != 0
                       ? (magnitude & ~u64{0xFFFF}) | u64{(magnitude & 0xFFFF) != 0 ? 0x10000u : 0u}
                       : magnitude;
  const f64 odd = copy_sign(wide, static_cast<f64>(kept));
  return H::narrow(narrow_to_odd(odd));
}

template <bool kFtz = false>
constexpr f32 narrow_f64(f64 value) {
  return finish<kFtz, false>(static_cast<f32>(value));
}

template <class H, HalfMode M = HalfMode{}>
constexpr u16 half_from_float(f32 value) {
  f32 source = flush<M.ftz>(value);
  source = saturate<M.sat>(source);
  if constexpr (M.relu) source = source > 0 || source != source ? source : 0.0F;
  return H::narrow(source);
}

// d = {a, b}: a is the upper half.
template <class H, HalfMode M = HalfMode{}>
constexpr u32 halves_from_floats(f32 a, f32 b) {
  return make_pair_of_halves(half_from_float<H, M>(b), half_from_float<H, M>(a));
}

// Ties away from zero; the 13 low bits of a tf32 are 0. A NaN keeps the rest of its bits, as an
// H100 has it.
constexpr f32 tf32_from_float(f32 value) {
  const u32 bits = to_bits(value);
  const bool special = (bits & 0x7F800000) == 0x7F800000;
  return from_bits<f32>((special ? bits : bits + 0x1000) & 0xFFFFE000);
}

constexpr f32 tf32_from_float_finite(f32 value) {
  const f32 rounded = tf32_from_float(canonical(value));
  constexpr f32 max_finite = from_bits<f32>(0x7F7FE000);
  return is_infinite(rounded) ? copy_sign(value, max_finite) : rounded;
}

// The formats of 8 bits: E4M3 has no infinity.
struct E4M3 {
  static constexpr int kMantissaBits = 3;
  static constexpr int kBias = 7;
  static constexpr u32 kMaxFinite = 0x7E;
  static constexpr bool kHasInfinity = false;
};
struct E5M2 {
  static constexpr int kMantissaBits = 2;
  static constexpr int kBias = 15;
  static constexpr u32 kMaxFinite = 0x7B;
  static constexpr bool kHasInfinity = true;
};

// .satfinite, to nearest even. NaN is 0x7F in both formats.
template <class Format, bool kRelu = false>
constexpr u8 float8_from_float(f32 value) {
  const u32 bits = to_bits(value);
  const u32 magnitude = bits & 0x7FFFFFFF;
  constexpr int drop = 23 - Format::kMantissaBits;
  constexpr u32 min_normal = static_cast<u32>(128 - Format::kBias) << 23;
  constexpr u32 rebias = static_cast<u32>(127 - Format::kBias) << 23;
  const u32 half = (1u << (drop - 1)) - 1;
  const u32 normal = (magnitude + half + ((magnitude >> drop) & 1) - rebias) >> drop;
  // Adding a number whose last bit is the smallest subnormal rounds to a multiple of it.
  constexpr f32 magic = from_bits<f32>(static_cast<u32>(128 - Format::kBias + drop) << 23);
  const f32 small = from_bits<f32>(magnitude < min_normal ? magnitude : 0u);
  const u32 subnormal = to_bits(small + magic) - to_bits(magic);
  u32 result = magnitude < min_normal ? subnormal : normal;
  const u32 finite_limit = Format::kMaxFinite;
  result = magnitude >= 0x7F800000 || result > finite_limit ? finite_limit : result;
  result = result | ((bits >> 24) & 0x80);
  if constexpr (kRelu) result = (bits >> 31) != 0 ? 0 : result;
  return static_cast<u8>(magnitude > 0x7F800000 ? 0x7Fu : result);
}

template <class Format>
constexpr f32 float_from_float8(u8 value) {
  const u32 magnitude = (value & 0x7Fu) << (23 - Format::kMantissaBits);
  constexpr f32 scale = from_bits<f32>(static_cast<u32>(254 - Format::kBias) << 23);
  const u32 finite = to_bits(from_bits<f32>(magnitude) * scale);
  constexpr u32 infinity = 0x7C;  // of E5M2
  const u32 code = value & 0x7Fu;
  const bool nan = Format::kHasInfinity ? code > infinity : code == 0x7F;
  u32 bits = finite;
  if constexpr (Format::kHasInfinity) bits = code == infinity ? 0x7F800000u : bits;
  bits = nan ? kNanF32 : bits | (u32{value & 0x80u} << 24);
  return from_bits<f32>(bits);
}

template <class Format, bool kRelu = false>
constexpr u16 float8_pair_from_floats(f32 a, f32 b) {
  return static_cast<u16>(u32{float8_from_float<Format, kRelu>(b)} |
                          (u32{float8_from_float<Format, kRelu>(a)} << 8));
}
template <class Format, bool kRelu = false>
constexpr u16 float8_pair_from_halves(u32 pair) {
  return float8_pair_from_floats<Format, kRelu>(Float16::widen(high_half(pair)),
                                                Float16::widen(low_half(pair)));
}
template <class Format, bool kRelu = false>
constexpr u32 halves_from_float8_pair(u16 pair) {
  constexpr HalfMode mode{.relu = kRelu};
  return halves_from_floats<Float16, mode>(float_from_float8<Format>(static_cast<u8>(pair >> 8)),
                                           float_from_float8<Format>(static_cast<u8>(pair)));
}

// cvt.pack.sat: clamped a above clamped b, and c shifted up above them.
template <class I>
constexpr u32 pack_clamped(s32 a, s32 b, u32 c) {
  constexpr int bits = 8 * sizeof(I);
  using U = std::make_unsigned_t<I>;
  const u32 high = static_cast<U>(clamp_integer<I>(a));
  const u32 low = static_cast<U>(clamp_integer<I>(b));
  const u32 above = bits == 16 ? 0 : c << (2 * bits % 32);
  return above | (high << bits) | low;
}

static_assert(clamp_integer<s8>(s32{-200}) == -128 && clamp_integer<u8>(s32{-1}) == 0);
static_assert(clamp_integer<u16>(u64{1} << 40) == 0xFFFF);
static_assert(to_bits(tf32_from_float(from_bits<f32>(0x3F801000))) == 0x3F802000);
static_assert(float8_from_float<E4M3>(1000.0F) == 0x7E && float8_from_float<E4M3>(1.0F) == 0x38);
static_assert(float8_from_float<E5M2>(1e9F) == 0x7B && float8_from_float<E5M2>(-0x1p-17F) == 0x80);
static_assert(float_from_float8<E4M3>(0x01) == 0x1p-9F && float_from_float8<E5M2>(1) == 0x1p-16F);
static_assert(pack_clamped<u8>(300, -1, 0x1234) == 0x1234FF00);

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
