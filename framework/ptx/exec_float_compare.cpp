// SPDX-License-Identifier: Apache-2.0
// setp and set of floating-point numbers.
#include "ptx/exec.h"
#include "ptx/half.h"
#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr HandlerEntry kEntries[] = {
#define FITEST_PTX_2(opcode, R, A, B, ...) \
  entry<[](A a, B b) -> R { return static_cast<R>(__VA_ARGS__); }>(opcode),
#include "ptx/float_compare.def"
#undef FITEST_PTX_2
};

}  // namespace

std::span<const HandlerEntry> float_compare_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
