// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_async.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ptx/block.h"
#include "ptx/execution.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"
#include "ptx/profile.h"
#include "ptx/race.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

void erase_done(std::vector<AsyncCopy>& copies) {
  std::erase_if(copies, [](const AsyncCopy& copy) { return copy.lanes == 0; });
}

// Does what `lanes` of a copy have queued.
void perform(const Warp& warp, AsyncCopy& copy, std::uint32_t lanes) {
  lanes &= copy.lanes;
  if (lanes == 0) return;
  if (warp.races != nullptr) {
    std::array<std::uint64_t, kLanes> address{};
    for_each_lane(lanes, [&](int lane) {
      address[lane] = kSharedWindow + static_cast<u64>(copy.to[lane] - warp.shared->data);
    });
    Touch touch;
    touch.address = address.data();
    touch.bytes = copy.bytes;
    warp.races->copied(warp, lanes, touch);
  }
  for_each_lane(lanes, [&](int lane) {
    const std::size_t read = copy.read_bytes[lane];
    if (read != 0) std::memcpy(copy.to[lane], copy.from[lane], read);
    std::memset(copy.to[lane] + read, 0, copy.bytes - read);
    if (warp.shared->written == nullptr || copy.from_written[lane] == nullptr) return;
    std::memcpy(warp.shared->written + (copy.to[lane] - warp.shared->data), copy.from_written[lane],
                read);
  });
  copy.lanes &= ~lanes;
}

}  // namespace

Step copy_async(Warp& warp, const Op& op) {
  AsyncCopy copy;
  copy.lanes = warp.mask;
  copy.bytes = op.bytes;
  std::uint64_t address[kLanes] = {};
  for_each_lane(warp.mask, [&](int lane) {
    address[lane] = lane_address(warp, op, lane);
    copy.read_bytes[lane] = op.bytes;
    if (op.e != kNoRef) {
      copy.read_bytes[lane] =
          static_cast<std::uint8_t>(std::min<u32>(op.bytes, row32(warp, op.e)[lane]));
    }
    copy.group[lane] = warp.copy_groups[lane];
  });
  Op writes = op;
  writes.flags = kOpWrites;
  if (!locate_lanes(warp, writes, address, copy.to.data())) return Step::Fault;
  if (warp.races != nullptr) {
    Touch touch;
    touch.address = address;
    touch.bytes = op.bytes;
    touch.writes = touch.pending = true;
    warp.races->touch(warp, touch);
  }
  if (warp.profile != nullptr) warp.profile->access({address, copy.lanes, op.bytes}, kOpWrites);
  std::uint32_t empty = 0;
  for_each_lane(copy.lanes, [&](int lane) {
    if (copy.read_bytes[lane] == 0) empty |= 1u << lane;
    address[lane] =
        row64(warp, op.b)[lane] + static_cast<u64>(static_cast<s64>(static_cast<s32>(op.aux)));
  });
  Op reads = op;
  reads.flags = kOpReads;
  warp.mask = copy.lanes & ~empty;
  if (warp.mask != 0 && !locate_lanes(warp, reads, address, copy.from.data())) return Step::Fault;
  if (warp.races != nullptr && warp.mask != 0) {
    Touch touch;
    touch.address = address;
    touch.bytes = op.bytes;
    touch.reads = true;
    warp.races->touch(warp, touch);
  }
  if (warp.profile != nullptr && warp.mask != 0) {
    warp.profile->access({address, warp.mask, op.bytes}, kOpReads);
  }
  if (warp.defined != nullptr) {
    for_each_lane(warp.mask, [&](int lane) {
      copy.from_written[lane] = written_at(warp, lane, address[lane]);
    });
  }
  warp.mask = copy.lanes;
  warp.copies.push_back(copy);
  return Step::Next;
}

Step commit_copies(Warp& warp, const Op&) {
  for_each_lane(warp.mask, [&](int lane) { ++warp.copy_groups[lane]; });
  return Step::Next;
}

namespace {

// Does the copies of warp.mask's threads that belong to old enough groups.
void perform_due(const Warp& warp, std::vector<AsyncCopy>& copies, std::int64_t may_be_pending) {
  for (AsyncCopy& copy : copies) {
    std::uint32_t due = may_be_pending < 0 ? warp.mask : 0;
    for_each_lane(may_be_pending < 0 ? 0 : copy.lanes & warp.mask, [&](int lane) {
      // Groups are numbered from 0; copy_groups is the number of the one not yet committed.
      if (copy.group[lane] + may_be_pending < warp.copy_groups[lane]) due |= 1u << lane;
    });
    perform(warp, copy, due);
  }
  erase_done(copies);
}

}  // namespace

namespace {

// An mbarrier object. Its 64 bits are opaque to kernels.
struct Mbarrier {
  u32 pending = 0;   // arrivals missing in this phase, 20 bits
  u32 expected = 0;  // arrivals of every phase, 20 bits
  s32 bytes = 0;     // of transactions not yet complete, 22 bits
  u32 phase = 0;     // 1 bit

  static Mbarrier unpack(u64 word) {
    Mbarrier barrier;
    barrier.pending = static_cast<u32>(word & 0xFFFFF);
    barrier.expected = static_cast<u32>((word >> 20) & 0xFFFFF);
    barrier.bytes = static_cast<s32>(static_cast<u32>(word >> 40 & 0x3FFFFF) << 10) / 1024;
    barrier.phase = static_cast<u32>(word >> 62 & 1);
    return barrier;
  }
  u64 pack() const {
    return u64{pending} | u64{expected} << 20 | (static_cast<u64>(bytes) & 0x3FFFFF) << 40 |
           u64{phase} << 62;
  }
  void advance() {
    if (pending != 0 || bytes != 0) return;
    phase ^= 1;
    pending = expected;
  }
};

u64 read_word(const std::uint8_t* place) {
  u64 word = 0;
  std::memcpy(&word, place, sizeof word);
  return word;
}

// False: more arrivals than the phase expects.
bool apply(Mbarrier& barrier, MbarrierAction action, u32 value) {
  switch (action) {
    case MbarrierAction::Init:
      barrier = {value, value, 0, 0};
      return true;
    case MbarrierAction::Invalidate:
      barrier = {};
      return true;
    case MbarrierAction::KeepCopies:
      ++barrier.pending;
      return true;
    case MbarrierAction::Expect:
      barrier.bytes += static_cast<s32>(value);
      return true;
    case MbarrierAction::Complete:
      barrier.bytes -= static_cast<s32>(value);
      barrier.advance();
      return true;
    case MbarrierAction::ArriveExpect:
      barrier.bytes += static_cast<s32>(value);
      value = 1;
      break;
    case MbarrierAction::ArriveDrop:
      barrier.expected -= std::min(value, barrier.expected);
      break;
    case MbarrierAction::Arrive:
    case MbarrierAction::ArriveCopies:
      break;
  }
  if (barrier.pending < value) return false;
  barrier.pending -= value;
  barrier.advance();
  return true;
}

}  // namespace

namespace {

// False once the Fault is raised.
bool arrive_once(Warp& warp, int lane, const DeferredArrival& arrival) {
  Mbarrier barrier = Mbarrier::unpack(read_word(arrival.place[lane]));
  if (!apply(barrier, MbarrierAction::Arrive, 1)) {
    warp.pc = arrival.pc;
    warp.mask = 1u << lane;
    raise(warp, FaultKind::Barrier,
          fmt::format("an arrival at an mbarrier whose phase expects no more of its {}",
                      barrier.expected));
    return false;
  }
  const u64 word = barrier.pack();
  std::memcpy(arrival.place[lane], &word, sizeof word);
  if (warp.races != nullptr) warp.races->arrive_at(warp, arrival.address[lane]);
  return true;
}

// Finishes those of `lanes` of a deferred arrival; false once a Fault is raised.
bool finish(DeferredArrival& arrival, std::uint32_t lanes) {
  Warp& warp = *arrival.warp;
  lanes &= arrival.lanes;
  for (AsyncCopy& copy : arrival.copies) perform(warp, copy, lanes);
  erase_done(arrival.copies);
  arrival.lanes &= ~lanes;
  for (std::uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
    if (!arrive_once(warp, std::countr_zero(rest), arrival)) return false;
  }
  return true;
}

void erase_finished(Block& block) {
  std::erase_if(block.deferred(),
                [](const DeferredArrival& arrival) { return arrival.lanes == 0; });
}

// What signals the mbarrier at this address is done now.
bool finish_arrivals_at(Block& block, std::uint64_t address) {
  for (DeferredArrival& arrival : block.deferred()) {
    std::uint32_t lanes = 0;
    for_each_lane(arrival.lanes, [&](int lane) {
      lanes |= static_cast<std::uint32_t>(arrival.address[lane] == address) << lane;
    });
    if (lanes != 0 && !finish(arrival, lanes)) return false;
  }
  erase_finished(block);
  return true;
}

// Lanes of an arrival whose copies are all done.
std::uint32_t lanes_without_copies(const DeferredArrival& arrival) {
  std::uint32_t busy = 0;
  for (const AsyncCopy& copy : arrival.copies) busy |= copy.lanes;
  return arrival.lanes & ~busy;
}

// cp.async.mbarrier.arrive: the threads' queued copies belong to it from here on.
void defer_arrival(Warp& warp, const std::uint64_t* address, std::uint8_t* const* place) {
  DeferredArrival arrival;
  arrival.warp = &warp;
  arrival.lanes = warp.mask;
  arrival.pc = warp.pc;
  std::copy_n(address, kLanes, arrival.address.begin());
  std::copy_n(place, kLanes, arrival.place.begin());
  for (AsyncCopy& copy : warp.copies) {
    if ((copy.lanes & warp.mask) == 0) continue;
    arrival.copies.push_back(copy);
    arrival.copies.back().lanes &= warp.mask;
    copy.lanes &= ~warp.mask;
  }
  erase_done(warp.copies);
  warp.block->deferred().push_back(std::move(arrival));
}

}  // namespace

Step wait_copies(Warp& warp, const Op& op) {
  const std::uint32_t lanes = warp.mask;
  for (DeferredArrival& arrival : warp.block->deferred()) {
    if (arrival.warp != &warp) continue;
    perform_due(warp, arrival.copies, op.imm);
    const std::uint32_t done = lanes_without_copies(arrival) & lanes;
    if (done != 0 && !finish(arrival, done)) return Step::Fault;
  }
  erase_finished(*warp.block);
  perform_due(warp, warp.copies, op.imm);
  return Step::Next;
}

Step update_mbarrier(Warp& warp, const Op& op) {
  const auto action = static_cast<MbarrierAction>(op.aux);
  std::uint64_t address[kLanes] = {};
  std::uint8_t* place[kLanes] = {};
  const std::uint32_t lanes = warp.mask;
  for_each_lane(lanes, [&](int lane) { address[lane] = lane_address(warp, op, lane); });
  if (!locate_lanes(warp, op, address, place)) return Step::Fault;
  const bool defers =
      action == MbarrierAction::ArriveCopies || action == MbarrierAction::KeepCopies;
  if (defers) defer_arrival(warp, address, place);
  if (action == MbarrierAction::ArriveCopies) return Step::Next;
  for (std::uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const u64 old = read_word(place[lane]);
    Mbarrier barrier = Mbarrier::unpack(old);
    if (!apply(barrier, action, op.b == kNoRef ? 1 : row32(warp, op.b)[lane])) {
      warp.mask = 1u << lane;
      return raise(warp, FaultKind::Barrier,
                   fmt::format("an arrival at an mbarrier whose phase expects no more of its {}",
                               barrier.expected));
    }
    const u64 word = barrier.pack();
    std::memcpy(place[lane], &word, sizeof word);
    if (warp.races != nullptr && !defers) warp.races->arrive_at(warp, address[lane]);
    if (op.d != kNoRef) row64(warp, op.d)[lane] = old;
  }
  return Step::Next;
}

Step test_mbarrier(Warp& warp, const Op& op) {
  std::uint64_t address[kLanes] = {};
  std::uint8_t* place[kLanes] = {};
  for_each_lane(warp.mask, [&](int lane) { address[lane] = lane_address(warp, op, lane); });
  if (!locate_lanes(warp, op, address, place)) return Step::Fault;
  for (std::uint32_t rest = warp.mask; rest != 0; rest &= rest - 1) {
    if (warp.block->deferred().empty()) break;
    if (!finish_arrivals_at(*warp.block, address[std::countr_zero(rest)])) return Step::Fault;
  }
  std::uint32_t complete = 0;
  for_each_lane(warp.mask, [&](int lane) {
    const u32 waited =
        op.aux != 0 ? row32(warp, op.b)[lane] & 1 : Mbarrier::unpack(row64(warp, op.b)[lane]).phase;
    const u32 phase = Mbarrier::unpack(read_word(place[lane])).phase;
    complete |= static_cast<u32>(phase != waited) << lane;
    if (phase != waited && warp.races != nullptr) warp.races->passed(warp, address[lane]);
  });
  set_predicate(warp, op.d, complete);
  return complete == warp.mask ? Step::Next : Step::Yield;
}

Step mbarrier_pending(Warp& warp, const Op& op) {
  const Source<u64> state(warp, op.a);
  write_lanes<u32>(warp, op.d, [&](int i) { return Mbarrier::unpack(state[i]).pending; });
  return Step::Next;
}

}  // namespace fitest::ptx
