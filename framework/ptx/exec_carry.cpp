// SPDX-License-Identifier: Apache-2.0
// Extended-precision arithmetic with the carry flag CC.CF, PTX ISA §9.7.2. The flag is the first
// predicate of the frame; of a subtraction it is the borrow.
#include "ptx/bits.h"
#include "ptx/exec.h"
#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr Ref kCarry = 0;

struct CarryUse {
  bool reads = false;
  bool writes = false;
};

// a + b + carry or a - b - borrow, and what it carries.
template <class T, CarryUse U, bool kSubtract>
inline void combine(Warp& warp, const Op& op, const T* a, const T* b) {
  const std::uint32_t carry_in = U.reads ? predicate(warp, kCarry) : 0;
  std::uint32_t carry_out = 0;
  alignas(64) T result[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const T carry = (carry_in >> i) & 1;
    const T first = kSubtract ? a[i] - b[i] : a[i] + b[i];
    const bool once = kSubtract ? a[i] < b[i] : first < a[i];
    result[i] = kSubtract ? first - carry : first + carry;
    const bool again = kSubtract ? first < carry : result[i] < first;
    carry_out |= static_cast<std::uint32_t>(once || again) << i;
  }
  write_lanes<T>(warp, op.d, [&](int i) { return result[i]; });
  if (U.writes) set_predicate(warp, kCarry, carry_out);
}

template <class T, CarryUse U, bool kSubtract>
Step add_carry(Warp& warp, const Op& op) {
  combine<T, U, kSubtract>(warp, op, reinterpret_cast<const T*>(row_of(warp, op.a)),
                           reinterpret_cast<const T*>(row_of(warp, op.b)));
  return Step::Next;
}

// S is the signed or unsigned type of the product.
template <class S, CarryUse U, bool kHigh>
Step multiply_add_carry(Warp& warp, const Op& op) {
  using T = std::make_unsigned_t<S>;
  const Source<S> a(warp, op.a);
  const Source<S> b(warp, op.b);
  alignas(64) T product[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    product[i] = kHigh ? static_cast<T>(multiply_high(a[i], b[i]))
                       : static_cast<T>(static_cast<T>(a[i]) * static_cast<T>(b[i]));
  }
  combine<T, U, false>(warp, op, product, reinterpret_cast<const T*>(row_of(warp, op.c)));
  return Step::Next;
}

constexpr CarryUse kSets{false, true};
constexpr CarryUse kUses{true, false};
constexpr CarryUse kBoth{true, true};

#define FITEST_PTX_CARRY(type, T, code, codes4)                                   \
  {"add.cc." type, &add_carry<std::make_unsigned_t<T>, kSets, false>, code},      \
      {"addc." type, &add_carry<std::make_unsigned_t<T>, kUses, false>, code},    \
      {"addc.cc." type, &add_carry<std::make_unsigned_t<T>, kBoth, false>, code}, \
      {"sub.cc." type, &add_carry<std::make_unsigned_t<T>, kSets, true>, code},   \
      {"subc." type, &add_carry<std::make_unsigned_t<T>, kUses, true>, code},     \
      {"subc.cc." type, &add_carry<std::make_unsigned_t<T>, kBoth, true>, code},  \
      {"mad.lo.cc." type, &multiply_add_carry<T, kSets, false>, codes4},          \
      {"mad.hi.cc." type, &multiply_add_carry<T, kSets, true>, codes4},           \
      {"madc.lo." type, &multiply_add_carry<T, kUses, false>, codes4},            \
      {"madc.hi." type, &multiply_add_carry<T, kUses, true>, codes4},             \
      {"madc.lo.cc." type, &multiply_add_carry<T, kBoth, false>, codes4},         \
      {"madc.hi.cc." type, &multiply_add_carry<T, kBoth, true>, codes4},

constexpr HandlerEntry kEntries[] = {
    FITEST_PTX_CARRY("u32", u32, "www", "wwww") FITEST_PTX_CARRY("s32", s32, "www", "wwww")
        FITEST_PTX_CARRY("u64", u64, "lll", "llll") FITEST_PTX_CARRY("s64", s64, "lll", "llll")};

#undef FITEST_PTX_CARRY

}  // namespace

std::span<const HandlerEntry> carry_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
