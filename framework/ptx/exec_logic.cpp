// SPDX-License-Identifier: Apache-2.0
// Logic, shifts, bit fields and moves.
#include "ptx/bits.h"
#include "ptx/exec.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

template <auto F, class R, class A, class B, class C, class E>
Step apply4(Warp& warp, const Op& op) {
  const Source<A> a(warp, op.a);
  const Source<B> b(warp, op.b);
  const Source<C> c(warp, op.c);
  const Source<E> e(warp, op.e);
  write_lanes<R>(warp, op.d, [=](int i) { return F(a[i], b[i], c[i], e[i]); });
  return Step::Next;
}

template <auto F, class R, class A, class B, class C, class E>
constexpr HandlerEntry make_entry(std::string_view opcode, R (*)(A, B, C, E)) {
  return {opcode, &apply4<F, R, A, B, C, E>, OperandCodes<R, A, B, C, E>::kText};
}
template <auto F>
constexpr HandlerEntry entry4(std::string_view opcode) {
  return make_entry<F>(opcode, +F);
}

// Predicates are words: all lanes at once.
template <auto F>
Step combine(Warp& warp, const Op& op) {
  set_predicate(warp, op.d, F(predicate(warp, op.a), op.b == kNoRef ? 0 : predicate(warp, op.b)));
  return Step::Next;
}

// op.aux is the truth table of lop3.
Step logic3(Warp& warp, const Op& op) {
  const Source<u32> a(warp, op.a);
  const Source<u32> b(warp, op.b);
  const Source<u32> c(warp, op.c);
  u32 term[8];
  for (u32 i = 0; i < 8; ++i) term[i] = ((op.aux >> i) & 1) != 0 ? 0xFFFFFFFFu : 0;
  write_lanes<u32>(warp, op.d, [=](int i) {
    const u32 x = a[i];
    const u32 y = b[i];
    const u32 z = c[i];
    const u32 low =
        (~y & ((~z & term[0]) | (z & term[1]))) | (y & ((~z & term[2]) | (z & term[3])));
    const u32 high =
        (~y & ((~z & term[4]) | (z & term[5]))) | (y & ((~z & term[6]) | (z & term[7])));
    return (~x & low) | (x & high);
  });
  return Step::Next;
}

constexpr HandlerEntry kEntries[] = {
    {"and.pred", &combine<[](u32 a, u32 b) { return a & b; }>, "ppp"},
    {"or.pred", &combine<[](u32 a, u32 b) { return a | b; }>, "ppp"},
    {"xor.pred", &combine<[](u32 a, u32 b) { return a ^ b; }>, "ppp"},
    {"not.pred", &combine<[](u32 a, u32) { return ~a; }>, "pp"},
    {"mov.pred", &combine<[](u32 a, u32) { return a; }>, "pp"},
    {"lop3.b32", &logic3, "wwww"},
#define FITEST_PTX_1(opcode, R, A, ...) \
  entry<[](A a) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_2(opcode, R, A, B, ...) \
  entry<[](A a, B b) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_3(opcode, R, A, B, C, ...) \
  entry<[](A a, [[maybe_unused]] B b, C c) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_4(opcode, R, A, B, C, E, ...) \
  entry4<[](A a, B b, C c, E e) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#include "ptx/logic.def"
#undef FITEST_PTX_1
#undef FITEST_PTX_2
#undef FITEST_PTX_3
#undef FITEST_PTX_4
};

}  // namespace

std::span<const HandlerEntry> logic_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
