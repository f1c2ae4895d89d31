// SPDX-License-Identifier: Apache-2.0
// A kernel decoded for execution: one vector of compact records for the kernel and every function
// that it may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/fault.h"
#include "ptx/conversion.h"
#include "ptx/module.h"

namespace fitest::ptx {

struct HandlerEntry;
struct Op;
struct TrackedProgram;
struct Warp;

inline constexpr int kLanes = 32;
inline constexpr std::uint32_t kAllLanes = 0xFFFFFFFF;

// What the execution loop does after a handler.
enum class Step : std::uint8_t {
  Next,    // the instruction that follows
  Jump,    // warp.pc is set, the group stays whole
  Select,  // every lane_pc is stored: choose a group anew
  Slice,   // as Jump, but the group ran long enough
  Yield,   // as Next, but other warps and blocks should run first
  Fault,   // the launch ends; the execution holds the Fault
};

using Handler = Step (*)(Warp&, const Op&);

// A row of 32 lanes: byte offset into a bank, plus the bank's number in the lowest bit. Bank 0 is
// the registers of the current frame, bank 1 the program's constants.
using Ref = std::uint32_t;
inline constexpr Ref kNoRef = 0xFFFFFFFF;

inline constexpr std::uint32_t kNoGuard = 0xFFFFFFFF;

// Meaning of operands that are not rows is the handler's.
struct Op {
  Handler handler = nullptr;
  std::uint32_t guard = kNoGuard;  // offset of a predicate, plus 1 if negated
  Ref d = kNoRef;
  Ref a = kNoRef;
  Ref b = kNoRef;
  Ref c = kNoRef;
  Ref e = kNoRef;            // a second destination or a fourth source
  std::uint32_t list = 0;    // first of `count` entries in Program::lists
  std::uint8_t count = 0;    // of the list
  std::uint8_t space = 0;    // StateSpace of a memory access
  std::uint8_t bytes = 0;    // that one lane accesses
  std::uint8_t flags = 0;    // kOp…
  std::int64_t imm = 0;      // offset of an address, or an immediate
  std::uint32_t target = 0;  // op index of a branch, function index of a call
  std::uint32_t aux = 0;
};

// Addresses of accesses become generic: `imm` includes the window of a state space, or, of narrow
// addresses, `target` is its slot.
inline constexpr std::uint8_t kOpAddress32 = 1;  // the address row is of 32-bit cells
inline constexpr std::uint8_t kOpStrong = 2;     // volatile, relaxed, acquire, release, atomic
inline constexpr std::uint8_t kOpAligned = 4;    // .aligned: whole warps only
inline constexpr std::uint8_t kOpReads = 8;      // of memory accesses, for checks
inline constexpr std::uint8_t kOpWrites = 16;
inline constexpr std::uint8_t kOpAcquire = 32;
inline constexpr std::uint8_t kOpRelease = 64;
inline constexpr std::uint8_t kOpObserves = 128;  // what it reads decides something at once

// Rows are aligned for vector code.
struct alignas(64) CacheLine {
  std::uint64_t words[8] = {};
};

// Where a parameter or return value of a function lies in its local frame.
struct FormalSlot {
  std::uint32_t offset = 0;
  std::uint32_t size_bytes = 0;
};

struct FunctionCode {
  const Function* function = nullptr;
  std::uint32_t entry = 0;           // op index
  std::uint32_t register_bytes = 0;  // of a frame
  std::uint32_t local_bytes = 0;     // of a frame, per thread
  std::vector<FormalSlot> parameters;
  std::vector<FormalSlot> results;
};

// What an op came from.
struct Origin {
  const Instruction* instruction = nullptr;
  std::uint32_t function = 0;
  const HandlerEntry* entry = nullptr;  // of the tables, if it is one of theirs
};

// Shared memory that sm_80 and later keep for the system; cooperative groups use it. It lies behind
// the kernel's own.
inline constexpr std::uint32_t kReservedSharedBytes = 1024;

struct Program {
  std::shared_ptr<const Module> module;
  std::vector<Op> code;
  std::vector<Origin> origins;                             // of every op
  std::vector<std::uint32_t> lists;                        // operands beyond an Op's own
  std::vector<CacheLine> constants;                        // rows of bank 1
  std::vector<FunctionCode> functions;                     // [0] is the kernel
  std::map<std::uint32_t, std::uint32_t> by_module_index;  // Module::functions -> functions
  std::vector<FormalSlot> parameters;                      // of the kernel, in its parameter block
  std::uint32_t parameter_bytes = 0;
  std::uint32_t static_shared_bytes = 0;
  bool uses_reserved_shared = false;
  std::vector<std::string> opcodes;  // that note_opcode notes; empty unless they are recorded
  std::vector<ConversionForm> conversions;        // of the unusual cvt
  std::shared_ptr<const TrackedProgram> tracked;  // null unless track_values() did it
  // The first instruction that cannot be executed, if there is one.
  std::optional<Fault> unsupported;
};

// Kernel, PTX and CUDA line of an op; no kind, no message.
Fault locate_fault(const Program& program, std::uint32_t op);
Fault locate_fault(const Program& program, const Instruction& instruction);

}  // namespace fitest::ptx
