// SPDX-License-Identifier: Apache-2.0
#include "ptx/memory_access.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <utility>

#include "ptx/block.h"
#include "ptx/execution.h"
#include "ptx/lanes.h"
#include "ptx/race.h"

namespace fitest::ptx {
namespace {

// Accesses below this are most likely members of a null pointer.
constexpr std::uint64_t kNullPage = 4096;

struct Access {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  bool writes = false;
  bool reads = true;
  bool observes = false;  // what it reads has an effect at once
  const char* verb() const { return writes ? (reads ? "atomic access" : "store") : "load"; }
};

// The segment whose slot the address lies in; windows give the lane's own.
Segment segment_for(const Warp& warp, int lane, std::uint64_t address) {
  const std::uint64_t slot = slot_of(address);
  if (slot == slot_of(kSharedWindow)) return *warp.shared;
  if (slot == slot_of(kParamWindow)) return *warp.parameters;
  if (slot == slot_of(kLocalWindow)) {
    Segment local;
    local.data = const_cast<std::uint8_t*>(warp.local.data()) +
                 std::size_t{warp.local_stride} * static_cast<std::size_t>(lane);
    local.base = kLocalWindow;
    local.size = warp.local_stride;
    if (!warp.local_written.empty()) {
      local.written = const_cast<std::uint8_t*>(warp.local_written.data()) +
                      std::size_t{warp.local_stride} * static_cast<std::size_t>(lane);
    }
    return local;
  }
  const Segment* segment = warp.execution->setup().memory->find(address);
  return segment != nullptr ? *segment : Segment{};
}

std::string segment_name(const Warp& warp, const Segment& segment) {
  if (segment.base == kSharedWindow) return "shared memory";
  if (segment.base == kLocalWindow) return "local memory";
  if (segment.base == kParamWindow) return "kernel parameters";
  return warp.execution->setup().memory->name(segment);
}

std::string place_text(const std::string& name, std::int64_t offset) {
  return fmt::format("{}{}{}", name, offset < 0 ? "-" : "+", offset < 0 ? -offset : offset);
}

// What a lane did where; no segment: at an address that none has.
struct Accident {
  int lane;
  FaultKind kind;
  const Segment* segment;
  std::uint64_t address;
};

void raise_at(Warp& warp, const Accident& accident, std::string message) {
  warp.mask = 1u << accident.lane;
  Fault fault = fault_at(warp, accident.kind, std::move(message));
  if (accident.segment != nullptr) {
    fault.buffer = segment_name(warp, *accident.segment);
    fault.offset = static_cast<std::int64_t>(accident.address - accident.segment->base);
  }
  warp.execution->raise(std::move(fault));
}

void raise_unmapped(Warp& warp, int lane, const Access& access) {
  if (access.address < kNullPage) {
    raise_at(warp, {lane, FaultKind::NullPointer, nullptr, 0},
             fmt::format("{} of {} bytes at address {:#x}", access.verb(), access.bytes,
                         access.address));
    return;
  }
  raise_at(warp, {lane, FaultKind::OutOfBounds, nullptr, 0},
           fmt::format("{} of {} bytes at address {:#x}, which no buffer has", access.verb(),
                       access.bytes, access.address));
}

void raise_outside(Warp& warp, int lane, const Access& access, const Segment& segment) {
  const auto offset = static_cast<std::int64_t>(access.address - segment.base);
  const auto size = static_cast<std::int64_t>(segment.size);
  const std::string name = segment_name(warp, segment);
  const std::string where =
      offset < 0       ? fmt::format("{} bytes before its begin", -offset)
      : offset >= size ? fmt::format("{} bytes past its end", offset - size)
                       : fmt::format("{} bytes beyond its end",
                                     offset + static_cast<std::int64_t>(access.bytes) - size);
  raise_at(warp, {lane, FaultKind::OutOfBounds, &segment, access.address},
           fmt::format("{} of {} bytes at {}, {} ({} bytes)", access.verb(), access.bytes,
                       place_text(name, offset), where, size));
}

bool check_written(Warp& warp, int lane, const Access& access, const Segment& segment) {
  const std::uint64_t offset = access.address - segment.base;
  if (std::memchr(segment.written + offset, 0, access.bytes) == nullptr) return true;
  const std::uint32_t mask = std::exchange(warp.mask, 1u << lane);
  Fault fault = fault_at(
      warp, FaultKind::Uninitialized,
      fmt::format("{} of {} bytes at {}, which nothing has written", access.verb(), access.bytes,
                  place_text(segment_name(warp, segment), static_cast<std::int64_t>(offset))));
  warp.mask = mask;
  fault.buffer = segment_name(warp, segment);
  fault.offset = static_cast<std::int64_t>(offset);
  warp.execution->note(std::move(fault));
  return false;
}

// Null once the Fault is raised.
std::uint8_t* locate_one(Warp& warp, int lane, const Access& access) {
  const Segment segment = segment_for(warp, lane, access.address);
  if (segment.data == nullptr) {
    raise_unmapped(warp, lane, access);
    return nullptr;
  }
  const std::uint64_t offset = access.address - segment.base;
  if (offset > segment.size || segment.size - offset < access.bytes) {
    raise_outside(warp, lane, access, segment);
    return nullptr;
  }
  if (access.writes && !segment.writable) {
    raise_at(
        warp, {lane, FaultKind::ReadOnlyWrite, &segment, access.address},
        fmt::format("{} of {} bytes at {}, which the kernel may only read", access.verb(),
                    access.bytes,
                    place_text(segment_name(warp, segment), static_cast<std::int64_t>(offset))));
    return nullptr;
  }
  const bool tracked = segment.written != nullptr;
  if (tracked && access.reads && (warp.checks & kCheckInit) != 0) {
    if (!access.observes) {
      warp.met_unwritten =
          warp.met_unwritten || std::memchr(segment.written + offset, 0, access.bytes) != nullptr;
    } else if (!check_written(warp, lane, access, segment)) {
      std::memset(segment.written + offset, 1, access.bytes);  // once is enough
    }
  }
  if (access.writes && tracked) {
    std::memset(segment.written + offset, 1, access.bytes);
  }
  return segment.data + offset;
}

Access access_of(const Op& op, std::uint64_t address) {
  Access access;
  access.address = address;
  access.bytes = op.bytes;
  access.writes = (op.flags & kOpWrites) != 0;
  access.reads = (op.flags & kOpReads) != 0;
  access.observes = access.writes || (op.flags & kOpObserves) != 0;
  return access;
}

}  // namespace

bool locate_lanes(Warp& warp, const Op& op, const std::uint64_t* address, std::uint8_t** place) {
  for (std::uint32_t rest = warp.mask; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    const Access access = access_of(op, address[lane]);
    if (op.bytes > 1 && (address[lane] & (op.bytes - 1u)) != 0) {
      const Segment segment = segment_for(warp, lane, address[lane]);
      const bool known = segment.data != nullptr;
      raise_at(
          warp, {lane, FaultKind::Misaligned, known ? &segment : nullptr, address[lane]},
          fmt::format("{} of {} bytes at {}, which is not a multiple of {}", access.verb(),
                      access.bytes,
                      known ? place_text(segment_name(warp, segment),
                                         static_cast<std::int64_t>(address[lane] - segment.base))
                            : fmt::format("address {:#x}", address[lane]),
                      access.bytes));
      return false;
    }
    place[lane] = locate_one(warp, lane, access);
    if (place[lane] == nullptr) return false;
  }
  return true;
}

void note_access(Warp& warp, const Op& op, const std::uint8_t* fresh) {
  std::uint64_t address[kLanes] = {};
  baseline::for_each_lane(
      warp.mask, [&](int lane) { address[lane] = baseline::lane_address(warp, op, lane); });
  Touch touch;
  touch.address = address;
  touch.bytes = op.bytes;
  touch.reads = (op.flags & kOpReads) != 0;
  touch.writes = (op.flags & kOpWrites) != 0;
  touch.strong = (op.flags & (kOpStrong | kOpAcquire | kOpRelease)) != 0;
  touch.fresh = fresh;
  warp.races->touch(warp, touch);
  if (touch.strong) warp.races->exchange(warp, touch);
}

PlaceName name_place(const Warp& warp, int lane, std::uint64_t address) {
  const Segment segment = segment_for(warp, lane, address);
  if (segment.data == nullptr) return {"memory that is no more there", 0};
  return {segment_name(warp, segment), static_cast<std::int64_t>(address - segment.base)};
}

std::uint8_t* written_at(const Warp& warp, int lane, std::uint64_t address) {
  const Segment segment = segment_for(warp, lane, address);
  return segment.written == nullptr ? nullptr : segment.written + (address - segment.base);
}

bool is_output(const Warp& warp, std::uint64_t address) {
  const Segment* segment = warp.execution->setup().memory->find(address);
  return segment != nullptr && segment->is_output;
}

const std::uint8_t* locate_bytes(Warp& warp, int lane, std::uint64_t address, std::size_t bytes) {
  Access access;
  access.address = address;
  access.bytes = bytes;
  access.observes = true;
  return locate_one(warp, lane, access);
}

std::size_t readable_bytes(const Warp& warp, int lane, std::uint64_t address) {
  const Segment segment = segment_for(warp, lane, address);
  const std::uint64_t offset = address - segment.base;
  return segment.data == nullptr || offset > segment.size ? 0 : segment.size - offset;
}

}  // namespace fitest::ptx
