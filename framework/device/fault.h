// SPDX-License-Identifier: Apache-2.0
// What went wrong on a device, where: a value, not an exception.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fitest {

enum class FaultKind : std::uint8_t {
  InvalidLaunch,   // configuration, argument count or size that the kernel does not take
  OutOfBounds,     // access outside the buffer that the pointer came from
  NullPointer,     //
  Misaligned,      //
  ReadOnlyWrite,   // a store into an input
  Uninitialized,   // a value that nothing wrote became observable
  Race,            // two threads, one address, no order
  BenignRace,      // both store the same value: no failure by itself
  MissingWait,     // the destination of a cp.async before its wait
  Barrier,         // divergent, wrong count, or left pending
  Deadlock,        // nothing can run any more
  InvalidSync,     // shuffle, vote or match from lanes that are not there
  DivisionByZero,  //
  StackOverflow,   //
  Trap,            // trap or a failed assert
  BudgetExceeded,  // instruction budget: most likely an endless loop
  TimeLimit,       // wall-clock deadline
  Unsupported,     // an instruction or feature that this device lacks
  OutOfMemory,     //
  DeviceError,     // what the driver reported; `message` has its words
};

std::string_view name_of(FaultKind kind);

struct Dim3 {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
  std::uint64_t count() const { return std::uint64_t{x} * y * z; }
  bool operator==(const Dim3&) const = default;
};

// "(1,2,3)"
std::string to_string(const Dim3& dim);

// "scale(float const*, int)" for "_Z5scalePKfi"; other names stay as they are.
std::string readable_name(const std::string& kernel);

struct CodeLine {
  std::string file;
  std::uint32_t line = 0;  // 0: not known
  std::string text;        // the line itself, if known
};

struct Fault {
  FaultKind kind = FaultKind::DeviceError;
  std::string message;  // one sentence: "store of 4 bytes at out+4096, 0 bytes past its end (4096)"
  std::string kernel;
  bool has_thread = false;  // block and thread are known
  Dim3 block{0, 0, 0};
  Dim3 thread{0, 0, 0};
  CodeLine source;  // CUDA line, from -lineinfo
  CodeLine ptx;
  std::string buffer;        // name of the buffer concerned, empty if none
  std::int64_t offset = -1;  // bytes into it
  std::uint64_t count = 1;   // how often it was seen
};

// "kernel.cu:9: out of bounds: … \n  kernel k, block (4,0,0), thread (0,0,0)\n  ptx:123: st…"
std::string describe(const Fault& fault);
// All of them, the last ones beyond a few as "and N more".
std::string describe(const std::vector<Fault>& faults);

}  // namespace fitest
