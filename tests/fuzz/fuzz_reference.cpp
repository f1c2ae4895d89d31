// SPDX-License-Identifier: Apache-2.0
// Any text as a reference: outputs or an Error, never a crash, within small caps.
#include "base/error.h"
#include "pytorch/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  constexpr fitest::pytorch::Limits kCaps{
      .seconds = 0.05, .memory_bytes = std::size_t{8} << 20, .call_depth = 20};
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    fitest::pytorch::run_reference(fitest::make_source("fuzz", text), {}, kCaps);
  } catch (const fitest::Error&) {
    return 0;
  }
  return 0;
}
