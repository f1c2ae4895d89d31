// SPDX-License-Identifier: Apache-2.0
// Arithmetic of f16 and bf16 (PTX ISA §9.7.4) for one lane, on their bits: add<Float16>(a, b), and
// pairs: both<add<Float16>>(a, b). Every result is rounded once.
//
// Sums and products of f32 have enough bits to be rounded again; where they have not (fma, products
// of bf16) they are rounded to odd first.
#pragma once

#include "ptx/approximate.h"
#include "ptx/arithmetic.h"
#include "ptx/scalar.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

// Rounds f64 to f32 to odd, given that it will be rounded again to a half.
constexpr f32 narrow_to_odd(f64 value) {
  const f32 nearest = static_cast<f32>(value);
  const f64 error = value - f64{nearest};
  const f32 sign = error > 0 ? 1.0F : error < 0 ? -1.0F : 0.0F;
  return round_to_odd(nearest, sign);
}

// The formats: exact widening, rounding of f32 to nearest even.
struct Float16 {
  static constexpr u16 kNan = 0x7FFF;
  static constexpr u16 kExponent = 0x7C00;
  static constexpr u16 kMaxFinite = 0x7BFF;

  static constexpr f32 widen(u16 value) {
    // Scaling by 2^112 puts the exponent right, for subnormal numbers too.
    const u32 magnitude = (value & 0x7FFFu) << 13;
    const u32 finite = to_bits(from_bits<f32>(magnitude) * 0x1p112F);
    const u32 bits = magnitude >= 0x0F800000 ? magnitude | 0x7F800000 : finite;
    return from_bits<f32>(bits | ((value & 0x8000u) << 16));
  }
  static constexpr u16 narrow(f32 value) {
    const u32 bits = to_bits(value);
    const u32 magnitude = bits & 0x7FFFFFFF;
    const u32 normal = (magnitude + 0xFFF + ((magnitude >> 13) & 1) - (112u << 23)) >> 13;
    const f32 small = from_bits<f32>(magnitude < 0x38800000 ? magnitude : 0u);
    const u32 subnormal = to_bits(small + 0.5F) - to_bits(0.5F);
    u32 result = magnitude < 0x38800000 ? subnormal : normal;
    result = magnitude >= 0x477FF000 ? 0x7C00 : result;
    result = result | ((bits >> 16) & 0x8000);
    return static_cast<u16>(magnitude > 0x7F800000 ? kNan : result);
  }
  // Products are exact in f32.
  static constexpr f32 product(u16 a, u16 b) { return widen(a) * widen(b); }
  static constexpr f32 fused(u16 a, u16 b, u16 c) {
    const f32 exact = product(a, b);
    const f32 addend = widen(c);
    const f32 sum = exact + addend;
    return round_to_odd(sum, sum_error(exact, addend, sum));
  }
};

struct BFloat16 {
  static constexpr u16 kNan = 0x7FFF;
  static constexpr u16 kExponent = 0x7F80;
  static constexpr u16 kMaxFinite = 0x7F7F;

  static constexpr f32 widen(u16 value) { return from_bits<f32>(u32{value} << 16); }
  static constexpr u16 narrow(f32 value) {
    const u32 bits = to_bits(value);
    const u32 rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    return static_cast<u16>((bits & 0x7FFFFFFF) > 0x7F800000 ? kNan : rounded);
  }
  static constexpr f32 product(u16 a, u16 b) {
    return narrow_to_odd(f64{widen(a)} * f64{widen(b)});
  }
  static constexpr f32 fused(u16 a, u16 b, u16 c) {
    const f64 exact = f64{widen(a)} * f64{widen(b)};
    const f64 addend = widen(c);
    const f64 sum = exact + addend;
    return narrow_to_odd(round_to_odd(sum, sum_error(exact, addend, sum)));
  }
};

struct HalfMode {
  bool ftz = false;
  bool sat = false;
  bool relu = false;
};

template <class H, bool kFlush>
constexpr u16 flush_half(u16 value) {
  if constexpr (!kFlush) return value;
  return (value & H::kExponent) == 0 ? static_cast<u16>(value & 0x8000) : value;
}

// The end of every half instruction.
template <class H, HalfMode M>
constexpr u16 finish_half(f32 value) {
  f32 result = saturate<M.sat>(value);
  if constexpr (M.relu) result = result < 0 ? 0.0F : result;
  const u16 bits = flush_half<H, M.ftz>(H::narrow(result));
  if constexpr (M.relu) return bits == 0x8000 ? u16{0} : bits;
  return bits;
}

template <class H, HalfMode M = HalfMode{}>
constexpr u16 add(u16 a, u16 b) {
  return finish_half<H, M>(H::widen(flush_half<H, M.ftz>(a)) + H::widen(flush_half<H, M.ftz>(b)));
}
template <class H, HalfMode M = HalfMode{}>
constexpr u16 subtract(u16 a, u16 b) {
  return finish_half<H, M>(H::widen(flush_half<H, M.ftz>(a)) - H::widen(flush_half<H, M.ftz>(b)));
}
template <class H, HalfMode M = HalfMode{}>
constexpr u16 multiply(u16 a, u16 b) {
  return finish_half<H, M>(H::product(flush_half<H, M.ftz>(a), flush_half<H, M.ftz>(b)));
}
template <class H, HalfMode M = HalfMode{}>
constexpr u16 fused(u16 a, u16 b, u16 c) {
  return finish_half<H, M>(
      H::fused(flush_half<H, M.ftz>(a), flush_half<H, M.ftz>(b), flush_half<H, M.ftz>(c)));
}
template <class H, bool kFtz = false>
constexpr u16 negate(u16 a) {
  return flush_half<H, kFtz>(a) ^ 0x8000;
}
template <class H, bool kFtz = false>
constexpr u16 absolute(u16 a) {
  return flush_half<H, kFtz>(a) & 0x7FFF;
}

template <class H, bool kFtz = false, Extremum M = Extremum{}>
constexpr u16 minimum(u16 a, u16 b) {
  return H::narrow(
      minimum<false, M>(H::widen(flush_half<H, kFtz>(a)), H::widen(flush_half<H, kFtz>(b))));
}
template <class H, bool kFtz = false, Extremum M = Extremum{}>
constexpr u16 maximum(u16 a, u16 b) {
  return H::narrow(
      maximum<false, M>(H::widen(flush_half<H, kFtz>(a)), H::widen(flush_half<H, kFtz>(b))));
}

template <class H, bool kFtz = false>
constexpr u16 exp2_approximate(u16 a) {
  const u16 x = flush_half<H, kFtz>(a);
  return flush_half<H, kFtz>(H::narrow(narrow_to_odd(exp2_wide(H::widen(x)))));
}
template <class H>
constexpr u16 tanh_approximate(u16 a) {
  return H::narrow(tanh_approximate(H::widen(a)));
}

template <Comparison C, class H, bool kFtz = false>
constexpr bool compare(u16 a, u16 b) {
  return compare<C>(H::widen(flush_half<H, kFtz>(a)), H::widen(flush_half<H, kFtz>(b)));
}

// What `set` writes for true: 1 in the destination's format.
template <class H>
inline constexpr u16 kOne = H::narrow(1.0F);

constexpr u16 low_half(u32 pair) {
  return static_cast<u16>(pair);
}
constexpr u16 high_half(u32 pair) {
  return static_cast<u16>(pair >> 16);
}
constexpr u32 make_pair_of_halves(u16 low, u16 high) {
  return u32{low} | (u32{high} << 16);
}

// A half instruction on both halves of its operands.
template <auto F>
constexpr u32 both(u32 a) {
  return make_pair_of_halves(F(low_half(a)), F(high_half(a)));
}
template <auto F>
constexpr u32 both(u32 a, u32 b) {
  return make_pair_of_halves(F(low_half(a), low_half(b)), F(high_half(a), high_half(b)));
}
template <auto F>
constexpr u32 both(u32 a, u32 b, u32 c) {
  return make_pair_of_halves(F(low_half(a), low_half(b), low_half(c)),
                             F(high_half(a), high_half(b), high_half(c)));
}

static_assert(Float16::widen(0x3C00) == 1.0F && Float16::widen(0x0001) == 0x1p-24F);
static_assert(Float16::narrow(65519.0F) == 0x7BFF && Float16::narrow(65520.0F) == 0x7C00);
static_assert(Float16::narrow(0x1p-25F) == 0 && Float16::narrow(0x1.8p-24F) == 2);
static_assert(BFloat16::narrow(0x1.01p0F) == 0x3F80 && BFloat16::narrow(0x1.03p0F) == 0x3F82);
static_assert(add<Float16>(0x3C00, 0x3C00) == 0x4000);
static_assert(fused<Float16, HalfMode{.relu = true}>(0x3C00, 0xBC00, 0) == 0);
static_assert(multiply<Float16, HalfMode{.sat = true}>(0x4000, 0x4000) == 0x3C00);
static_assert(both<add<BFloat16>>(0x3F803F80, 0x3F800000) == 0x40003F80);

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
