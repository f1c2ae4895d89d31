// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic.
#include "ptx/bits.h"
#include "ptx/exec.h"
#include "ptx/execution.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

template <auto F, class T>
Step divide(Warp& warp, const Op& op) {
  const Source<T> b(warp, op.b);
  std::uint32_t zero = 0;
  for (int i = 0; i < kLanes; ++i) zero |= static_cast<std::uint32_t>(b[i] == 0) << i;
  if ((zero & warp.mask) != 0) {
    warp.mask &= zero;
    return raise(warp, FaultKind::DivisionByZero, "integer division by zero");
  }
  return apply2<F, T, T, T>(warp, op);
}

template <auto F, class T>
constexpr HandlerEntry divide_entry(std::string_view opcode) {
  return {opcode, &divide<F, T>, OperandCodes<T, T, T>::kText};
}

constexpr HandlerEntry kEntries[] = {
#define FITEST_PTX_1(opcode, R, A, ...) \
  entry<[](A a) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_2(opcode, R, A, B, ...) \
  entry<[](A a, B b) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_3(opcode, R, A, B, C, ...) \
  entry<[](A a, B b, [[maybe_unused]] C c) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_DIVIDE(opcode, T, ...) \
  divide_entry<[](T a, T b) -> T { return (__VA_ARGS__); }, T>(opcode),
#include "ptx/integer.def"
#undef FITEST_PTX_1
#undef FITEST_PTX_2
#undef FITEST_PTX_3
#undef FITEST_PTX_DIVIDE
};

}  // namespace

std::span<const HandlerEntry> integer_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
