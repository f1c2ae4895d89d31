// SPDX-License-Identifier: Apache-2.0
// The 64-bit generic addresses of the virtual device and what lies behind them.
//
// The address space is cut into slots of 4 GiB. A segment (a buffer, or a module variable) starts
// 1 GiB into a slot of its own, so that an access that leaves it by less than that still names it.
// Slots below kFirstSlot are windows: shared, local and kernel parameters differ from thread to
// thread, and function "addresses" are only called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest::ptx {

inline constexpr unsigned kSlotBits = 32;
inline constexpr std::uint64_t kSlotCount = 1 << 15;
inline constexpr std::uint64_t kSharedWindow = std::uint64_t{1} << kSlotBits;
inline constexpr std::uint64_t kLocalWindow = std::uint64_t{2} << kSlotBits;
inline constexpr std::uint64_t kParamWindow = std::uint64_t{3} << kSlotBits;
inline constexpr std::uint64_t kFunctionWindow = std::uint64_t{4} << kSlotBits;
inline constexpr std::uint64_t kFirstSlot = 16;
inline constexpr std::uint64_t kSegmentStart = std::uint64_t{1} << 30;

constexpr std::uint64_t slot_of(std::uint64_t address) {
  return address >> kSlotBits;
}

// Bytes with one bounds check. A plain record, so that vector code can read it.
struct Segment {
  std::uint8_t* data = nullptr;
  std::uint64_t base = 0;  // generic address of data[0]
  std::uint64_t size = 0;
  // One byte per byte, 1 once written; null when everything is initialised.
  std::uint8_t* written = nullptr;
  bool writable = true;
  bool is_output = false;
  std::uint32_t index = 0;  // in AddressSpace, for names
};

struct FreeHostBytes {
  void operator()(std::uint8_t* bytes) const noexcept { std::free(bytes); }
};
using HostBytes = std::unique_ptr<std::uint8_t, FreeHostBytes>;

// Owns the segments that live in global and constant memory.
class AddressSpace {
 public:
  explicit AddressSpace(std::size_t capacity_bytes);

  // Throws Error (Environment) when the capacity or the host's memory is exhausted.
  Segment* allocate(const BufferSpec& spec);
  void release(Segment* segment);

  // Marks all of the segment uninitialised, or initialised.
  void forget(Segment& segment);
  void mark_written(Segment& segment);
  // Read-only when it is an Input (kernels), writable while the host fills it.
  static std::uint64_t unwritten_bytes(const Segment& segment);

  // Null where nothing is mapped. Valid for address < kSlotCount << kSlotBits.
  const Segment* const* slots() const { return slots_.data(); }
  const Segment* find(std::uint64_t address) const {
    return slot_of(address) < kSlotCount ? slots_[slot_of(address)] : nullptr;
  }
  std::string name(const Segment& segment) const;
  std::size_t used_bytes() const { return used_; }

 private:
  struct Entry {
    Segment segment;
    std::string name;
    HostBytes storage;
    HostBytes written;
    std::uint64_t slot_count = 0;
  };
  std::uint64_t find_slots(std::uint64_t count) const;

  std::size_t capacity_;
  std::size_t used_ = 0;
  mutable std::mutex mutex_;  // device malloc() allocates while others look names up
  std::uint64_t next_slot_ = kFirstSlot;
  std::vector<const Segment*> slots_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace fitest::ptx
