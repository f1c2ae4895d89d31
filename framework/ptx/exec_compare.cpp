// SPDX-License-Identifier: Apache-2.0
// Integer setp. The boolean operator, the second predicate and set are the decoder's.
#include "ptx/exec.h"
#include "ptx/lanes.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr HandlerEntry kEntries[] = {
#define FITEST_PTX_COMPARE(comparison, name, T, ...) \
  entry<[](T a, T b) -> bool { return (__VA_ARGS__); }>("setp." #comparison "." #name),
#include "ptx/compare.def"
#undef FITEST_PTX_COMPARE
};

}  // namespace

std::span<const HandlerEntry> compare_handlers() {
  return kEntries;
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
