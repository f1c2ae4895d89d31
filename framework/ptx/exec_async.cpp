// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_async.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ptx/execution.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"
#include "ptx/profile.h"
#include "ptx/race.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

// Does what `lanes` of a copy have queued.
void perform(const Warp& warp, AsyncCopy& copy, std::uint32_t lanes) {
  for_each_lane(copy.lanes & lanes, [&](int lane) {
    if (warp.races != nullptr) {
      const auto offset = static_cast<std::uint64_t>(copy.to[lane] - warp.shared->data);
      warp.races->copied(warp, kSharedWindow + offset, copy.bytes);
    }
    const std::size_t read = copy.read_bytes[lane];
    if (read != 0) std::memcpy(copy.to[lane], copy.from[lane], read);
    std::memset(copy.to[lane] + read, 0, copy.bytes - read);
  });
  copy.lanes &= ~lanes;
}

void perform_all(Warp& warp, std::uint32_t lanes) {
  for (AsyncCopy& copy : warp.copies) perform(warp, copy, lanes);
  std::erase_if(warp.copies, [](const AsyncCopy& copy) { return copy.lanes == 0; });
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
  warp.mask = copy.lanes;
  warp.copies.push_back(copy);
  return Step::Next;
}

Step commit_copies(Warp& warp, const Op&) {
  for_each_lane(warp.mask, [&](int lane) { ++warp.copy_groups[lane]; });
  return Step::Next;
}

Step wait_copies(Warp& warp, const Op& op) {
  if (op.imm < 0) {
    perform_all(warp, warp.mask);
    return Step::Next;
  }
  const auto pending = static_cast<std::uint32_t>(op.imm);
  for (AsyncCopy& copy : warp.copies) {
    std::uint32_t due = 0;
    for_each_lane(copy.lanes & warp.mask, [&](int lane) {
      // Groups are numbered from 0; copy_groups is the number of the one not yet committed.
      if (copy.group[lane] + pending < warp.copy_groups[lane]) due |= 1u << lane;
    });
    perform(warp, copy, due);
  }
  std::erase_if(warp.copies, [](const AsyncCopy& copy) { return copy.lanes == 0; });
  return Step::Next;
}

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

Step update_mbarrier(Warp& warp, const Op& op) {
  const auto action = static_cast<MbarrierAction>(op.aux);
  if (action == MbarrierAction::ArriveCopies || action == MbarrierAction::KeepCopies) {
    perform_all(warp, warp.mask);
  }
  std::uint64_t address[kLanes] = {};
  std::uint8_t* place[kLanes] = {};
  const std::uint32_t lanes = warp.mask;
  for_each_lane(lanes, [&](int lane) { address[lane] = lane_address(warp, op, lane); });
  if (!locate_lanes(warp, op, address, place)) return Step::Fault;
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
    if (warp.races != nullptr) warp.races->arrive_at(warp, address[lane]);
    if (op.d != kNoRef) row64(warp, op.d)[lane] = old;
  }
  return Step::Next;
}

Step test_mbarrier(Warp& warp, const Op& op) {
  std::uint64_t address[kLanes] = {};
  std::uint8_t* place[kLanes] = {};
  for_each_lane(warp.mask, [&](int lane) { address[lane] = lane_address(warp, op, lane); });
  if (!locate_lanes(warp, op, address, place)) return Step::Fault;
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
