// SPDX-License-Identifier: Apache-2.0
#include "ptx/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "ptx/execution.h"

namespace fitest::ptx {
namespace {

constexpr std::uint8_t kStrong = 1;
constexpr std::uint8_t kPending = 2;
constexpr std::uint8_t kWrites = 4;
constexpr std::uint8_t kManyLanes = 8;  // other lanes of the warp read as well
constexpr std::uint64_t kCellBytes = 4;

template <class Body>
void for_each_lane(std::uint32_t lanes, Body body) {
  for (; lanes != 0; lanes &= lanes - 1) body(std::countr_zero(lanes));
}

std::uint8_t order_of(const Instruction& instruction) {
  std::uint8_t order = 0;
  for (const std::string& modifier : instruction.modifiers) {
    if (modifier == "acquire" || modifier == "acq_rel") order |= kOrderAcquire;
    if (modifier == "release" || modifier == "acq_rel") order |= kOrderRelease;
    if (modifier == "cta") order |= kOrderBlock;
  }
  return order;
}

const Segment* segment_at(const Warp& warp, std::uint64_t address) {
  const std::uint64_t slot = slot_of(address);
  if (slot == slot_of(kSharedWindow)) return warp.shared;
  if (slot < kFirstSlot || slot >= kSlotCount) return nullptr;
  const Segment* segment = warp.slots[slot];
  return segment != nullptr && segment->writable ? segment : nullptr;
}

const char* verb_of(bool strong, bool writes) {
  if (strong) return writes ? "atomic or volatile store" : "volatile load";
  return writes ? "store" : "load";
}

}  // namespace

RaceLaunch::RaceLaunch(const Program& program) {
  for (const Origin& origin : program.origins) {
    orders_.push_back(origin.instruction == nullptr ? std::uint8_t{0}
                                                    : order_of(*origin.instruction));
  }
}

RaceCell* RaceLaunch::cells_of(const Segment& segment) {
  const std::lock_guard lock(mutex_);
  RaceCells& cells = cells_[segment.base];
  if (!cells) {
    const std::size_t count = segment.size / kCellBytes + 1;
    cells.reset(static_cast<RaceCell*>(std::calloc(count, sizeof(RaceCell))));
    if (!cells) {
      fail(ErrorKind::Environment,
           fmt::format("the host has no memory to look for races in a buffer of {} bytes; leave "
                       "out the check 'race'",
                       segment.size));
    }
  }
  return cells.get();
}

Message RaceLaunch::receive(std::uint64_t address) {
  const std::lock_guard lock(mutex_);
  const auto found = messages_.find(address);
  return found == messages_.end() ? Message{} : found->second;
}

void RaceLaunch::send(std::uint64_t address, const Message& message) {
  const std::lock_guard lock(mutex_);
  Message& there = messages_[address];
  join(there.far, message.far);
  for (const auto& [block, ticks] : message.inside) join(there.inside[block], ticks);
  has_messages_.store(true, std::memory_order_relaxed);
}

RaceBlock::RaceBlock(Block& block, RaceLaunch& launch, std::size_t warps)
    : block_(block), launch_(launch), clocks_(warps) {}

void RaceBlock::start(std::uint32_t block_index) {
  index_ = block_index;
  for (Clock& clock : clocks_) {
    clock = Clock{};
    clock.known.near.resize(clocks_.size());
    advance(clock);
  }
  barriers_.fill({});
  shared_messages_.clear();
  shared_cells_.assign(block_.shared().size / kCellBytes + 1, RaceCell{});
}

RaceCell* RaceBlock::cells_of(const Segment& segment) {
  if (segment.base == kSharedWindow) return shared_cells_.data();
  if (segment.base != last_base_) {
    last_cells_ = launch_.cells_of(segment);
    last_base_ = segment.base;
  }
  return last_cells_;
}

bool RaceBlock::ordered(const AccessRecord& before, const AccessRecord& now) const {
  const std::uint32_t warp = before.thread / kLanes;
  const Clock& clock = clocks_[now.thread / kLanes];
  if (before.block != index_) return knows(clock.known.far.get(), before.block, warp, before.tick);
  if (before.tick <= clock.known.near[warp]) return true;
  if (before.thread == now.thread && (before.flags & kManyLanes) == 0) return true;
  if (warp != now.thread / kLanes) return false;
  const std::uint32_t lane = now.thread % kLanes;
  return before.tick <= clock.lane_tick[lane] &&
         (clock.lane_members[lane] >> (before.thread % kLanes) & 1) != 0;
}

// The access that this one is not ordered after; null: there is none.
const AccessRecord* RaceBlock::conflict(const RaceCell& cell, const AccessRecord& now,
                                        bool writes) const {
  const auto clashes = [&](const AccessRecord& before) {
    return before.tick != 0 && (before.bytes & now.bytes) != 0 &&
           (before.flags & now.flags & kStrong) == 0 && !ordered(before, now);
  };
  const AccessRecord& writer = cell.writer;
  if ((writer.flags & kPending) != 0 && (writer.bytes & now.bytes) != 0) return &writer;
  if (clashes(writer)) return &writer;
  if (!writes) return nullptr;
  for (const AccessRecord& reader : cell.readers) {
    if (clashes(reader)) return &reader;
  }
  return nullptr;
}

// Whether a store gives memory what the store before gave it.
bool RaceBlock::same_value(const Lane& at, const Touch& touch, const Segment& segment,
                           const AccessRecord& before) const {
  if (touch.fresh == nullptr || (before.flags & kWrites) == 0 || touch.strong) return false;
  const std::uint8_t* fresh = touch.fresh + static_cast<std::size_t>(at.lane) * touch.bytes;
  const bool together = before.block == index_ && before.pc == at.warp.pc &&
                        before.thread / kLanes == at.warp.index &&
                        before.tick == clocks_[at.warp.index].now;
  const int other = before.thread % kLanes;
  if (together && (at.warp.mask >> other & 1) != 0 && touch.address[other] == at.address) {
    return std::memcmp(fresh, touch.fresh + static_cast<std::size_t>(other) * touch.bytes,
                       touch.bytes) == 0;
  }
  return std::memcmp(fresh, segment.data + (at.address - segment.base), touch.bytes) == 0;
}

void RaceBlock::report(const Lane& at, const Touch& touch, const Segment& segment,
                       const AccessRecord& before) {
  Execution& execution = block_.execution();
  const bool waits = (before.flags & kPending) != 0;
  const bool benign = !waits && same_value(at, touch, segment, before);
  const std::uint32_t mask = std::exchange(at.warp.mask, 1u << at.lane);
  Fault fault = fault_at(at.warp,
                         waits    ? FaultKind::MissingWait
                         : benign ? FaultKind::BenignRace
                                  : FaultKind::Race,
                         {});
  at.warp.mask = mask;
  fault.offset = static_cast<std::int64_t>(at.address - segment.base);
  fault.buffer =
      segment.base == kSharedWindow ? "shared memory" : execution.setup().memory->name(segment);
  const Fault other = locate_fault(execution.program(), before.pc);
  const Dim3& grid = execution.setup().grid;
  const Dim3 block{before.block % grid.x, before.block / grid.x % grid.y,
                   before.block / grid.x / grid.y};
  const char* others = (before.flags & kManyLanes) != 0 ? " and other lanes of its warp" : "";
  const std::string who = fmt::format("block {}, thread {}{}", to_string(block),
                                      to_string(block_.thread_position(before.thread)), others);
  const std::string line = other.source.line != 0 ? fmt::format("{}:{} (ptx:{})", other.source.file,
                                                                other.source.line, other.ptx.line)
                                                  : fmt::format("ptx:{}", other.ptx.line);
  const std::string what =
      fmt::format("{} of {} bytes at {}+{}", verb_of(touch.strong, touch.writes), touch.bytes,
                  fault.buffer, fault.offset);
  if (waits) {
    fault.message =
        fmt::format("missing cp.async wait: {}, which the cp.async of {} at {} has not yet filled",
                    what, who, line);
  } else {
    fault.message =
        fmt::format("{}, and nothing orders it after the {} by {} at {}{}", what,
                    verb_of((before.flags & kStrong) != 0, (before.flags & kWrites) != 0), who,
                    line, benign ? "; both store the same value" : "");
  }
  execution.note(std::move(fault));
}

namespace {

// Whether the warp has read the cell since its last event, and nobody has written it since. A tick
// is of one warp only.
inline bool seen(RaceCell& cell, const AccessRecord& now) {
  for (AccessRecord& reader : cell.readers) {
    if (reader.tick != now.tick || (now.bytes & ~reader.bytes) != 0 ||
        ((reader.flags ^ now.flags) & kStrong) != 0) {
      continue;
    }
    if (reader.thread != now.thread) reader.flags |= kManyLanes;
    return true;
  }
  return false;
}

}  // namespace

void RaceBlock::touch_lane(const Lane& at, const Touch& touch, RaceCell* cells,
                           const Segment& segment) {
  AccessRecord record;
  record.block = index_;
  record.tick = clocks_[at.warp.index].now;
  record.pc = at.warp.pc;
  record.thread = static_cast<std::uint16_t>(at.warp.thread_index(at.lane));
  record.flags = static_cast<std::uint8_t>(
      (touch.strong ? kStrong : 0) | (touch.pending ? kPending : 0) | (touch.writes ? kWrites : 0));
  const std::uint64_t begin = at.address - segment.base;
  const std::uint64_t end = begin + touch.bytes;
  bool reported = false;
  for (std::uint64_t cell = begin / kCellBytes; cell * kCellBytes < end; ++cell) {
    const std::uint64_t first = std::max(begin, cell * kCellBytes) - cell * kCellBytes;
    const std::uint64_t last = std::min(end, (cell + 1) * kCellBytes) - cell * kCellBytes;
    record.bytes = static_cast<std::uint8_t>((1u << last) - (1u << first));
    RaceCell& there = cells[cell];
    if (!touch.writes && seen(there, record)) continue;
    const AccessRecord* before = conflict(there, record, touch.writes);
    if (before != nullptr && !reported) {
      report(at, touch, segment, *before);
      reported = true;
    }
    if (touch.writes) {
      there.writer = record;
      there.readers = {};
    } else {
      AccessRecord& reader = there.readers[0];
      const bool replaces = reader.tick == 0 || ordered(reader, record);
      (replaces ? reader : there.readers[1]) = record;
    }
  }
}

void RaceBlock::touch(Warp& warp, const Touch& touch) {
  std::mutex* held = nullptr;
  for_each_lane(warp.mask, [&](int lane) {
    const Lane at{warp, lane, touch.address[lane]};
    const Segment* segment = segment_at(warp, at.address);
    if (segment == nullptr) return;
    RaceCell* cells = cells_of(*segment);
    std::mutex* stripe = segment->base == kSharedWindow ? nullptr : &launch_.stripe(at.address);
    if (stripe != held) {
      if (held != nullptr) held->unlock();
      if (stripe != nullptr) stripe->lock();
      held = stripe;
    }
    touch_lane(at, touch, cells, *segment);
  });
  if (held != nullptr) held->unlock();
}

void RaceBlock::acquire(Clock& clock) {
  join(clock.known, clock.pending);
  clock.pending = {};
}

void RaceBlock::exchange(Warp& warp, const Touch& touch) {
  Clock& clock = clocks_[warp.index];
  const std::uint8_t order = launch_.order(warp.pc);
  if ((order & kOrderRelease) != 0) fence(warp);
  const bool sends = touch.writes && (!clock.fenced.near.empty() || !clock.fenced_near.empty());
  for_each_lane(warp.mask, [&](int lane) {
    const std::uint64_t address = touch.address[lane];
    if (slot_of(address) == slot_of(kSharedWindow)) {
      const auto found = shared_messages_.find(address);
      if (touch.reads && found != shared_messages_.end()) join(clock.pending, found->second);
      if (!sends) return;
      Knowledge& message = shared_messages_[address];
      join(message, clock.fenced);
      join(message.near, clock.fenced_near);
      return;
    }
    if (touch.reads && launch_.has_messages()) {
      const Message message = launch_.receive(address);
      join(clock.pending.far, message.far);
      const auto inside = message.inside.find(index_);
      if (inside != message.inside.end()) join(clock.pending.near, inside->second);
    }
    if (!sends) return;
    Message message;
    auto far = std::make_shared<FarTicks>(clock.fenced.far ? *clock.fenced.far : FarTicks{});
    far->blocks[index_] = clock.fenced.near;
    message.far = std::move(far);
    message.inside[index_] = clock.fenced.near;
    join(message.inside[index_], clock.fenced_near);
    launch_.send(address, message);
  });
  if ((order & kOrderAcquire) != 0) acquire(clock);
}

void RaceBlock::fence(Warp& warp) {
  Clock& clock = clocks_[warp.index];
  acquire(clock);
  Knowledge visible = clock.known;
  visible.near[warp.index] = std::max(visible.near[warp.index], clock.now);
  if ((launch_.order(warp.pc) & kOrderBlock) != 0) {
    join(clock.fenced_near, visible.near);
  } else {
    join(clock.fenced, visible);
  }
  advance(clock);
}

void RaceBlock::warp_barrier(Warp& warp, std::uint32_t members) {
  Clock& clock = clocks_[warp.index];
  acquire(clock);
  if ((warp.live & ~members) == 0) {
    clock.known.near[warp.index] = clock.now;
  } else {
    for_each_lane(members & warp.mask, [&](int lane) {
      clock.lane_tick[static_cast<std::size_t>(lane)] = clock.now;
      clock.lane_members[static_cast<std::size_t>(lane)] = members;
    });
  }
  advance(clock);
}

void RaceBlock::arrive(const Warp& warp, int barrier) {
  Clock& clock = clocks_[warp.index];
  Gathering& gathering = barriers_[static_cast<std::size_t>(barrier)];
  acquire(clock);
  Knowledge known = clock.known;
  known.near[warp.index] = std::max(known.near[warp.index], clock.now);
  join(gathering.known, known);
  join(gathering.fenced, clock.fenced);
  advance(clock);
}

void RaceBlock::pass(const Warp& warp, int barrier) {
  Clock& clock = clocks_[warp.index];
  const Gathering& gathering = barriers_[static_cast<std::size_t>(barrier)];
  join(clock.known, gathering.known);
  join(clock.fenced, gathering.fenced);
}

void RaceBlock::complete(int barrier) {
  barriers_[static_cast<std::size_t>(barrier)] = {};
}

void RaceBlock::arrive_at(const Warp& warp, std::uint64_t address) {
  Clock& clock = clocks_[warp.index];
  Knowledge known = clock.known;
  known.near[warp.index] = std::max(known.near[warp.index], clock.now);
  join(shared_messages_[address], known);
  advance(clock);
}

void RaceBlock::passed(const Warp& warp, std::uint64_t address) {
  const auto found = shared_messages_.find(address);
  if (found != shared_messages_.end()) join(clocks_[warp.index].known, found->second);
}

void RaceBlock::copied(const Warp& warp, std::uint64_t address, std::uint32_t bytes) {
  const std::uint64_t begin = address - kSharedWindow;
  for (std::uint64_t cell = begin / kCellBytes; cell * kCellBytes < begin + bytes; ++cell) {
    AccessRecord& writer = shared_cells_[cell].writer;
    if ((writer.flags & kPending) == 0) continue;
    writer.flags &= static_cast<std::uint8_t>(~kPending);
    writer.tick = clocks_[warp.index].now;
  }
}

}  // namespace fitest::ptx
