// SPDX-License-Identifier: Apache-2.0
#include "ptx/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "ptx/execution.h"

namespace fitest::ptx {
namespace {

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

RaceLine* RaceLaunch::lines_of(const Segment& segment) {
  const std::lock_guard lock(mutex_);
  RaceLines& lines = lines_[segment.base];
  if (!lines) {
    const std::size_t count = segment.size / kLineBytes + 1;
    lines.reset(static_cast<RaceLine*>(std::calloc(count, sizeof(RaceLine))));
    if (!lines) {
      fail(ErrorKind::Environment,
           fmt::format("the host has no memory to look for races in a buffer of {} bytes; leave "
                       "out the check 'race'",
                       segment.size));
    }
  }
  return lines.get();
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
  shared_lines_.assign(block_.shared().size / kLineBytes + 1, RaceLine{});
  shared_cells_.clear();
}

RaceLine* RaceBlock::lines_of(const Segment& segment) {
  if (segment.base == kSharedWindow) return shared_lines_.data();
  if (segment.base != last_base_) {
    last_lines_ = launch_.lines_of(segment);
    last_base_ = segment.base;
  }
  return last_lines_;
}

bool RaceBlock::ordered(std::uint32_t block, std::uint32_t warp, std::uint32_t tick,
                        std::uint32_t now_warp) const {
  const Clock& clock = clocks_[now_warp];
  if (block != index_) return knows(clock.known.far.get(), block, warp, tick);
  return tick <= clock.known.near[warp];
}

bool RaceBlock::ordered(const AccessRecord& before, const AccessRecord& now) const {
  const std::uint32_t warp = before.thread / kLanes;
  const std::uint32_t now_warp = now.thread / kLanes;
  if (ordered(before.block, warp, before.tick, now_warp)) return true;
  if (before.block != index_) return false;
  if (before.thread == now.thread && (before.flags & kAccessManyLanes) == 0) return true;
  if (warp != now_warp) return false;
  const Clock& clock = clocks_[now_warp];
  const std::uint32_t lane = now.thread % kLanes;
  return before.tick <= clock.lane_tick[lane] &&
         (clock.lane_members[lane] >> (before.thread % kLanes) & 1) != 0;
}

// The access that this one is not ordered after; null: there is none.
const AccessRecord* RaceBlock::conflict(const RaceCell& cell, const AccessRecord& now,
                                        bool writes) const {
  const auto clashes = [&](const AccessRecord& before) {
    return before.tick != 0 && (before.bytes & now.bytes) != 0 &&
           (before.flags & now.flags & kAccessStrong) == 0 && !ordered(before, now);
  };
  const AccessRecord& writer = cell.writer;
  if ((writer.flags & kAccessPending) != 0 && (writer.bytes & now.bytes) != 0) return &writer;
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
  if (touch.fresh == nullptr || (before.flags & kAccessWrites) == 0 || touch.strong) return false;
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
  const bool waits = (before.flags & kAccessPending) != 0;
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
  const char* others = (before.flags & kAccessManyLanes) != 0 ? " and other lanes of its warp" : "";
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
    fault.message = fmt::format(
        "{}, and nothing orders it after the {} by {} at {}{}", what,
        verb_of((before.flags & kAccessStrong) != 0, (before.flags & kAccessWrites) != 0), who,
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
        ((reader.flags ^ now.flags) & kAccessStrong) != 0) {
      continue;
    }
    if (reader.thread != now.thread) reader.flags |= kAccessManyLanes;
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
  record.flags = static_cast<std::uint8_t>((touch.strong ? kAccessStrong : 0) |
                                           (touch.pending ? kAccessPending : 0) |
                                           (touch.writes ? kAccessWrites : 0));
  const std::uint64_t begin = (at.address - segment.base) % kLineBytes;
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

// Whether the line's records alone show that the warp's access comes after this one.
bool RaceBlock::passes(const LineRecord& before, const LineRecord& now) const {
  if ((before.bytes & now.bytes) == 0 || before.tick == 0) return true;
  if ((before.flags & kAccessPending) != 0) return false;
  if ((before.flags & now.flags & kAccessStrong) != 0) return true;
  if (ordered(before.block, before.warp, before.tick, now.warp)) return true;
  // The same lanes did it.
  return before.block == index_ && before.warp == now.warp && before.lane == now.lane &&
         before.shift == now.shift && ((before.flags | now.flags) & kAccessManyLanes) == 0;
}

// False: the line needs its cells.
bool RaceBlock::note_read(RaceLine& line, const LineRecord& now) const {
  for (LineRecord& reader : line.readers) {
    if (!reader.like(now)) continue;
    if ((now.bytes & ~reader.bytes) == 0) return true;
    if (!passes(line.writer, now)) return false;
    reader.bytes |= now.bytes;
    return true;
  }
  if (!passes(line.writer, now)) return false;
  for (LineRecord& reader : line.readers) {
    const bool replaces =
        reader.tick == 0 || ((reader.bytes & ~now.bytes) == 0 &&
                             ordered(reader.block, reader.warp, reader.tick, now.warp));
    if (!replaces) continue;
    reader = now;
    return true;
  }
  // As with cells, the second of two readers that nothing orders makes room.
  if ((line.readers[1].bytes & ~now.bytes) != 0) return false;
  line.readers[1] = now;
  return true;
}

bool RaceBlock::note_write(RaceLine& line, const LineRecord& now) const {
  // Lanes that write one place together race with each other.
  if ((now.flags & (kAccessManyLanes | kAccessStrong)) == kAccessManyLanes) return false;
  if (!passes(line.writer, now)) return false;
  for (const LineRecord& reader : line.readers) {
    if (!passes(reader, now)) return false;
  }
  if ((line.writer.bytes & ~now.bytes) == 0) {
    line.writer = now;
  } else if (line.writer.like(now)) {
    line.writer.bytes |= now.bytes;
  } else {
    return false;
  }
  for (LineRecord& reader : line.readers) {
    if ((reader.bytes & ~now.bytes) == 0) reader = LineRecord{};
  }
  return true;
}

// A write of all of a line after everything else: its cells are needed no more.
bool RaceBlock::collapse(RaceLine& line, const LineRecord& now) const {
  if (now.bytes != kWholeLine || (now.flags & kAccessWrites) == 0) return false;
  const auto after = [&](const AccessRecord& before) {
    return before.tick == 0 ||
           ((before.flags & kAccessPending) == 0 &&
            ordered(before.block, before.thread / kLanes, before.tick, now.warp));
  };
  for (std::uint64_t i = 0; i < kLineCells; ++i) {
    const RaceCell& cell = line.cells[i];
    if (!after(cell.writer) || !after(cell.readers[0]) || !after(cell.readers[1])) return false;
  }
  line.cells = nullptr;
  line.writer = now;
  return true;
}

void RaceBlock::place_in_line(LinePart& part, const LaneRun& run, std::uint64_t bytes,
                              const std::array<std::uint64_t, 4>& range) {
  const auto [begin, at, first, last] = range;
  const std::uint64_t run_lanes = byte_bits(0, static_cast<std::uint64_t>(run.count));
  const auto back = static_cast<int>((first - at) / bytes);
  if (run.same) {
    // One lane's place is that of a run.
    part.now.lane = static_cast<std::int8_t>(run.count == 1 ? run.first - back : run.first);
    part.lanes = static_cast<std::uint32_t>(run_lanes << run.first);
    if (run.count > 1) part.now.flags |= kAccessManyLanes;
    return;
  }
  const int lane = run.first + static_cast<int>((first - begin) / bytes);
  part.now.lane = static_cast<std::int8_t>(lane - back);
  part.lanes = static_cast<std::uint32_t>(byte_bits(0, (last - first) / bytes) << lane);
}

template <class Body>
void RaceBlock::for_each_part(const Warp& warp, std::uint32_t lanes, const Touch& touch,
                              Body body) {
  LineRecord now;
  now.tick = clocks_[warp.index].now;
  now.block = index_;
  now.pc = warp.pc;
  now.warp = static_cast<std::uint8_t>(warp.index);
  const auto flags = static_cast<std::uint8_t>((touch.strong ? kAccessStrong : 0) |
                                               (touch.pending ? kAccessPending : 0) |
                                               (touch.writes ? kAccessWrites : 0));
  const std::uint64_t bytes = touch.bytes;
  while (lanes != 0) {
    const LaneRun run = first_run(touch.address, touch.bytes, lanes);
    const std::uint64_t run_lanes = byte_bits(0, static_cast<std::uint64_t>(run.count));
    lanes &= ~static_cast<std::uint32_t>(run_lanes << run.first);
    const std::uint64_t address = touch.address[run.first];
    const Segment* segment = segment_at(warp, address);
    if (segment == nullptr) continue;
    RaceLine* lines = lines_of(*segment);
    const std::uint64_t begin = address - segment->base;
    const std::uint64_t end =
        begin + (run.same ? bytes : bytes * static_cast<std::uint64_t>(run.count));
    now.shift = static_cast<std::uint8_t>(std::countr_zero(bytes));
    now.flags = flags;
    for (std::uint64_t at = begin / kLineBytes * kLineBytes; at < end; at += kLineBytes) {
      const std::uint64_t first = std::max(begin, at);
      const std::uint64_t last = std::min(end, at + kLineBytes);
      now.bytes = byte_bits(first - at, last - first);
      LinePart part{lines[at / kLineBytes], now, segment->base + at, 0};
      place_in_line(part, run, bytes, {begin, at, first, last});
      body(part, *segment);
    }
  }
}

void RaceBlock::touch_line(Warp& warp, const Touch& touch, const LinePart& part,
                           const Segment& segment) {
  RaceLine& line = part.line;
  if (line.cells == nullptr) {
    if (touch.writes ? note_write(line, part.now) : note_read(line, part.now)) return;
    expand(line, segment.base == kSharedWindow ? shared_cells_ : launch_.cells());
  } else if (collapse(line, part.now)) {
    return;
  }
  for_each_lane(part.lanes, [&](int lane) {
    touch_lane({warp, lane, touch.address[lane]}, touch, line.cells, segment);
  });
}

void RaceBlock::touch(Warp& warp, const Touch& touch) {
  std::mutex* held = nullptr;
  for_each_part(warp, warp.mask, touch, [&](const LinePart& part, const Segment& segment) {
    std::mutex* stripe = segment.base == kSharedWindow ? nullptr : &launch_.stripe(part.base);
    if (stripe != held) {
      if (held != nullptr) held->unlock();
      if (stripe != nullptr) stripe->lock();
      held = stripe;
    }
    touch_line(warp, touch, part, segment);
  });
  if (held != nullptr) held->unlock();
}

void RaceBlock::acquire(Clock& clock) {
  join(clock.known, clock.pending);
  clock.pending = {};
}

void RaceBlock::receive_shared(Clock& clock, std::uint64_t address) const {
  const auto found = shared_messages_.find(address);
  if (found != shared_messages_.end()) join(clock.pending, found->second);
}

void RaceBlock::send_shared(const Clock& clock, std::uint64_t address) {
  Knowledge& message = shared_messages_[address];
  join(message, clock.fenced);
  join(message.near, clock.fenced_near);
}

void RaceBlock::receive_global(Clock& clock, std::uint64_t address) const {
  const Message message = launch_.receive(address);
  join(clock.pending.far, message.far);
  const auto inside = message.inside.find(index_);
  if (inside != message.inside.end()) join(clock.pending.near, inside->second);
}

void RaceBlock::send_global(const Clock& clock, std::uint64_t address) {
  Message message;
  auto far = std::make_shared<FarTicks>(clock.fenced.far ? *clock.fenced.far : FarTicks{});
  far->blocks[index_] = clock.fenced.near;
  message.far = std::move(far);
  message.inside[index_] = clock.fenced.near;
  join(message.inside[index_], clock.fenced_near);
  launch_.send(address, message);
}

void RaceBlock::exchange(Warp& warp, const Touch& touch) {
  Clock& clock = clocks_[warp.index];
  const std::uint8_t order = launch_.order(warp.pc);
  if ((order & kOrderRelease) != 0) fence(warp);
  const bool sends = touch.writes && (!clock.fenced.near.empty() || !clock.fenced_near.empty());
  for_each_lane(warp.mask, [&](int lane) {
    const std::uint64_t address = touch.address[lane];
    if (slot_of(address) == slot_of(kSharedWindow)) {
      if (touch.reads) receive_shared(clock, address);
      if (sends) send_shared(clock, address);
      return;
    }
    if (touch.reads && launch_.has_messages()) receive_global(clock, address);
    if (sends) send_global(clock, address);
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

void RaceBlock::copied(const Warp& warp, std::uint32_t lanes, const Touch& touch) {
  const std::uint32_t tick = clocks_[warp.index].now;
  for_each_part(warp, lanes, touch, [&](const LinePart& part, const Segment&) {
    RaceLine& line = part.line;
    if (line.cells == nullptr) {
      LineRecord& writer = line.writer;
      if ((writer.flags & kAccessPending) == 0 || (writer.bytes & part.now.bytes) == 0) return;
      if ((writer.bytes & ~part.now.bytes) == 0) {
        writer.flags &= static_cast<std::uint8_t>(~kAccessPending);
        writer.tick = tick;
        return;
      }
      expand(line, shared_cells_);
    }
    for (std::uint64_t i = 0; i < kLineCells; ++i) {
      AccessRecord& writer = line.cells[i].writer;
      const std::uint64_t bytes = part.now.bytes >> (i * kCellBytes) & 0xF;
      if ((writer.flags & kAccessPending) == 0 || (writer.bytes & bytes) == 0) continue;
      writer.flags &= static_cast<std::uint8_t>(~kAccessPending);
      writer.tick = tick;
    }
  });
}

}  // namespace fitest::ptx
