// SPDX-License-Identifier: Apache-2.0
// What a kernel needs of a GPU, as the assembler inside NVRTC says it for a cubin.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace fitest {

struct ResourceUsage {
  int registers = 0;                    // of a thread
  std::size_t static_shared_bytes = 0;  // of a block
  std::size_t stack_bytes = 0;          // of a thread: local arrays and spilled registers
  std::size_t spill_store_bytes = 0;
  std::size_t spill_load_bytes = 0;
};

// With this option, the log of a compile for an "sm_XY" says what each kernel uses.
inline constexpr const char* kReportResources = "--ptxas-options=-v";

// From that log, by mangled name; empty where the log does not say.
std::map<std::string, ResourceUsage> read_resource_usage(const std::string& log);

}  // namespace fitest
