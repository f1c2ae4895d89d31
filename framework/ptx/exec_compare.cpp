// SPDX-License-Identifier: Apache-2.0
// Integer setp and set. The boolean operator and the second predicate are the decoder's.
#include "ptx/exec.h"
#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr HandlerEntry kEntries[] = {
#define FITEST_PTX_COMPARE(comparison, name, T, ...)                                             \
  entry<[](T a, T b) -> bool { return (__VA_ARGS__); }>("setp." #comparison "." #name),          \
      entry<[](T a, T b) -> u32 { return (__VA_ARGS__) ? 0xFFFFFFFFu : 0u; }>("set." #comparison \
                                                                              ".u32." #name),    \
      entry<[](T a, T b) -> u32 { return (__VA_ARGS__) ? 0xFFFFFFFFu : 0u; }>("set." #comparison \
                                                                              ".s32." #name),    \
      entry<[](T a, T b) -> f32 { return (__VA_ARGS__) ? 1.0F : 0.0F; }>("set." #comparison      \
                                                                         ".f32." #name),
#include "ptx/compare.def"
#undef FITEST_PTX_COMPARE
};

}  // namespace

std::span<const HandlerEntry> compare_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
