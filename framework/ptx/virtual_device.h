// SPDX-License-Identifier: Apache-2.0
// A Device that executes PTX on the CPU.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "device/device.h"
#include "ptx/schedule.h"

namespace fitest::ptx {

struct VirtualDeviceOptions {
  bool check_memory = true;  // bounds, alignment, foreign buffers, read-only inputs
  bool check_init = false;   // uninitialised reads
  bool check_race = false;   // shared- and global-memory races
  bool check_sync = true;    // barriers, shuffles
  Schedule schedule;         // all but the fair one use one host thread
  std::uint64_t instruction_budget = std::uint64_t{200} << 30;  // thread-instructions per launch
  std::size_t memory_bytes = std::size_t{16} << 30;
  std::size_t threads = 0;  // host threads; 0: thread_count()
  int compute_major = 8;
  int compute_minor = 0;
  bool profile = false;         // for take_profiles(); slower
  bool record_opcodes = false;  // for executed_opcodes(); slower
};

DevicePtr make_virtual_device(const VirtualDeviceOptions& options);

// Thread-instructions that a device of make_virtual_device() has executed: of every warp
// instruction, the lanes that were at it.
std::uint64_t executed_instructions(const Device& device);

// Opcodes with their modifiers ("ld.global.v4.f32") that a device made with record_opcodes has
// executed in launches without a fault.
const std::set<std::string>& executed_opcodes(const Device& device);

}  // namespace fitest::ptx
