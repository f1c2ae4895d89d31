// SPDX-License-Identifier: Apache-2.0
// Names and bits that the scalar semantics of PTX are written with.
//
// The headers arithmetic.h, approximate.h, half.h and convert.h hold inline functions of one lane,
// without branches where that lets loops over them vectorise. They are compiled once for each
// instruction-set level (FITEST_PTX_LEVEL), in a namespace of its own, lest the linker mixes
// levels. They need -ffp-contract=off; -fno-trapping-math and -fno-math-errno make them fast.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#ifndef FITEST_PTX_LEVEL
#define FITEST_PTX_LEVEL baseline
#endif

namespace fitest::ptx::FITEST_PTX_LEVEL {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;
using s64 = std::int64_t;
using f32 = float;
using f64 = double;

// .rn, .rz, .rm, .rp
enum class Rounding : u8 { Nearest, Zero, Down, Up };

template <class T>
using BitsOf = std::conditional_t<sizeof(T) == 8, u64, u32>;

template <class T>
constexpr BitsOf<T> to_bits(T value) {
  return std::bit_cast<BitsOf<T>>(value);
}
template <class T>
constexpr T from_bits(BitsOf<T> bits) {
  return std::bit_cast<T>(bits);
}

template <class T>
inline constexpr BitsOf<T> kSignBit = BitsOf<T>{1} << (8 * sizeof(T) - 1);

// What NVIDIA GPUs give for every NaN result of an arithmetic instruction.
inline constexpr u32 kNanF32 = 0x7FFFFFFF;

// The two neighbours of a value. Of both zeros they are the smallest subnormals; +infinity is above
// the largest finite value.
template <class T>
constexpr T next_down(T value) {
  const BitsOf<T> bits = to_bits(value);
  if (value > 0) return from_bits<T>(bits - 1);
  return value < 0 ? from_bits<T>(bits + 1) : from_bits<T>(kSignBit<T> | 1);
}
template <class T>
constexpr T next_up(T value) {
  return -next_down(-value);
}

// The result in the wanted rounding from the nearest one and the sign of (exact - nearest).
template <Rounding R, class T>
constexpr T direct(T nearest, auto error) {
  if constexpr (R == Rounding::Zero) {
    if (nearest > 0 && error < 0) return next_down(nearest);
    return nearest < 0 && error > 0 ? next_up(nearest) : nearest;
  }
  if constexpr (R == Rounding::Down) return error < 0 ? next_down(nearest) : nearest;
  if constexpr (R == Rounding::Up) return error > 0 ? next_up(nearest) : nearest;
  return nearest;
}

// .ftz: subnormal numbers count as zeros of their sign.
template <bool kFlush>
constexpr f32 flush(f32 value) {
  if constexpr (!kFlush) return value;
  const u32 bits = to_bits(value);
  return from_bits<f32>((bits & 0x7F800000) == 0 ? bits & 0x80000000 : bits);
}

// .sat: [0, 1]; NaN and -0 become +0.
template <bool kSaturate, class T>
constexpr T saturate(T value) {
  if constexpr (!kSaturate) return value;
  const T low = value > 0 ? value : T{0};
  return low < 1 ? low : T{1};
}

constexpr f32 canonical(f32 value) {
  return value == value ? value : from_bits<f32>(kNanF32);
}
constexpr f64 canonical(f64 value) {
  return value;
}

// The end of every f32 instruction.
template <bool kFlush, bool kSaturate>
constexpr f32 finish(f32 value) {
  return saturate<kSaturate>(canonical(flush<kFlush>(value)));
}

// Knuth's TwoSum: the rounding error of sum = a + b, exact unless the sum overflows.
template <class T>
constexpr T sum_error(T a, T b, T sum) {
  const T b_seen = sum - a;
  return (a - (sum - b_seen)) + (b - b_seen);
}

// Makes the last bit of a rounded sum odd if it was inexact, so that rounding it again, to two bits
// less at least, is as good as rounding once (Boldo and Melquiond, "Emulation of FMA and correctly
// rounded sums: proved algorithms using rounding to odd", 2008).
template <class T>
constexpr T round_to_odd(T sum, T error) {
  const BitsOf<T> bits = to_bits(sum);
  const bool outward = sum == 0 || (sum > 0) == (error > 0);
  const BitsOf<T> odd = outward ? bits | 1 : bits - 1;
  const bool keep = !(error < 0 || error > 0) || (bits & 1) != 0;
  return from_bits<T>(keep ? bits : odd);
}

static_assert(next_down(1.0F) == 0x1.FFFFFEp-1F);
static_assert(to_bits(next_down(0.0F)) == 0x80000001);
static_assert(to_bits(next_up(-0.0F)) == 1);
static_assert(next_up(-0x1p-149F) == 0);
static_assert(direct<Rounding::Zero>(1.0F, -1) < 1.0F);
static_assert(direct<Rounding::Up>(1.0F, -1) == 1.0F);
static_assert(to_bits(flush<true>(-0x1p-140F)) == 0x80000000);
static_assert(flush<true>(0x1p-126F) == 0x1p-126F);
static_assert(round_to_odd(1.0F, -0x1p-30F) == next_down(1.0F));
static_assert(round_to_odd(1.0F, 0x1p-30F) == next_up(1.0F));
static_assert(round_to_odd(1.0F, 0.0F) == 1.0F);

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
