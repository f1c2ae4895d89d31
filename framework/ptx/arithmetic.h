// SPDX-License-Identifier: Apache-2.0
// IEEE arithmetic of f32 and f64 (PTX ISA §9.7.3) for one lane: add<Rounding::Zero, kFtz>(a, b).
//
// Directed rounding starts from the nearest result and needs only the sign of its error, which
// doubles (for f32) and quadruple precision (for f64) give exactly; the rounding mode of the host
// stays as it is.
#pragma once

#include <cfloat>
#include <cmath>
#include <limits>

#include "ptx/scalar.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

// Exact products of f64.
#if LDBL_MANT_DIG == 113
using Quad = long double;
#else
__extension__ using Quad = __float128;
#endif

template <class T>
using Wider = std::conditional_t<std::is_same_v<T, f32>, f64, Quad>;

// IEEE: an exact zero sum of unlike signs is -0 when rounding down.
template <Rounding R, class T>
constexpr T zero_sum(T sum, T a, T b) {
  if constexpr (R != Rounding::Down) return sum;
  const BitsOf<T> sign = (to_bits(a) | to_bits(b)) & kSignBit<T>;
  return sum == 0 ? from_bits<T>(sign) : sum;
}

// Sign of (a + b) - sum, for an infinite sum of finite numbers too.
template <class T>
constexpr T error_of_sum(T a, T b, T sum) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  if (sum - sum == 0) return sum_error(a, b, sum);
  const bool overflowed = a - a == 0 && b - b == 0;
  if (!overflowed) return 0;
  return sum > 0 ? -infinity : infinity;
}

template <Rounding R, class T>
constexpr T add_rounded(T a, T b) {
  const T sum = a + b;
  if constexpr (R == Rounding::Nearest) return sum;
  return direct<R>(zero_sum<R>(sum, a, b), error_of_sum(a, b, sum));
}

template <Rounding R, class T>
constexpr T multiply_rounded(T a, T b) {
  const T product = a * b;
  if constexpr (R == Rounding::Nearest) return product;
  return direct<R>(product, Wider<T>{a} * Wider<T>{b} - Wider<T>{product});
}

inline f64 fma_nearest(f64 a, f64 b, f64 c) {
  return __builtin_fma(a, b, c);
}
inline f32 fma_nearest(f32 a, f32 b, f32 c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  const f64 product = f64{a} * b;
  const f64 sum = product + c;
  const f64 odd = round_to_odd(sum, sum_error<f64>(product, c, sum));
  return static_cast<f32>(sum - sum == 0 ? odd : sum);
#endif
}

template <Rounding R, class T>
inline T fma_rounded(T a, T b, T c) {
  const T nearest = fma_nearest(a, b, c);
  if constexpr (R == Rounding::Nearest) return nearest;
  const Wider<T> product = Wider<T>{a} * Wider<T>{b};
  const Wider<T> sum = product + Wider<T>{c};
  Wider<T> error = sum - Wider<T>{nearest};
  if (error == 0) error = sum_error<Wider<T>>(product, c, sum);
  const bool zero = R == Rounding::Down && nearest == 0 && sum == 0;
  if (!zero) return direct<R>(nearest, error);
  const T product_sign = from_bits<T>((to_bits(a) ^ to_bits(b)) & kSignBit<T>);
  return zero_sum<R>(nearest, product_sign, c);
}

template <Rounding R, class T>
constexpr T divide_rounded(T a, T b) {
  const T quotient = a / b;
  if constexpr (R == Rounding::Nearest) return quotient;
  const Wider<T> rest = Wider<T>{a} - Wider<T>{quotient} * Wider<T>{b};
  return direct<R>(quotient, b < 0 ? -rest : rest);
}

template <Rounding R, class T>
inline T root_rounded(T a) {
  const T root = std::sqrt(a);
  if constexpr (R == Rounding::Nearest) return root;
  return direct<R>(root, Wider<T>{a} - Wider<T>{root} * Wider<T>{root});
}

template <Rounding R = Rounding::Nearest, bool kFtz = false, bool kSat = false>
constexpr f32 add(f32 a, f32 b) {
  return finish<kFtz, kSat>(add_rounded<R>(flush<kFtz>(a), flush<kFtz>(b)));
}
template <Rounding R = Rounding::Nearest, bool kFtz = false, bool kSat = false>
constexpr f32 subtract(f32 a, f32 b) {
  return finish<kFtz, kSat>(add_rounded<R>(flush<kFtz>(a), -flush<kFtz>(b)));
}
template <Rounding R = Rounding::Nearest, bool kFtz = false, bool kSat = false>
constexpr f32 multiply(f32 a, f32 b) {
  return finish<kFtz, kSat>(multiply_rounded<R>(flush<kFtz>(a), flush<kFtz>(b)));
}
template <Rounding R = Rounding::Nearest, bool kFtz = false, bool kSat = false>
inline f32 fused(f32 a, f32 b, f32 c) {
  return finish<kFtz, kSat>(fma_rounded<R>(flush<kFtz>(a), flush<kFtz>(b), flush<kFtz>(c)));
}
template <Rounding R = Rounding::Nearest, bool kFtz = false>
constexpr f32 divide(f32 a, f32 b) {
  return finish<kFtz, false>(divide_rounded<R>(flush<kFtz>(a), flush<kFtz>(b)));
}
template <Rounding R = Rounding::Nearest, bool kFtz = false>
inline f32 square_root(f32 a) {
  return finish<kFtz, false>(root_rounded<R>(flush<kFtz>(a)));
}

template <Rounding R = Rounding::Nearest>
constexpr f64 add(f64 a, f64 b) {
  return add_rounded<R>(a, b);
}
template <Rounding R = Rounding::Nearest>
constexpr f64 subtract(f64 a, f64 b) {
  return add_rounded<R>(a, -b);
}
template <Rounding R = Rounding::Nearest>
constexpr f64 multiply(f64 a, f64 b) {
  return multiply_rounded<R>(a, b);
}
template <Rounding R = Rounding::Nearest>
inline f64 fused(f64 a, f64 b, f64 c) {
  return fma_rounded<R>(a, b, c);
}
template <Rounding R = Rounding::Nearest>
constexpr f64 divide(f64 a, f64 b) {
  return divide_rounded<R>(a, b);
}
template <Rounding R = Rounding::Nearest>
inline f64 square_root(f64 a) {
  return root_rounded<R>(a);
}

template <bool kFtz = false>
constexpr f32 negate(f32 a) {
  return from_bits<f32>(to_bits(flush<kFtz>(a)) ^ kSignBit<f32>);
}
template <bool kFtz = false>
constexpr f32 absolute(f32 a) {
  return from_bits<f32>(to_bits(flush<kFtz>(a)) & ~kSignBit<f32>);
}
constexpr f64 negate(f64 a) {
  return from_bits<f64>(to_bits(a) ^ kSignBit<f64>);
}
constexpr f64 absolute(f64 a) {
  return from_bits<f64>(to_bits(a) & ~kSignBit<f64>);
}

// The sign of a on the magnitude of b: PTX's order of operands.
template <class T>
constexpr T copy_sign(T a, T b) {
  return from_bits<T>((to_bits(a) & kSignBit<T>) | (to_bits(b) & ~kSignBit<T>));
}

// The smaller number, -0 below +0; a NaN only if both are, or with kNan if either is.
template <bool kNan, class T>
constexpr T smaller(T a, T b) {
  const T ordered = a < b ? a : b;
  const T equal = from_bits<T>(to_bits(a) | to_bits(b));
  T result = a == b ? equal : ordered;
  if constexpr (kNan) {
    result = b != b ? b : result;
    return a != a ? a : result;
  }
  result = b != b ? a : result;
  return a != a ? b : result;
}
template <bool kNan, class T>
constexpr T larger(T a, T b) {
  return negate(smaller<kNan>(negate(a), negate(b)));
}

struct Extremum {
  bool nan = false;          // .NaN
  bool xorsign_abs = false;  // .xorsign.abs
};

template <bool kFtz = false, Extremum M = Extremum{}>
constexpr f32 minimum(f32 a, f32 b) {
  const f32 x = flush<kFtz>(a);
  const f32 y = flush<kFtz>(b);
  if constexpr (!M.xorsign_abs) return canonical(smaller<M.nan>(x, y));
  const u32 sign = (to_bits(x) ^ to_bits(y)) & kSignBit<f32>;
  const f32 least = smaller<M.nan>(absolute(x), absolute(y));
  return canonical(from_bits<f32>(to_bits(least) | sign));
}
template <bool kFtz = false, Extremum M = Extremum{}>
constexpr f32 maximum(f32 a, f32 b) {
  const f32 x = flush<kFtz>(a);
  const f32 y = flush<kFtz>(b);
  if constexpr (!M.xorsign_abs) return canonical(larger<M.nan>(x, y));
  const u32 sign = (to_bits(x) ^ to_bits(y)) & kSignBit<f32>;
  const f32 most = larger<M.nan>(absolute(x), absolute(y));
  return canonical(from_bits<f32>((to_bits(most) & ~kSignBit<f32>) | sign));
}
constexpr f64 minimum(f64 a, f64 b) {
  return smaller<false>(a, b);
}
constexpr f64 maximum(f64 a, f64 b) {
  return larger<false>(a, b);
}

// testp
template <class T>
constexpr bool is_finite(T a) {
  return a - a == 0;
}
template <class T>
constexpr bool is_infinite(T a) {
  return a == a && !(a - a == 0);
}
template <class T>
constexpr bool is_number(T a) {
  return a == a;
}
template <class T>
constexpr bool is_normal(T a) {
  return is_finite(a) && absolute(a) >= std::numeric_limits<T>::min();
}
template <class T>
constexpr bool is_subnormal(T a) {
  return a != 0 && absolute(a) < std::numeric_limits<T>::min();
}

// Comparisons of floating-point numbers; `…u` also holds when an operand is NaN.
enum class Comparison : u8 { Eq, Ne, Lt, Le, Gt, Ge, Equ, Neu, Ltu, Leu, Gtu, Geu, Num, Nan };

template <Comparison C, class T>
constexpr bool compare(T a, T b) {
  const bool unordered = a != a || b != b;
  if constexpr (C == Comparison::Eq) return a == b;
  if constexpr (C == Comparison::Ne) return a < b || a > b;
  if constexpr (C == Comparison::Lt) return a < b;
  if constexpr (C == Comparison::Le) return a <= b;
  if constexpr (C == Comparison::Gt) return a > b;
  if constexpr (C == Comparison::Ge) return a >= b;
  if constexpr (C == Comparison::Equ) return !(a < b || a > b);
  if constexpr (C == Comparison::Neu) return a != b;
  if constexpr (C == Comparison::Ltu) return !(a >= b);
  if constexpr (C == Comparison::Leu) return !(a > b);
  if constexpr (C == Comparison::Gtu) return !(a <= b);
  if constexpr (C == Comparison::Geu) return !(a < b);
  if constexpr (C == Comparison::Num) return !unordered;
  return unordered;
}

static_assert(add(1.0F, 0x1p-30F) == 1.0F);
static_assert(add<Rounding::Up>(1.0F, 0x1p-30F) == next_up(1.0F));
static_assert(add<Rounding::Zero>(-1.0F, 0x1p-30F) == next_up(-1.0F));
static_assert(to_bits(add<Rounding::Down>(1.0F, -1.0F)) == 0x80000000);
static_assert(to_bits(add<Rounding::Down>(0.0F, 0.0F)) == 0);
static_assert(add<Rounding::Nearest, false, true>(2.0F, 3.0F) == 1.0F);
static_assert(multiply<Rounding::Up>(0x1p-100F, 0x1p-100F) == 0x1p-149F);
static_assert(divide<Rounding::Down>(1.0F, 3.0F) < divide<Rounding::Up>(1.0F, 3.0F));
static_assert(minimum(-0.0F, 0.0F) == 0 && to_bits(minimum(0.0F, -0.0F)) == 0x80000000);
static_assert(to_bits(maximum(-0.0F, 0.0F)) == 0);
static_assert(maximum(from_bits<f32>(kNanF32), 1.0F) == 1.0F);
static_assert(to_bits(maximum<false, Extremum{true, false}>(from_bits<f32>(0xFFC00001), 1.0F)) ==
              kNanF32);
static_assert(minimum<false, Extremum{false, true}>(-2.0F, 1.0F) == -1.0F);
static_assert(!compare<Comparison::Ne>(from_bits<f32>(kNanF32), 1.0F));
static_assert(compare<Comparison::Neu>(from_bits<f32>(kNanF32), 1.0F));

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
