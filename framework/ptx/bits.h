// SPDX-License-Identifier: Apache-2.0
// Scalar integer functions behind the tables integer.def and logic.def. Included by exec_*.cpp
// only, as lanes.h.
#pragma once

#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

template <class T>
struct Twice;
template <>
struct Twice<u16> {
  using Type = u32;
};
template <>
struct Twice<s16> {
  using Type = s32;
};
template <>
struct Twice<u32> {
  using Type = u64;
};
template <>
struct Twice<s32> {
  using Type = s64;
};
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;
template <>
struct Twice<u64> {
  using Type = u128;
};
template <>
struct Twice<s64> {
  using Type = s128;
};

template <class T>
inline T multiply_high(T a, T b) {
  using Wide = typename Twice<T>::Type;
  return static_cast<T>((Wide{a} * Wide{b}) >> (8 * sizeof(T)));
}

// Division by zero is a fault in an active lane; elsewhere any value will do.
template <class T>
inline T quotient(T a, T b) {
  if (b == 0) return static_cast<T>(-1);
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(-a);
  return static_cast<T>(a / b);
}

template <class T>
inline T remainder(T a, T b) {
  if (b == 0) return a;
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;
  return static_cast<T>(a % b);
}

inline s32 saturate_s32(s64 value) {
  if (value > 0x7FFFFFFF) return 0x7FFFFFFF;
  return value < -s64{0x80000000} ? static_cast<s32>(0x80000000u) : static_cast<s32>(value);
}

// Bits 16..47 are "hi", 0..31 "lo" of the 48-bit product.
inline s64 multiply_24(s32 a, s32 b) {
  return s64{a << 8 >> 8} * (b << 8 >> 8);
}
inline u64 multiply_24(u32 a, u32 b) {
  return u64{a & 0xFFFFFF} * (b & 0xFFFFFF);
}

template <class A, class B, class C>
inline C dot4(u32 a, u32 b, C c) {
  for (int i = 0; i < 4; ++i) {
    c +=
        static_cast<C>(static_cast<A>(a >> (8 * i))) * static_cast<C>(static_cast<B>(b >> (8 * i)));
  }
  return c;
}

template <class A, class B, class C>
inline C dot2(u32 a, u32 b, C c) {
  for (int i = 0; i < 2; ++i) {
    c += static_cast<C>(static_cast<A>(a >> (16 * i))) *
         static_cast<C>(static_cast<B>(b >> (8 * i)));
  }
  return c;
}

// f on the low and the high halves, as numbers of type T.
template <class T, class F>
inline u32 each_half(u32 a, u32 b, F f) {
  const auto low = static_cast<u16>(f(static_cast<T>(a), static_cast<T>(b)));
  const auto high = static_cast<u16>(f(static_cast<T>(a >> 16), static_cast<T>(b >> 16)));
  return u32{low} | (u32{high} << 16);
}

inline u32 funnel_left(u32 low, u32 high, u32 count) {
  const u64 both = (u64{high} << 32) | low;
  return static_cast<u32>((both << count) >> 32);
}
inline u32 funnel_right(u32 low, u32 high, u32 count) {
  const u64 both = (u64{high} << 32) | low;
  return static_cast<u32>(both >> count);
}

inline u32 byte_of(u64 both, u32 index) {
  return static_cast<u32>(both >> (8 * (index & 7))) & 0xFF;
}
inline u32 permute_bytes(u32 a, u32 b, u32 selector) {
  const u64 both = (u64{b} << 32) | a;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    const u32 control = selector >> (4 * i);
    u32 byte = byte_of(both, control);
    if ((control & 8) != 0) byte = (byte & 0x80) != 0 ? 0xFF : 0;
    result |= byte << (8 * i);
  }
  return result;
}
inline u32 permute_forward(u32 a, u32 b, u32 selector) {
  const u64 both = (u64{b} << 32) | a;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) result |= byte_of(both, (selector & 3) + i) << (8 * i);
  return result;
}
inline u32 permute_backward(u32 a, u32 b, u32 selector) {
  const u64 both = (u64{b} << 32) | a;
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) result |= byte_of(both, (selector & 3) - i) << (8 * i);
  return result;
}
inline u32 permute_edge_left(u32 a, u32 selector) {
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    const u32 from = i > (selector & 3) ? i : (selector & 3);
    result |= byte_of(a, from) << (8 * i);
  }
  return result;
}
inline u32 permute_edge_right(u32 a, u32 selector) {
  u32 result = 0;
  for (u32 i = 0; i < 4; ++i) {
    const u32 from = i < (selector & 3) ? i : (selector & 3);
    result |= byte_of(a, from) << (8 * i);
  }
  return result;
}

inline u32 reverse_bits(u32 value) {
  value = ((value >> 1) & 0x55555555u) | ((value & 0x55555555u) << 1);
  value = ((value >> 2) & 0x33333333u) | ((value & 0x33333333u) << 2);
  value = ((value >> 4) & 0x0F0F0F0Fu) | ((value & 0x0F0F0F0Fu) << 4);
  return __builtin_bswap32(value);
}

template <class T>
inline u32 find_leading(T value) {
  return value == 0
             ? 0xFFFFFFFFu
             : static_cast<u32>(8 * static_cast<int>(sizeof(T)) - 1 - std::countl_zero(value));
}
template <class T>
inline u32 leading_shift(T value) {
  return value == 0 ? 0xFFFFFFFFu : static_cast<u32>(std::countl_zero(value));
}

// PTX ISA, bfe: bits beyond the value are 0 or copies of the field's or the value's top bit.
template <class T>
inline T extract_field(T value, u32 position, u32 length) {
  using U = std::make_unsigned_t<T>;
  constexpr u32 bits = 8 * sizeof(T);
  const u32 first = position & 0xFF;
  const u32 count = length & 0xFF;
  if (count == 0) return 0;
  const u32 top = first + count - 1 < bits - 1 ? first + count - 1 : bits - 1;
  const bool sign = std::is_signed_v<T> && ((static_cast<U>(value) >> top) & 1) != 0;
  const U fill = sign ? static_cast<U>(-1) : 0;
  const U field = first >= bits ? fill : static_cast<U>(value >> first);
  if (count >= bits) return static_cast<T>(field);
  const U keep = static_cast<U>((U{1} << count) - 1);
  return static_cast<T>((field & keep) | (fill & ~keep));
}

template <class T>
inline T insert_field(T field, T base, u32 position, u32 length) {
  constexpr u32 bits = 8 * sizeof(T);
  const u32 first = position & 0xFF;
  const u32 count = length & 0xFF;
  if (count == 0 || first >= bits) return base;
  const T keep = count >= bits ? static_cast<T>(-1) : static_cast<T>((T{1} << count) - 1);
  const T mask = static_cast<T>(keep << first);
  return (base & ~mask) | (static_cast<T>(field << first) & mask);
}

// PTX ISA, fns: the |offset|-th set bit of mask at or above (below) base; -1 if there is none.
inline u32 find_nth_set(u32 mask, u32 base, s32 offset) {
  const s32 start = static_cast<s32>(base & 31);
  if (offset == 0) return ((mask >> start) & 1) != 0 ? static_cast<u32>(start) : 0xFFFFFFFFu;
  const s32 step = offset > 0 ? 1 : -1;
  s32 left = offset > 0 ? offset : -offset;
  for (s32 bit = start; bit >= 0 && bit < 32; bit += step) {
    if (((mask >> bit) & 1) != 0 && --left == 0) return static_cast<u32>(bit);
  }
  return 0xFFFFFFFFu;
}

inline u32 bit_mask(u32 first, u32 count) {
  if (first >= 32 || count == 0) return 0;
  const u32 ones = count >= 32 ? 0xFFFFFFFFu : (1u << count) - 1;
  return ones << first;
}

inline s32 sign_extend(s32 value, u32 bits) {
  if (bits == 0) return 0;
  if (bits >= 32) return value;
  return value << (32 - bits) >> (32 - bits);
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
