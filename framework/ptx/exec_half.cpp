// SPDX-License-Identifier: Apache-2.0
// f16 and bf16 arithmetic.
#include "ptx/exec.h"
#include "ptx/half.h"
#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr HandlerEntry kEntries[] = {
#define FITEST_PTX_1(opcode, R, A, ...) \
  entry<[](A a) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_2(opcode, R, A, B, ...) \
  entry<[](A a, B b) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#define FITEST_PTX_3(opcode, R, A, B, C, ...) \
  entry<[](A a, B b, C c) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#include "ptx/half.def"
#undef FITEST_PTX_1
#undef FITEST_PTX_2
#undef FITEST_PTX_3
};

}  // namespace

std::span<const HandlerEntry> half_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
