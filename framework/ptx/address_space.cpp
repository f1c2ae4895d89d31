// SPDX-License-Identifier: Apache-2.0
#include "ptx/address_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace fitest::ptx {
namespace {

// Vector code may read a whole row at the end of a segment.
constexpr std::size_t kPadding = 64;

// Pages that nobody touches cost nothing. Null when there is no memory.
HostBytes zeroed_bytes(std::size_t size) {
  return HostBytes(static_cast<std::uint8_t*>(std::calloc(size + kPadding, 1)));
}

}  // namespace

AddressSpace::AddressSpace(std::size_t capacity_bytes)
    : capacity_(capacity_bytes), slots_(kSlotCount, nullptr) {}

std::uint64_t AddressSpace::find_slots(std::uint64_t count) const {
  for (std::uint64_t tried = 0; tried < 2; ++tried) {
    std::uint64_t free_run = 0;
    for (std::uint64_t slot = tried == 0 ? next_slot_ : kFirstSlot; slot < kSlotCount; ++slot) {
      free_run = slots_[slot] == nullptr ? free_run + 1 : 0;
      if (free_run == count) return slot + 1 - count;
    }
  }
  fail(ErrorKind::Environment, "the virtual device has no room for another buffer");
}

Segment* AddressSpace::allocate(const BufferSpec& spec) {
  const std::lock_guard lock(mutex_);
  if (spec.size_bytes > capacity_ - std::min(capacity_, used_)) {
    fail(ErrorKind::Environment,
         fmt::format("the virtual device cannot allocate {} bytes for {}: {} of its {} are in use",
                     spec.size_bytes, spec.name, used_, capacity_));
  }
  auto entry = std::make_unique<Entry>();
  entry->storage = zeroed_bytes(spec.size_bytes);
  if (!entry->storage) {
    fail(ErrorKind::Environment,
         fmt::format("the host has no memory for {} ({} bytes)", spec.name, spec.size_bytes));
  }
  entry->name = spec.name;
  entry->slot_count = slot_of(kSegmentStart + spec.size_bytes) + 1;
  const std::uint64_t slot = find_slots(entry->slot_count);
  Segment& segment = entry->segment;
  segment.data = entry->storage.get();
  segment.base = (slot << kSlotBits) + kSegmentStart;
  segment.size = spec.size_bytes;
  segment.writable = spec.access != Access::Input;
  segment.is_output = spec.access == Access::Output;
  segment.index = static_cast<std::uint32_t>(entries_.size());
  for (std::uint64_t i = 0; i < entry->slot_count; ++i) slots_[slot + i] = &segment;
  next_slot_ = slot + entry->slot_count;
  used_ += spec.size_bytes;
  entries_.push_back(std::move(entry));
  return &entries_.back()->segment;
}

void AddressSpace::release(Segment* segment) {
  const std::lock_guard lock(mutex_);
  const std::unique_ptr<Entry> entry = std::move(entries_[segment->index]);
  const std::uint64_t slot = slot_of(segment->base);
  for (std::uint64_t i = 0; i < entry->slot_count; ++i) slots_[slot + i] = nullptr;
  used_ -= segment->size;
  while (!entries_.empty() && !entries_.back()) entries_.pop_back();
}

void AddressSpace::forget(Segment& segment) {
  Entry& entry = *entries_[segment.index];
  if (!entry.written) {
    entry.written = zeroed_bytes(segment.size);
    if (!entry.written) {
      fail(
          ErrorKind::Environment,
          fmt::format("the host has no memory to track which bytes of {} are written", entry.name));
    }
  } else {
    std::memset(entry.written.get(), 0, segment.size);
  }
  segment.written = entry.written.get();
}

void AddressSpace::mark_written(Segment& segment) {
  segment.written = nullptr;
}

std::uint64_t AddressSpace::unwritten_bytes(const Segment& segment) {
  if (segment.written == nullptr) return 0;
  return static_cast<std::uint64_t>(
      std::count(segment.written, segment.written + segment.size, std::uint8_t{0}));
}

std::string AddressSpace::name(const Segment& segment) const {
  const std::lock_guard lock(mutex_);
  return entries_[segment.index]->name;
}

}  // namespace fitest::ptx
