// SPDX-License-Identifier: Apache-2.0
// How a scalar function becomes a handler over the 32 lanes of a warp.
//
// Included by the exec_*.cpp files only, which are compiled once for each instruction-set level;
// everything here lives in that level's namespace, lest the linker mixes levels.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "ptx/handlers.h"
#include "ptx/scalar.h"
#include "ptx/warp.h"

#ifndef FITEST_PTX_LEVEL
#define FITEST_PTX_LEVEL baseline
#endif

namespace fitest::ptx::FITEST_PTX_LEVEL {

// Registers of up to 32 bits have cells of 32, whose unused high bits mean nothing.
template <class T>
using Cell = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

template <class T>
inline Cell<T> to_cell(T value) {
  if constexpr (std::is_same_v<T, float>) {
    return std::bit_cast<std::uint32_t>(value);
  } else if constexpr (std::is_same_v<T, double>) {
    return std::bit_cast<std::uint64_t>(value);
  } else {
    return static_cast<Cell<T>>(static_cast<std::make_unsigned_t<T>>(value));
  }
}

template <class T>
inline T from_cell(Cell<T> cell) {
  if constexpr (std::is_floating_point_v<T>) {
    return std::bit_cast<T>(cell);
  } else {
    return static_cast<T>(cell);
  }
}

inline std::uint8_t* row_of(const Warp& warp, Ref ref) {
  return warp.bank[ref & 1] + (ref & ~1u);
}

inline std::uint32_t* row32(const Warp& warp, Ref ref) {
  return reinterpret_cast<std::uint32_t*>(row_of(warp, ref));
}

inline std::uint64_t* row64(const Warp& warp, Ref ref) {
  return reinterpret_cast<std::uint64_t*>(row_of(warp, ref));
}

inline std::uint32_t predicate(const Warp& warp, Ref ref) {
  return *row32(warp, ref);
}

inline void set_predicate(const Warp& warp, Ref ref, std::uint32_t bits) {
  std::uint32_t* word = row32(warp, ref);
  *word = (*word & ~warp.mask) | (bits & warp.mask);
}

// The generic address that a lane accesses. Narrow ones wrap within their window (op.target).
inline std::uint64_t lane_address(const Warp& warp, const Op& op, int lane) {
  if ((op.flags & kOpAddress32) == 0) {
    return row64(warp, op.a)[lane] + static_cast<std::uint64_t>(op.imm);
  }
  const std::uint32_t low = row32(warp, op.a)[lane] + static_cast<std::uint32_t>(op.imm);
  return (std::uint64_t{op.target} << kSlotBits) + low;
}

template <class Body>
inline void for_each_lane(std::uint32_t lanes, Body body) {
  for (; lanes != 0; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

// A source operand as a function of the lane.
template <class T>
struct Source {
  const Cell<T>* row;
  Source(const Warp& warp, Ref ref) : row(reinterpret_cast<const Cell<T>*>(row_of(warp, ref))) {}
  T operator[](int lane) const { return from_cell<T>(row[lane]); }
};

template <>
struct Source<bool> {
  std::uint32_t bits;
  Source(const Warp& warp, Ref ref) : bits(predicate(warp, ref)) {}
  bool operator[](int lane) const { return ((bits >> lane) & 1) != 0; }
};

[[gnu::noinline]] inline void blend(std::uint32_t* row, const std::uint32_t* values,
                                    std::uint32_t mask) {
  for (int i = 0; i < kLanes; ++i) row[i] = ((mask >> i) & 1) != 0 ? values[i] : row[i];
}
[[gnu::noinline]] inline void blend(std::uint64_t* row, const std::uint64_t* values,
                                    std::uint32_t mask) {
  for (int i = 0; i < kLanes; ++i) row[i] = ((mask >> i) & 1) != 0 ? values[i] : row[i];
}

// Writes f(lane) to the active lanes of the destination.
template <class R, class F>
inline void write_lanes(Warp& warp, Ref d, F f) {
  if constexpr (std::is_same_v<R, bool>) {
    std::uint32_t bits = 0;
    for (int i = 0; i < kLanes; ++i) bits |= static_cast<std::uint32_t>(f(i)) << i;
    set_predicate(warp, d, bits);
  } else {
    // One loop for both cases keeps the code small: other lanes' results are thrown away.
    alignas(64) Cell<R> all[kLanes];
    auto* row = reinterpret_cast<Cell<R>*>(row_of(warp, d));
    Cell<R>* target = warp.mask == kAllLanes ? row : all;
#pragma GCC ivdep
    for (int i = 0; i < kLanes; ++i) target[i] = to_cell<R>(f(i));
    if (warp.mask != kAllLanes) blend(row, all, warp.mask);
  }
}

template <auto F, class R, class A>
Step apply1(Warp& warp, const Op& op) {
  const Source<A> a(warp, op.a);
  write_lanes<R>(warp, op.d, [=](int i) { return F(a[i]); });
  return Step::Next;
}

template <auto F, class R, class A, class B>
Step apply2(Warp& warp, const Op& op) {
  const Source<A> a(warp, op.a);
  const Source<B> b(warp, op.b);
  write_lanes<R>(warp, op.d, [=](int i) { return F(a[i], b[i]); });
  return Step::Next;
}

template <auto F, class R, class A, class B, class C>
Step apply3(Warp& warp, const Op& op) {
  const Source<A> a(warp, op.a);
  const Source<B> b(warp, op.b);
  const Source<C> c(warp, op.c);
  write_lanes<R>(warp, op.d, [=](int i) { return F(a[i], b[i], c[i]); });
  return Step::Next;
}

template <class T>
constexpr char operand_code() {
  if (std::is_same_v<T, bool>) return 'p';
  if (std::is_same_v<T, float>) return 'f';
  if (std::is_same_v<T, double>) return 'd';
  return sizeof(T) == 8 ? 'l' : sizeof(T) == 4 ? 'w' : 'h';
}

template <class... T>
struct OperandCodes {
  static constexpr char kText[] = {operand_code<T>()..., '\0'};
};

template <auto F, class R, class A>
constexpr HandlerEntry make_entry(std::string_view opcode, R (*)(A)) {
  return {opcode, &apply1<F, R, A>, OperandCodes<R, A>::kText};
}
template <auto F, class R, class A, class B>
constexpr HandlerEntry make_entry(std::string_view opcode, R (*)(A, B)) {
  return {opcode, &apply2<F, R, A, B>, OperandCodes<R, A, B>::kText};
}
template <auto F, class R, class A, class B, class C>
constexpr HandlerEntry make_entry(std::string_view opcode, R (*)(A, B, C)) {
  return {opcode, &apply3<F, R, A, B, C>, OperandCodes<R, A, B, C>::kText};
}

// The handler of a scalar function, given as a lambda without captures.
template <auto F>
constexpr HandlerEntry entry(std::string_view opcode) {
  return make_entry<F>(opcode, +F);
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
