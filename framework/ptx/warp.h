// SPDX-License-Identifier: Apache-2.0
// 32 threads that share registers' rows: plain state that handlers work on, and the choice of which
// lanes run next.
//
// Every lane has its own program counter. Lanes of equal program counter and frame form a group;
// the group with the deepest frame and then the lowest program counter runs, until it meets another
// group, blocks, or has run long enough for the others to have their turn.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ptx/address_space.h"
#include "ptx/program.h"

namespace fitest::ptx {

class Block;
class Definedness;
class Execution;
class Profile;
class RaceBlock;
struct TrackedProgram;

// One activation of a function, of the lanes that called it together.
struct Frame {
  std::uint32_t function = 0;  // in Program::functions
  std::uint32_t lanes = 0;     // that have not returned; 0: free
  std::uint32_t depth = 0;
  std::uint16_t parent = 0;
  std::uint32_t return_pc = 0;
  std::uint32_t call = 0;  // op index of the call
  std::uint32_t register_base = 0;
  std::uint32_t local_base = 0;
};

// cp.async of one warp instruction, not yet done.
struct AsyncCopy {
  std::uint32_t lanes = 0;
  std::uint8_t bytes = 0;
  std::array<std::uint8_t, kLanes> read_bytes{};  // the rest becomes zero
  std::array<std::uint32_t, kLanes> group{};
  std::array<std::uint8_t*, kLanes> to{};
  std::array<std::uint8_t*, kLanes> from{};
  std::array<const std::uint8_t*, kLanes> from_written{};  // as written_at()
};

enum class WarpStatus : std::uint8_t { Finished, Blocked, Sliced, Yielded, Faulted };

struct Warp {
  // What handlers touch all the time.
  std::uint8_t* bank[2] = {nullptr, nullptr};
  std::uint32_t mask = 0;   // lanes of the group that the guard lets through
  std::uint32_t group = 0;  // lanes at `pc`
  std::uint32_t pc = 0;
  std::uint32_t limit = 0;  // the group meets others when pc reaches this
  const std::uint32_t* lists = nullptr;
  const Segment* const* slots = nullptr;
  Segment* shared = nullptr;            // base = kSharedWindow
  const Segment* parameters = nullptr;  // base = kParamWindow
  std::int32_t fuel = 0;                // instructions of backward branches left in the slice
  std::uint32_t checks = 0;             // kCheck…

  std::uint32_t live = 0;       // not exited
  std::uint32_t waiting = 0;    // at a barrier of the block
  std::uint32_t blocked = 0;    // at a warp-level instruction, for lanes that it names
  std::uint32_t penalised = 0;  // had their turn; others go first
  std::array<std::uint32_t, kLanes> lane_pc{};
  std::array<std::uint16_t, kLanes> lane_frame{};
  std::array<std::int8_t, kLanes> lane_barrier{};  // that a waiting lane waits at
  std::uint16_t frame = 0;
  std::vector<Frame> frames;
  std::vector<CacheLine> registers;         // frames of rows; bank[0] points into it
  std::vector<std::uint8_t> local;          // kLanes pieces of local_stride bytes
  std::vector<std::uint8_t> local_written;  // as Segment::written; empty unless it is kept
  std::uint32_t local_stride = 0;
  std::uint32_t local_base = 0;  // of the current frame

  std::vector<AsyncCopy> copies;
  std::array<std::uint32_t, kLanes> copy_groups{};  // committed by each lane

  std::uint32_t index = 0;  // in the block
  Block* block = nullptr;
  RaceBlock* races = nullptr;               // if they are looked for
  Profile* profile = nullptr;               // if the launch is counted
  Definedness* defined = nullptr;           // if uninitialised values are looked for
  const TrackedProgram* tracked = nullptr;  // as well
  bool met_unwritten = false;               // a load has, since this was cleared
  Execution* execution = nullptr;
  std::uint64_t steps = 0;  // warp-instructions since the group was chosen
  std::uint64_t thread_instructions = 0;

  // The last strong load: the same value from the same place again means that the warp polls.
  std::uint32_t poll_pc = 0;
  std::uint64_t poll_value = 0;
  std::uint32_t poll_repeats = 0;

  std::uint32_t thread_index(int lane) const {
    return index * kLanes + static_cast<std::uint32_t>(lane);
  }
};

inline constexpr std::uint32_t kCheckMemory = 1;
inline constexpr std::uint32_t kCheckInit = 2;
inline constexpr std::uint32_t kCheckRace = 4;
inline constexpr std::uint32_t kCheckSync = 8;

// Puts the warp at the kernel's first instruction with `lanes` threads.
void start_warp(Warp& warp, std::uint32_t lanes);
// Runs until no lane can go on or the slice is over.
WarpStatus run_warp(Warp& warp);

// For handlers; all keep lane_pc and group consistent and leave the choice to Step::Select.

// Splits the group: `lanes` continue at `pc`, the others of the group after this instruction.
Step diverge(Warp& warp, std::uint32_t lanes, std::uint32_t pc);
// `lanes` of the group stay at this instruction until others arrive; the rest goes on after it.
Step hold(Warp& warp, std::uint32_t lanes);
Step exit_lanes(Warp& warp, std::uint32_t lanes);
// Enters Program::functions[function] with warp.mask; the others go on.
Step enter_function(Warp& warp, const Op& op, std::uint32_t function);
// Returns from the current frame, or exits from the kernel.
Step leave_function(Warp& warp, const Op& op);
// After a strong load of `value`: Yield once the warp seems to poll.
Step note_poll(Warp& warp, std::uint64_t value);

}  // namespace fitest::ptx
