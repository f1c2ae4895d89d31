// SPDX-License-Identifier: Apache-2.0
#include "ptx/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "ptx/block.h"
#include "ptx/definedness.h"
#include "ptx/execution.h"
#include "ptx/profile.h"
#include "ptx/turn.h"

namespace fitest::ptx {
namespace {

// Instructions of loops that a group runs before other groups of the warp, and that a warp runs
// before other warps.
constexpr std::int32_t kGroupTurn = 2048;
constexpr int kTurnsPerSlice = 16;
// A slice is at most a small part of the budget: it is only looked at between slices.
constexpr std::uint64_t kTurnsPerBudget = 256;
constexpr std::uint32_t kPollRepeats = 16;
// CUDA's limit on local memory per thread; host memory of a warp's register frames.
constexpr std::uint32_t kMaxLocalBytes = 512 << 10;
constexpr std::size_t kMaxRegisterBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxFrames = 0xFFFF;
constexpr std::uint32_t kNoLimit = 0xFFFFFFFF;

template <class Body>
void for_each_lane(std::uint32_t lanes, Body body) {
  for (; lanes != 0; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

void settle(Warp& warp) {
  warp.thread_instructions += warp.steps * static_cast<std::uint64_t>(std::popcount(warp.group));
  warp.steps = 0;
}

void store_pc(Warp& warp) {
  if (warp.group == kAllLanes) {
    warp.lane_pc.fill(warp.pc);
    return;
  }
  for_each_lane(warp.group, [&](int lane) { warp.lane_pc[lane] = warp.pc; });
}

void activate(Warp& warp, std::uint16_t frame) {
  warp.frame = frame;
  const Frame& record = warp.frames[frame];
  warp.bank[0] = reinterpret_cast<std::uint8_t*>(warp.registers.data()) + record.register_base;
  warp.local_base = record.local_base;
}

// Deepest frame first, then lowest program counter.
std::uint64_t priority(const Warp& warp, int lane) {
  const std::uint32_t depth = warp.frames[warp.lane_frame[lane]].depth;
  return (std::uint64_t{~depth} << 32) | warp.lane_pc[lane];
}

// Where the group at (frame, pc) may meet the other lanes.
std::uint32_t meeting_point(const Warp& warp, std::uint32_t others) {
  std::uint32_t limit = kNoLimit;
  for_each_lane(others, [&](int lane) {
    const std::uint32_t pc = warp.lane_pc[lane];
    if (warp.lane_frame[lane] == warp.frame && pc > warp.pc) limit = std::min(limit, pc);
  });
  return limit;
}

// Lanes at the same place as this one.
std::uint32_t lanes_like(const Warp& warp, int lane) {
  const std::uint32_t pc = warp.lane_pc[lane];
  const std::uint16_t frame = warp.lane_frame[lane];
  std::uint32_t same = 0;
  for (int i = 0; i < kLanes; ++i) {
    same |= static_cast<std::uint32_t>(warp.lane_pc[i] == pc && warp.lane_frame[i] == frame) << i;
  }
  return same;
}

bool select(Warp& warp) {
  settle(warp);
  warp.group = 0;
  const std::uint32_t runnable = warp.live & ~warp.blocked & ~warp.waiting;
  if (runnable == 0) return false;
  std::uint32_t candidates = runnable & ~warp.penalised;
  if (candidates == 0) {
    warp.penalised = 0;
    candidates = runnable;
  }
  int best = std::countr_zero(candidates);
  const std::uint32_t present = warp.live & ~warp.waiting;
  warp.group = present & lanes_like(warp, best);
  if ((candidates & ~warp.group) != 0) {
    for_each_lane(candidates & ~warp.group, [&](int lane) {
      if (priority(warp, lane) < priority(warp, best)) best = lane;
    });
    warp.group = present & lanes_like(warp, best);
  }
  warp.pc = warp.lane_pc[best];
  activate(warp, warp.lane_frame[best]);
  warp.blocked &= ~warp.group;
  const std::uint32_t others = present & ~warp.group;
  warp.limit = others == 0 ? kNoLimit : meeting_point(warp, others);
  return true;
}

WarpStatus idle_status(const Warp& warp) {
  return warp.live == 0 ? WarpStatus::Finished : WarpStatus::Blocked;
}

// The group has had its turn: true if another one goes on.
bool give_turn(Warp& warp) {
  store_pc(warp);
  warp.penalised |= warp.group;
  const std::uint32_t others = warp.live & ~warp.blocked & ~warp.waiting & ~warp.penalised;
  if (others != 0) return select(warp);
  warp.penalised = 0;
  settle(warp);
  warp.group = 0;
  return false;
}

std::int32_t turn_length(const Execution& execution) {
  const std::uint64_t share = execution.setup().options->instruction_budget / kTurnsPerBudget;
  return static_cast<std::int32_t>(std::min<std::uint64_t>(kGroupTurn, share));
}

std::uint32_t guarded_lanes(const Warp& warp, const Op& op) {
  if (op.guard == kNoGuard) return warp.group;
  std::uint32_t bits = 0;
  std::memcpy(&bits, warp.bank[0] + (op.guard & ~1u), sizeof bits);
  return warp.group & ((op.guard & 1) != 0 ? ~bits : bits);
}

// Handles everything but Next; false: the warp stops with `status`.
bool follow(Warp& warp, Step step, WarpStatus& status) {
  switch (step) {
    case Step::Next:
    case Step::Jump:
      if (warp.pc < warp.limit) return true;
      store_pc(warp);
      return select(warp);
    case Step::Select:
      if (select(warp)) return true;
      status = idle_status(warp);
      return false;
    case Step::Slice:
      status = WarpStatus::Sliced;
      return give_turn(warp);
    case Step::Yield:
      ++warp.pc;
      status = WarpStatus::Yielded;
      return give_turn(warp);
    case Step::Fault:
      settle(warp);
      status = WarpStatus::Faulted;
      return false;
  }
  return false;
}

}  // namespace

void start_warp(Warp& warp, std::uint32_t lanes) {
  const FunctionCode& kernel = warp.execution->program().functions.front();
  warp.live = lanes == kLanes ? kAllLanes : (1u << lanes) - 1;
  warp.group = warp.waiting = warp.blocked = warp.penalised = 0;
  warp.lane_pc.fill(kernel.entry);
  warp.lane_frame.fill(0);
  warp.frames.assign(1, Frame{.function = 0, .lanes = warp.live});
  warp.registers.resize(
      std::max<std::size_t>(warp.registers.size(), kernel.register_bytes / sizeof(CacheLine)));
  if (warp.local_stride < kernel.local_bytes) {
    warp.local_stride = kernel.local_bytes;
    warp.local.assign(std::size_t{kLanes} * warp.local_stride, 0);
  }
  if (warp.defined != nullptr) {
    warp.defined->start(*warp.tracked);
    warp.local_written.assign(warp.local.size(), 0);
  }
  warp.copies.clear();
  warp.copy_groups.fill(0);
  warp.poll_repeats = 0;
  activate(warp, 0);
}

namespace {

// What a loop does around every op; the plain one nothing.
struct Unwatched {
  static bool stops() { return false; }
  static void before(const Warp&, const Op&) {}
  static void after(const Warp&, Step) {}
};

struct Profiled {
  static bool stops() { return false; }
  static void before(Warp& warp, const Op& op) { warp.profile->begin(warp, op); }
  static void after(Warp& warp, Step step) { warp.profile->end(warp, step); }
};

// Ends after a number of ops.
struct Counted {
  std::uint32_t left;
  bool stops() { return left-- == 0; }
  static void before(Warp& warp, const Op& op) {
    if (warp.profile != nullptr) Profiled::before(warp, op);
  }
  static void after(Warp& warp, Step step) {
    if (warp.profile != nullptr) Profiled::after(warp, step);
  }
};

struct Watched {
  OpWatcher& watcher;
  static bool stops() { return false; }
  void before(const Warp& warp, const Op& op) const { watcher.before(warp, op); }
  void after(const Warp& warp, Step) const { watcher.after(warp); }
};

// The loop that every op passes; calls in it would be paid for by each.
template <class Watch>
// NOLINTNEXTLINE(readability-function-cognitive-complexity)
inline WarpStatus run_loop(Warp& warp, Watch watch) {
  const Op* code = warp.execution->program().code.data();
  const std::int32_t turn_fuel = turn_length(*warp.execution);
  WarpStatus status = WarpStatus::Sliced;
  if (!select(warp)) return idle_status(warp);
  for (int turn = 0; turn < kTurnsPerSlice;) {
    warp.fuel = turn_fuel;
    for (;;) {
      if (watch.stops()) {
        // Between two looks at what it polls, a warp still polls.
        status = warp.poll_repeats >= kPollRepeats ? WarpStatus::Yielded : WarpStatus::Sliced;
        turn = kTurnsPerSlice;
        break;
      }
      const Op& op = code[warp.pc];
      ++warp.steps;
      warp.mask = guarded_lanes(warp, op);
      watch.before(warp, op);
      const Step step = warp.mask != 0 ? op.handler(warp, op) : Step::Next;
      watch.after(warp, step);
      if (step == Step::Next) {
        if (++warp.pc < warp.limit) [[likely]]
          continue;
      } else if (step == Step::Jump && warp.pc < warp.limit) {
        continue;
      }
      if (!follow(warp, step, status)) return status;
      if (step == Step::Slice || step == Step::Yield) break;
      // Recursion may go on without a branch backwards.
      if (step == Step::Select && --warp.fuel < 0) break;
    }
    ++turn;
  }
  store_pc(warp);
  settle(warp);
  warp.group = 0;
  return status;
}

}  // namespace

WarpStatus run_warp(Warp& warp) {
  return warp.profile == nullptr ? run_loop(warp, Unwatched{}) : run_loop(warp, Profiled{});
}

WarpStatus run_warp_briefly(Warp& warp, std::uint32_t ops) {
  return run_loop(warp, Counted{ops});
}

WarpStatus run_warp_under(Warp& warp, OpWatcher& watcher) {
  return run_loop(warp, Watched{watcher});
}

Step diverge(Warp& warp, std::uint32_t lanes, std::uint32_t pc) {
  for_each_lane(warp.group & ~lanes, [&](int lane) { warp.lane_pc[lane] = warp.pc + 1; });
  for_each_lane(lanes, [&](int lane) { warp.lane_pc[lane] = pc; });
  return Step::Select;
}

Step hold(Warp& warp, std::uint32_t lanes) {
  warp.blocked |= lanes;
  return diverge(warp, lanes, warp.pc);
}

Step exit_lanes(Warp& warp, std::uint32_t lanes) {
  for_each_lane(warp.group & ~lanes, [&](int lane) { warp.lane_pc[lane] = warp.pc + 1; });
  for (Frame& frame : warp.frames) frame.lanes &= ~lanes;
  warp.live &= ~lanes;
  warp.blocked = 0;  // who waits for these lanes looks again
  settle(warp);
  return Step::Select;
}

namespace {

// Frames are stacked: one that is free goes once all above it are.
void drop_free_frames(Warp& warp) {
  while (warp.frames.size() > 1 && warp.frames.back().lanes == 0) warp.frames.pop_back();
}

std::uint32_t registers_end(const Warp& warp) {
  const Frame& last = warp.frames.back();
  return last.register_base + warp.execution->program().functions[last.function].register_bytes;
}

std::uint32_t grown_stride(const Warp& warp, std::uint32_t bytes) {
  if (bytes <= warp.local_stride) return warp.local_stride;
  return std::min(kMaxLocalBytes, std::max(bytes, 2 * warp.local_stride));
}

// Every lane's piece of `from` at the begin of a larger one.
std::vector<std::uint8_t> spread_pieces(const std::vector<std::uint8_t>& from, std::size_t stride) {
  std::vector<std::uint8_t> larger(kLanes * stride);
  const std::size_t size = from.size() / kLanes;
  for (std::size_t lane = 0; lane < kLanes && size != 0; ++lane) {
    std::memcpy(larger.data() + lane * stride, from.data() + lane * size, size);
  }
  return larger;
}

void grow_local(Warp& warp, std::uint32_t stride) {
  if (stride == warp.local_stride) return;
  warp.local = spread_pieces(warp.local, stride);
  if (warp.defined != nullptr) warp.local_written = spread_pieces(warp.local_written, stride);
  warp.local_stride = stride;
}

// For so many bytes of local memory a thread, and of registers; false: there is no memory.
bool make_room(Warp& warp, std::uint32_t local_bytes, std::size_t register_bytes) {
  const std::size_t had = warp.registers.size() * sizeof(CacheLine);
  const std::size_t registers = had < register_bytes ? 2 * register_bytes : had;
  const std::uint32_t stride = grown_stride(warp, local_bytes);
  const std::size_t more = registers - had + std::size_t{kLanes} * (stride - warp.local_stride);
  if (more == 0) return true;
  if (!warp.block->reserve(more)) return false;
  grow_local(warp, stride);
  warp.registers.resize(registers / sizeof(CacheLine));
  return true;
}

// Between a caller and the function that it calls.
struct Passing {
  const Frame& caller;
  std::uint32_t callee_base;  // of the callee's local frame
  bool to_callee;
};

// Arguments and results are lists of (kind, where): a row, or bytes of the caller's local frame.
void copy_value(Warp& warp, const Passing& passing, const std::uint32_t* value, FormalSlot slot) {
  for_each_lane(warp.mask, [&](int lane) {
    std::uint8_t* lane_local = warp.local.data() + std::size_t{warp.local_stride} * lane;
    std::uint8_t* formal = lane_local + passing.callee_base + slot.offset;
    std::uint8_t* actual = lane_local + passing.caller.local_base + value[1];
    if (value[0] != 0) {  // a row of cells of that many bytes
      auto* registers = reinterpret_cast<std::uint8_t*>(warp.registers.data());
      std::uint8_t* bank =
          (value[1] & 1) != 0 ? warp.bank[1] : registers + passing.caller.register_base;
      actual = bank + (value[1] & ~1u) + std::size_t{value[0]} * lane;
    }
    std::memcpy(passing.to_callee ? formal : actual, passing.to_callee ? actual : formal,
                slot.size_bytes);
  });
}

}  // namespace

Step enter_function(Warp& warp, const Op& op, std::uint32_t function) {
  const FunctionCode& code = warp.execution->program().functions[function];
  const std::uint32_t lanes = warp.mask;
  drop_free_frames(warp);
  const auto index = static_cast<std::uint16_t>(warp.frames.size());
  const Frame caller = warp.frames[warp.frame];
  const FunctionCode& caller_code = warp.execution->program().functions[caller.function];
  Frame frame{function, lanes, caller.depth + 1, warp.frame, warp.pc + 1, warp.pc, 0, 0};
  frame.register_base = registers_end(warp);
  frame.local_base = caller.local_base + caller_code.local_bytes;
  const std::uint64_t local_bytes = std::uint64_t{frame.local_base} + code.local_bytes;
  const std::size_t register_bytes = std::size_t{frame.register_base} + code.register_bytes;
  if (local_bytes > kMaxLocalBytes || register_bytes > kMaxRegisterBytes ||
      warp.frames.size() >= kMaxFrames) {
    return raise(warp, FaultKind::StackOverflow,
                 fmt::format("call depth {} needs {} bytes of stack per thread; the limit is {}",
                             frame.depth, local_bytes, kMaxLocalBytes));
  }
  if (!make_room(warp, static_cast<std::uint32_t>(local_bytes), register_bytes)) {
    return raise(warp, FaultKind::OutOfMemory,
                 fmt::format("call depth {} of a warp needs {} bytes of registers and {} of stack "
                             "per thread, and the virtual device has no memory left for them",
                             frame.depth, register_bytes, local_bytes));
  }
  warp.frames.push_back(frame);
  const std::uint32_t* value = warp.lists + op.list;
  for (const FormalSlot& slot : code.parameters) {
    copy_value(warp, {caller, frame.local_base, true}, value, slot);
    value += 2;
  }
  const Step step = diverge(warp, lanes, code.entry);
  for_each_lane(lanes, [&](int lane) { warp.lane_frame[lane] = index; });
  return step;
}

Step leave_function(Warp& warp, const Op&) {
  if (warp.frame == 0) return Step::Next;
  Frame& frame = warp.frames[warp.frame];
  const Program& program = warp.execution->program();
  const FunctionCode& code = program.functions[frame.function];
  const Op& call = program.code[frame.call];
  const std::uint32_t lanes = warp.mask;
  const std::uint32_t* value = warp.lists + call.list + 2 * code.parameters.size();
  const Frame& caller = warp.frames[frame.parent];
  for (const FormalSlot& slot : code.results) {
    copy_value(warp, {caller, frame.local_base, false}, value, slot);
    value += 2;
  }
  const Step step = diverge(warp, lanes, frame.return_pc);
  for_each_lane(lanes, [&](int lane) { warp.lane_frame[lane] = frame.parent; });
  frame.lanes &= ~lanes;
  return step;
}

Step note_poll(Warp& warp, std::uint64_t value) {
  if (warp.poll_pc == warp.pc && warp.poll_value == value) {
    if (++warp.poll_repeats >= kPollRepeats) return Step::Yield;
    return Step::Next;
  }
  warp.poll_pc = warp.pc;
  warp.poll_value = value;
  warp.poll_repeats = 0;
  return Step::Next;
}

}  // namespace fitest::ptx
