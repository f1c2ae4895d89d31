// SPDX-License-Identifier: Apache-2.0
#include "ptx/handlers.h"

#include <cstdlib>
#include <string>
#include <unordered_map>

namespace fitest::ptx {

namespace baseline {
const HandlerSet& handler_set();
}
#ifdef FITEST_PTX_X86_LEVELS
namespace x86_64_v3 {
const HandlerSet& handler_set();
}
#endif
#ifdef FITEST_PTX_AVX512
namespace x86_64_v4 {
const HandlerSet& handler_set();
}
#endif

namespace {

#ifdef FITEST_PTX_X86_LEVELS
bool has_v3() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 &&
         __builtin_cpu_supports("bmi2") != 0;
}
#endif
#ifdef FITEST_PTX_AVX512
bool has_v4() {
  return has_v3() && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512cd") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}
#endif

// $FITEST_PTX_LEVEL names a lower level, for tests.
const HandlerSet& choose() {
  const char* text = std::getenv("FITEST_PTX_LEVEL");
  [[maybe_unused]] const std::string wanted = text != nullptr ? text : "";
#ifdef FITEST_PTX_AVX512
  if ((wanted.empty() || wanted == "x86_64_v4") && has_v4()) return x86_64_v4::handler_set();
#endif
#ifdef FITEST_PTX_X86_LEVELS
  if (wanted != "baseline" && has_v3()) return x86_64_v3::handler_set();
#endif
  return baseline::handler_set();
}

}  // namespace

const HandlerSet& handlers() {
  static const HandlerSet& set = choose();
  return set;
}

const HandlerEntry* find_handler(std::string_view opcode) {
  static const auto by_opcode = [] {
    std::unordered_map<std::string_view, const HandlerEntry*> map;
    for (const auto& table : handlers().tables) {
      for (const HandlerEntry& entry : table) map.emplace(entry.opcode, &entry);
    }
    return map;
  }();
  const auto found = by_opcode.find(opcode);
  return found == by_opcode.end() ? nullptr : found->second;
}

}  // namespace fitest::ptx
