// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "ptx/block.h"
#include "ptx/chapters.h"
#include "ptx/lanes.h"
#include "ptx/race.h"
#include "ptx/track.h"

namespace fitest::ptx {

using namespace baseline;

Step branch(Warp& warp, const Op& op) {
  if (warp.mask != warp.group) return diverge(warp, warp.mask, op.target);
  if (op.target <= warp.pc) {
    warp.fuel -= static_cast<std::int32_t>(warp.pc - op.target + 1);
    warp.pc = op.target;
    return warp.fuel < 0 ? Step::Slice : Step::Jump;
  }
  warp.pc = op.target;
  return Step::Jump;
}

Step indexed_branch(Warp& warp, const Op& op) {
  const Source<u32> index(warp, op.a);
  bool in_range = true;
  for_each_lane(warp.mask, [&](int lane) { in_range = in_range && index[lane] < op.count; });
  if (!in_range)
    return raise(warp, FaultKind::OutOfBounds, "brx.idx with an index beyond its list");
  for_each_lane(warp.group, [&](int lane) { warp.lane_pc[lane] = warp.pc + 1; });
  for_each_lane(warp.mask,
                [&](int lane) { warp.lane_pc[lane] = warp.lists[op.list + index[lane]]; });
  return Step::Select;
}

Step exit_thread(Warp& warp, const Op&) {
  const std::uint32_t lanes = warp.mask;
  const Step step = exit_lanes(warp, lanes);
  warp.block->threads_exited(static_cast<std::uint32_t>(std::popcount(lanes)));
  return step;
}

namespace {

// Cooperative groups trap where a grid waits for itself and the launch gave it no barrier.
bool lacks_grid_barrier(const Execution& execution) {
  if (execution.setup().grid_workspace != 0) return false;
  const auto asks = [](const Op& op) {
    return op.handler == &read_special32 &&
           op.aux == static_cast<std::uint32_t>(SpecialRegister::Envreg1);
  };
  const Program& program = execution.program();
  if (!program.tracked) return std::any_of(program.code.begin(), program.code.end(), asks);
  const std::vector<Tracked>& ops = program.tracked->ops;
  return std::any_of(ops.begin(), ops.end(), [&](const Tracked& op) { return asks(op.op); });
}

}  // namespace

Step trap(Warp& warp, const Op&) {
  std::string message = "the kernel executed trap";
  if (lacks_grid_barrier(*warp.execution)) {
    message +=
        "; if this is where the grid waits for itself: only a launch with `cooperative: true` can";
  }
  return raise(warp, FaultKind::Trap, std::move(message));
}

Step unsupported_instruction(Warp& warp, const Op&) {
  return raise(warp, FaultKind::Unsupported,
               "the virtual device does not support this instruction");
}

Step call_direct(Warp& warp, const Op& op) {
  return enter_function(warp, op, op.target);
}

// Lanes may hold different functions: those that agree with the first go, the others come back.
Step call_indirect(Warp& warp, const Op& op) {
  const Source<u64> callee(warp, op.a);
  const u64 address = callee[std::countr_zero(warp.mask)];
  const Program& program = warp.execution->program();
  const auto found = program.by_module_index.find(static_cast<std::uint32_t>(address));
  if (slot_of(address) != slot_of(kFunctionWindow) || found == program.by_module_index.end()) {
    return raise(warp, FaultKind::OutOfBounds,
                 fmt::format("a call through the pointer {:#x}, which is no function", address));
  }
  const FunctionCode& code = program.functions[found->second];
  if (2 * (code.parameters.size() + code.results.size()) != op.count) {
    return raise(
        warp, FaultKind::InvalidLaunch,
        fmt::format("a call of {} with the wrong number of arguments", code.function->name));
  }
  std::uint32_t same = 0;
  for_each_lane(warp.mask, [&](int lane) {
    same |= static_cast<std::uint32_t>(callee[lane] == address) << lane;
  });
  const std::uint32_t later = warp.mask & ~same;
  warp.mask = same;
  const Step step = enter_function(warp, op, found->second);
  for_each_lane(later, [&](int lane) { warp.lane_pc[lane] = warp.pc; });
  return step;
}

Step block_barrier(Warp& warp, const Op& op) {
  const int first = std::countr_zero(warp.mask);
  Block::Arrival arrival;
  const u32 id = Source<u32>(warp, op.a)[first];
  if (id >= kBarrierCount) {
    return raise(warp, FaultKind::Barrier,
                 fmt::format("barrier {} does not exist; a block has {}", id, kBarrierCount));
  }
  arrival.barrier = static_cast<int>(id);
  if (op.b != kNoRef) arrival.expected = Source<u32>(warp, op.b)[first];
  if (arrival.expected % kLanes != 0) {
    return raise(warp, FaultKind::Barrier,
                 fmt::format("a barrier of {} threads: the count must be a multiple of {}",
                             arrival.expected, kLanes));
  }
  arrival.reduction = static_cast<Reduction>(op.aux);
  if (op.c != kNoRef) arrival.votes = predicate(warp, op.c);
  arrival.blocks = op.imm == 0;
  return warp.block->arrive(warp, op, arrival);
}

Step note_opcode(Warp& warp, const Op& op) {
  if (warp.mask != 0) warp.execution->note_opcode(op.aux);
  return Step::Next;
}

Step nanosleep(Warp&, const Op&) {
  return Step::Yield;
}

Step fence(Warp& warp, const Op&) {
  if (warp.races != nullptr) warp.races->fence(warp);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return Step::Next;
}

namespace {

u64 host_nanoseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

u32 component(const Dim3& dim, int axis) {
  return axis == 0 ? dim.x : axis == 1 ? dim.y : dim.z;
}

u64 linear_block(const Warp& warp) {
  const Dim3& at = warp.block->index();
  const Dim3& grid = warp.execution->setup().grid;
  return at.x + u64{grid.x} * (at.y + u64{grid.y} * at.z);
}

u32 lane_mask(SpecialRegister which, int lane) {
  const u32 self = 1u << lane;
  switch (which) {
    case SpecialRegister::LanemaskEq:
      return self;
    case SpecialRegister::LanemaskLe:
      return self | (self - 1);
    case SpecialRegister::LanemaskLt:
      return self - 1;
    case SpecialRegister::LanemaskGe:
      return ~(self - 1);
    default:
      return ~(self | (self - 1));
  }
}

// Of launches without clusters every block is a cluster of its own.
u64 cluster_value(const Warp& warp, SpecialRegister which) {
  const Dim3& grid = warp.execution->setup().grid;
  const Dim3& at = warp.block->index();
  switch (which) {
    case SpecialRegister::ClusteridX:
      return at.x;
    case SpecialRegister::ClusteridY:
      return at.y;
    case SpecialRegister::ClusteridZ:
      return at.z;
    case SpecialRegister::NclusteridX:
      return grid.x;
    case SpecialRegister::NclusteridY:
      return grid.y;
    case SpecialRegister::NclusteridZ:
      return grid.z;
    case SpecialRegister::ClusterCtarank:
      return 0;
    default:
      return 1;
  }
}

u64 launch_value(const Warp& warp, SpecialRegister which) {
  const ExecutionSetup& setup = warp.execution->setup();
  switch (which) {
    case SpecialRegister::Warpid:
      return warp.index;
    case SpecialRegister::Nwarpid:
      return (setup.block.count() + kLanes - 1) / kLanes;
    case SpecialRegister::Smid:
      return linear_block(warp) % setup.sm_count;
    case SpecialRegister::Nsmid:
      return setup.sm_count;
    case SpecialRegister::Gridid:
      return 1;
    case SpecialRegister::Clock:
    case SpecialRegister::Clock64:
    case SpecialRegister::Globaltimer:
    case SpecialRegister::GlobaltimerLo:
      return host_nanoseconds();
    case SpecialRegister::ClockHi:
    case SpecialRegister::GlobaltimerHi:
      return host_nanoseconds() >> 32;
    case SpecialRegister::ReservedBegin:
    case SpecialRegister::Reserved0:
    case SpecialRegister::Reserved1:
      return warp.shared->size - kReservedSharedBytes;
    case SpecialRegister::ReservedEnd:
    case SpecialRegister::ReservedCap:
      return warp.shared->size;
    case SpecialRegister::DynamicSmemSize:
      return setup.dynamic_shared_bytes;
    case SpecialRegister::TotalSmemSize:
    case SpecialRegister::AggrSmemSize:
      return warp.shared->size;
    case SpecialRegister::Envreg1:
      return setup.grid_workspace >> 32;
    case SpecialRegister::Envreg2:
      return setup.grid_workspace & 0xFFFFFFFF;
    default:
      return cluster_value(warp, which);
  }
}

u64 special_value(const Warp& warp, SpecialRegister which, int lane) {
  using enum SpecialRegister;
  const ExecutionSetup& setup = warp.execution->setup();
  const int axis = static_cast<int>(which) % 3;  // the table begins with triples
  if (which <= TidZ) return warp.block->thread_row(warp.index, axis)[lane];
  if (which <= NtidZ) return component(setup.block, axis);
  if (which <= CtaidZ) return component(warp.block->index(), axis);
  if (which <= NctaidZ) return component(setup.grid, axis);
  if (which == Laneid) return static_cast<u64>(lane);
  if (which >= LanemaskEq && which <= LanemaskGt) return lane_mask(which, lane);
  return launch_value(warp, which);
}

bool varies_by_lane(SpecialRegister which) {
  using enum SpecialRegister;
  return which <= TidZ || which == Laneid || (which >= LanemaskEq && which <= LanemaskGt);
}

template <class T>
Step read_special(Warp& warp, const Op& op) {
  const auto which = static_cast<SpecialRegister>(op.aux);
  std::array<T, kLanes> value;
  if (which <= SpecialRegister::TidZ) {
    const u32* row = warp.block->thread_row(warp.index, static_cast<int>(which));
    write_lanes<T>(warp, op.d, [&](int i) { return static_cast<T>(row[i]); });
    return Step::Next;
  }
  value.fill(static_cast<T>(special_value(warp, which, 0)));
  if (varies_by_lane(which)) {
    for (int i = 0; i < kLanes; ++i) value[i] = static_cast<T>(special_value(warp, which, i));
  }
  write_lanes<T>(warp, op.d, [&](int i) { return value[i]; });
  return Step::Next;
}

}  // namespace

Step read_special32(Warp& warp, const Op& op) {
  return read_special<u32>(warp, op);
}

Step read_special64(Warp& warp, const Op& op) {
  return read_special<u64>(warp, op);
}

Step read_frame_address(Warp& warp, const Op& op) {
  const u64 value = warp.local_base + static_cast<u64>(op.imm);
  write_lanes<u64>(warp, op.d, [=](int) { return value; });
  return Step::Next;
}

}  // namespace fitest::ptx
