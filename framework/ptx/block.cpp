// SPDX-License-Identifier: Apache-2.0
#include "ptx/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "ptx/race.h"
#include "ptx/standstill.h"
#include "ptx/turn.h"

namespace fitest::ptx {
namespace {

constexpr int kRoundsPerRun = 8;
// A random schedule changes warps after so many ops at the most; an adversarial one lets a warp
// have so many turns in a row.
constexpr std::uint64_t kMostRandomOps = 64;
constexpr int kAdversarialTurns = 64;

template <class Body>
void for_each_lane(std::uint32_t lanes, Body body) {
  for (; lanes != 0; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

}  // namespace

Block::Block(Execution& execution, Profile* profile) : execution_(execution) {
  const ExecutionSetup& setup = execution.setup();
  const Program& program = execution.program();
  thread_count_ = static_cast<std::uint32_t>(setup.block.count());
  warps_.resize((thread_count_ + kLanes - 1) / kLanes);
  std::size_t bytes = program.static_shared_bytes + setup.dynamic_shared_bytes;
  if (program.uses_reserved_shared) bytes = (bytes + 127) / 128 * 128 + kReservedSharedBytes;
  shared_storage_.resize(bytes / 8 + 9);  // rows may be read past the end
  shared_.data = reinterpret_cast<std::uint8_t*>(shared_storage_.data());
  shared_.base = kSharedWindow;
  shared_.size = bytes;
  if ((execution.checks() & kCheckInit) != 0) shared_written_.resize(bytes + kLanes);
  thread_rows_.resize(warps_.size() * 3 * kLanes);
  for (std::uint32_t i = 0; i < warps_.size() * kLanes; ++i) {
    const Dim3 at = thread_position(i);
    std::uint32_t* row = thread_rows_.data() + std::size_t{i / kLanes} * 3 * kLanes + i % kLanes;
    row[0] = at.x;
    row[kLanes] = at.y;
    row[std::size_t{2} * kLanes] = at.z;
  }
  for (std::size_t i = 0; i < warps_.size(); ++i) {
    Warp& warp = warps_[i];
    warp.index = static_cast<std::uint32_t>(i);
    warp.block = this;
    warp.execution = &execution;
    warp.bank[1] =
        const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(program.constants.data()));
    warp.lists = program.lists.data();
    warp.slots = setup.memory->slots();
    warp.shared = &shared_;
    warp.parameters = &execution.parameters();
    warp.checks = execution.checks();
    warp.profile = profile;
  }
  if (program.tracked) {
    defined_.resize(warps_.size());
    for (Warp& warp : warps_) {
      warp.defined = &defined_[warp.index];
      warp.tracked = program.tracked.get();
    }
  }
  if (execution.races() != nullptr) {
    races_ = std::make_unique<RaceBlock>(*this, *execution.races(), warps_.size());
    for (Warp& warp : warps_) warp.races = races_.get();
  }
}

Block::~Block() {
  execution_.give_back(reserved_bytes_);
}

bool Block::reserve(std::size_t bytes) {
  if (!execution_.reserve(bytes)) return false;
  reserved_bytes_ += bytes;
  return true;
}

// For every warp at the kernel's first instruction.
bool Block::reserve_threads() {
  const FunctionCode& kernel = execution_.program().functions.front();
  std::size_t needed = shared_storage_.size() * sizeof(shared_storage_.front());
  for (const Warp& warp : warps_) {
    needed +=
        std::max<std::size_t>(warp.registers.size() * sizeof(CacheLine), kernel.register_bytes) +
        std::size_t{kLanes} * std::max(warp.local_stride, kernel.local_bytes);
  }
  if (needed <= reserved_bytes_ || reserve(needed - reserved_bytes_)) return true;
  Fault fault = locate_fault(execution_.program(), kernel.entry);
  fault.kind = FaultKind::OutOfMemory;
  fault.message = fmt::format(
      "a block of {} threads needs {} bytes of the virtual device for its registers, local and "
      "shared memory; buffers leave {} of its {}",
      thread_count_, needed, execution_.room(), execution_.setup().options->memory_bytes);
  execution_.raise(std::move(fault));
  return false;
}

bool Block::start(std::uint64_t linear_index) {
  const Dim3& grid = execution_.setup().grid;
  index_.x = static_cast<std::uint32_t>(linear_index % grid.x);
  index_.y = static_cast<std::uint32_t>(linear_index / grid.x % grid.y);
  index_.z = static_cast<std::uint32_t>(linear_index / grid.x / grid.y);
  live_threads_ = thread_count_;
  barriers_.fill({});
  deferred_.clear();
  if (!shared_written_.empty()) {
    std::fill(shared_written_.begin(), shared_written_.end(), std::uint8_t{0});
    shared_.written = shared_written_.data();
  }
  if (races_) races_->start(static_cast<std::uint32_t>(linear_index));
  if (!reserve_threads()) return false;
  std::uint32_t left = thread_count_;
  for (Warp& warp : warps_) {
    start_warp(warp, std::min<std::uint32_t>(left, kLanes));
    left -= std::min<std::uint32_t>(left, kLanes);
  }
  return true;
}

Dim3 Block::thread_position(std::uint32_t thread) const {
  const Dim3& block = execution_.setup().block;
  return Dim3{thread % block.x, thread / block.x % block.y, thread / block.x / block.y};
}

std::size_t Block::resident_bytes() const {
  std::size_t bytes = shared_storage_.size() * 8;
  for (const Warp& warp : warps_)
    bytes += warp.registers.size() * sizeof(CacheLine) + warp.local.size();
  return bytes;
}

void Block::order_warps() {
  order_.resize(warps_.size());
  for (std::uint32_t i = 0; i < order_.size(); ++i) order_[i] = i;
  if (execution_.schedule() == ScheduleKind::Adversarial) {
    std::reverse(order_.begin(), order_.end());
  } else if (execution_.schedule() == ScheduleKind::Random) {
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[execution_.numbers().below(i)]);
    }
  }
}

WarpStatus Block::run_turn(Warp& warp) {
  switch (execution_.schedule()) {
    case ScheduleKind::Random:
      return run_warp_briefly(
          warp, 1 + static_cast<std::uint32_t>(execution_.numbers().below(kMostRandomOps)));
    case ScheduleKind::Adversarial:
      for (int turn = 1; turn < kAdversarialTurns; ++turn) {
        const WarpStatus status = run_warp(warp);
        if (status != WarpStatus::Sliced || execution_.stopped()) return status;
      }
      return run_warp(warp);
    case ScheduleKind::Fair:
      break;
  }
  return run_warp(warp);
}

// Every warp once. Suspended: another round may follow.
BlockStatus Block::run_round(bool& progress) {
  bool runnable = false;
  for (const std::uint32_t index : order_) {
    Warp& warp = warps_[index];
    if (warp.live == 0 || (warp.live & ~warp.waiting & ~warp.blocked) == 0) continue;
    const WarpStatus status = run_turn(warp);
    const std::uint64_t instructions = std::exchange(warp.thread_instructions, 0);
    if (status == WarpStatus::Faulted) return BlockStatus::Faulted;
    if (!execution_.account(instructions)) return stop(warp);
    progress = progress || status != WarpStatus::Yielded;
    runnable = true;
  }
  if (live_threads_ == 0) return finish();
  return runnable ? BlockStatus::Suspended : stuck();
}

BlockStatus Block::run() {
  const bool chance = execution_.schedule() == ScheduleKind::Random;
  bool any_progress = false;
  for (int round = 0; round < kRoundsPerRun; ++round) {
    if (order_.empty() || chance) order_warps();
    bool progress = false;
    const BlockStatus status = run_round(progress);
    if (status != BlockStatus::Suspended) return status;
    any_progress = any_progress || progress;
    if (!progress && !chance) return BlockStatus::Idle;
  }
  return any_progress ? BlockStatus::Suspended : BlockStatus::Idle;
}

BlockStatus Block::run_watched(bool& changes) {
  bool runnable = false;
  for (Warp& warp : warps_) {
    if (warp.live == 0 || (warp.live & ~warp.waiting & ~warp.blocked) == 0) continue;
    const WarpStatus status = run_warp_watched(warp, changes);
    const std::uint64_t instructions = std::exchange(warp.thread_instructions, 0);
    if (status == WarpStatus::Faulted) return BlockStatus::Faulted;
    if (!execution_.account(instructions)) return stop(warp);
    runnable = true;
  }
  // Its worker finds out how it ends.
  return live_threads_ != 0 && runnable ? BlockStatus::Suspended : BlockStatus::Finished;
}

std::uint64_t Block::state() const {
  std::uint64_t hash = mix(0, shared_.data, shared_.size);
  for (const Barrier& barrier : barriers_) {
    hash = mix(hash, std::uint64_t{barrier.arrived} << 32 | barrier.votes);
  }
  for (const Warp& warp : warps_) hash = mix(hash, state_of(warp));
  return mix(hash, deferred_.size());
}

bool Block::complete(const Barrier& barrier) const {
  if (barrier.arrived == 0) return false;
  return barrier.arrived >= (barrier.expected == 0 ? live_threads_ : barrier.expected);
}

Step Block::arrive(Warp& warp, const Op& op, const Arrival& arrival) {
  Barrier& barrier = barriers_[static_cast<std::size_t>(arrival.barrier)];
  const bool checked = (warp.checks & kCheckSync) != 0;
  if (checked && barrier.arrived != 0 && barrier.expected != arrival.expected) {
    return raise(
        warp, FaultKind::Barrier,
        fmt::format("barrier {} is used with {} threads here, but others wait there for {} "
                    "(0 means the whole block)",
                    arrival.barrier, arrival.expected, barrier.expected));
  }
  if (checked && (op.flags & kOpAligned) != 0) {
    for (std::uint32_t rest = warp.waiting; rest != 0; rest &= rest - 1) {
      const int lane = std::countr_zero(rest);
      if (warp.lane_barrier[lane] != arrival.barrier || warp.lane_pc[lane] == warp.pc + 1) continue;
      return raise(
          warp, FaultKind::Barrier,
          fmt::format("divergent barrier: threads of one warp wait at barrier {} in "
                      "different places, the others at ptx:{}",
                      arrival.barrier,
                      locate_fault(execution_.program(), warp.lane_pc[lane] - 1).ptx.line));
    }
  }
  if (races_) races_->arrive(warp, arrival.barrier);
  barrier.expected = arrival.expected;
  barrier.reduction = arrival.reduction;
  barrier.pc = warp.pc;
  barrier.warp = warp.index;
  barrier.lanes = warp.mask;
  barrier.arrived += static_cast<std::uint32_t>(std::popcount(warp.mask));
  barrier.votes += static_cast<std::uint32_t>(std::popcount(warp.mask & arrival.votes));
  if (arrival.blocks) {
    warp.waiting |= warp.mask;
    const auto number = static_cast<std::int8_t>(arrival.barrier);
    if (warp.mask == kAllLanes) {
      warp.lane_barrier.fill(number);
    } else {
      for_each_lane(warp.mask, [&](int lane) { warp.lane_barrier[lane] = number; });
    }
  }
  if (warp.group == kAllLanes) {
    warp.lane_pc.fill(warp.pc + 1);
  } else {
    for_each_lane(warp.group, [&](int lane) { warp.lane_pc[lane] = warp.pc + 1; });
  }
  if (complete(barrier)) release(arrival.barrier);
  return Step::Select;
}

void Block::deliver(Warp& warp, std::uint32_t lanes, const Barrier& barrier) {
  for_each_lane(lanes, [&](int lane) {
    const Op& op = execution_.program().code[warp.lane_pc[lane] - 1];
    if (op.d == kNoRef) return;
    std::uint8_t* row = reinterpret_cast<std::uint8_t*>(warp.registers.data()) +
                        warp.frames[warp.lane_frame[lane]].register_base + op.d;
    std::uint32_t value = barrier.votes;
    if (barrier.reduction == Reduction::Popc) {
      std::memcpy(row + std::ptrdiff_t{4} * lane, &value, sizeof value);
      return;
    }
    const bool result =
        barrier.reduction == Reduction::And ? barrier.votes == barrier.arrived : barrier.votes != 0;
    std::memcpy(&value, row, sizeof value);
    value = (value & ~(1u << lane)) | (std::uint32_t{result} << lane);
    std::memcpy(row, &value, sizeof value);
  });
}

void Block::release(int index) {
  const Barrier barrier = std::exchange(barriers_[static_cast<std::size_t>(index)], Barrier{});
  for (Warp& warp : warps_) {
    if (warp.waiting == 0) continue;
    std::uint32_t lanes = 0;
    for (int lane = 0; lane < kLanes; ++lane) {
      lanes |= static_cast<std::uint32_t>(warp.lane_barrier[lane] == index) << lane;
    }
    lanes &= warp.waiting;
    if (barrier.reduction != Reduction::None) deliver(warp, lanes, barrier);
    if (races_ && lanes != 0) races_->pass(warp, index);
    warp.waiting &= ~lanes;
  }
  if (races_) races_->complete(index);
}

void Block::threads_exited(std::uint32_t count) {
  live_threads_ -= count;
  for (int i = 0; i < kBarrierCount; ++i) {
    if (barriers_[static_cast<std::size_t>(i)].expected == 0 &&
        complete(barriers_[static_cast<std::size_t>(i)])) {
      release(i);
    }
  }
}

BlockStatus Block::stop(Warp& warp) {
  const std::uint32_t lanes = warp.live != 0 ? warp.live : 1u;
  warp.mask = lanes & (~lanes + 1);
  warp.pc = warp.lane_pc[std::countr_zero(lanes)];
  execution_.raise_limit(warp);
  return BlockStatus::Faulted;
}

BlockStatus Block::finish() {
  if ((execution_.checks() & kCheckSync) == 0) return BlockStatus::Finished;
  for (int i = 0; i < kBarrierCount; ++i) {
    const Barrier& barrier = barriers_[static_cast<std::size_t>(i)];
    if (barrier.arrived == 0) continue;
    Warp& warp = warps_[barrier.warp];
    warp.pc = barrier.pc;
    warp.mask = barrier.lanes;
    raise(warp, FaultKind::Barrier,
          fmt::format("the block has ended, and {} of {} threads have arrived at barrier {}",
                      barrier.arrived, barrier.expected, i));
    return BlockStatus::Faulted;
  }
  return BlockStatus::Finished;
}

// Nothing can run: says who waits where.
BlockStatus Block::stuck() {
  FaultKind kind = FaultKind::Deadlock;
  Warp* first = nullptr;
  std::uint32_t at_barrier = 0;
  for (Warp& warp : warps_) {
    at_barrier += static_cast<std::uint32_t>(std::popcount(warp.waiting));
    if (warp.live == 0) continue;
    if (first == nullptr || (first->blocked == 0 && warp.blocked != 0)) first = &warp;
  }
  if (first == nullptr) fail(ErrorKind::Internal, "a block whose threads have all exited is stuck");
  const std::uint32_t lanes = first->blocked != 0 ? first->blocked : first->waiting;
  first->mask = lanes & (~lanes + 1);
  const int lane = std::countr_zero(lanes);
  first->pc = first->lane_pc[lane] - (first->blocked != 0 ? 0 : 1);
  std::string message;
  if (first->blocked != 0) {
    kind = FaultKind::InvalidSync;
    message = fmt::format(
        "lanes {:#010x} of warp {} wait here for lanes of their mask that wait elsewhere",
        first->blocked, first->index);
  } else {
    const Barrier& barrier = barriers_[static_cast<std::uint8_t>(first->lane_barrier[lane])];
    message = fmt::format(
        "{} of {} threads have arrived at barrier {}, and no thread of the block can run ({} wait "
        "at barriers, {} have exited)",
        barrier.arrived, barrier.expected == 0 ? live_threads_ : barrier.expected,
        first->lane_barrier[lane], at_barrier, thread_count_ - live_threads_);
  }
  raise(*first, kind, std::move(message));
  return BlockStatus::Faulted;
}

}  // namespace fitest::ptx
