// SPDX-License-Identifier: Apache-2.0
// ld and st: where the lanes of an access point, and the transfer.
#include <atomic>

#include "ptx/exec.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

// How the lanes' places relate; only known when all lanes are active.
enum class Pattern : std::uint8_t { Scattered, Contiguous, Uniform };

// Generic addresses of all lanes.
inline void gather_addresses(const Warp& warp, const Op& op, std::uint64_t* address) {
  const std::uint64_t offset = static_cast<std::uint64_t>(op.imm);
  if ((op.flags & kOpAddress32) != 0) {
    const std::uint32_t* row = row32(warp, op.a);
    for (int i = 0; i < kLanes; ++i) address[i] = row[i] + offset;
  } else {
    const std::uint64_t* row = row64(warp, op.a);
    for (int i = 0; i < kLanes; ++i) address[i] = row[i] + offset;
  }
}

// The one segment that all active lanes hit with aligned addresses, or null.
inline const Segment* common_segment(const Warp& warp, const Op& op, const std::uint64_t* address) {
  const std::uint64_t first = address[std::countr_zero(warp.mask)];
  const Segment* segment = nullptr;
  if (slot_of(first) == slot_of(kSharedWindow)) {
    segment = warp.shared;
  } else if (slot_of(first) == slot_of(kParamWindow)) {
    segment = warp.parameters;
  } else if (slot_of(first) < kSlotCount) {
    segment = warp.slots[slot_of(first)];
  }
  if (segment == nullptr || segment->size < op.bytes) return nullptr;
  const std::uint64_t last = segment->size - op.bytes;
  const std::uint64_t unaligned = op.bytes - 1u;
  const std::uint64_t base = segment->base;
  std::uint64_t bad = 0;
  if (warp.mask == kAllLanes) {
    for (int i = 0; i < kLanes; ++i) {
      const std::uint64_t offset = address[i] - base;
      bad |= static_cast<std::uint64_t>(offset > last) | (offset & unaligned);
    }
  } else {
    for (int i = 0; i < kLanes; ++i) {
      const std::uint64_t offset = address[i] - base;
      const std::uint64_t wrong = static_cast<std::uint64_t>(offset > last) | (offset & unaligned);
      bad |= ((warp.mask >> i) & 1) != 0 ? wrong : 0;
    }
  }
  return bad == 0 ? segment : nullptr;
}

inline Pattern pattern_of(const Warp& warp, const Op& op, const std::uint64_t* address) {
  if (warp.mask != kAllLanes) return Pattern::Scattered;
  const std::uint64_t step = address[1] - address[0];
  if (step != 0 && step != op.bytes) return Pattern::Scattered;
  std::uint64_t different = 0;
  for (int i = 0; i < kLanes; ++i) {
    different |= address[i] - address[0] - step * static_cast<std::uint64_t>(i);
  }
  if (different != 0) return Pattern::Scattered;
  return step == 0 ? Pattern::Uniform : Pattern::Contiguous;
}

// Host addresses of the active lanes; only [first active] when not scattered.
struct Places {
  std::uint8_t* at[kLanes];
  Pattern pattern = Pattern::Scattered;
};

inline void mark_written(const Warp& warp, const Op& op, const Segment& segment,
                         const Places& places) {
  const auto mark = [&](const std::uint8_t* place, std::size_t bytes) {
    std::memset(segment.written + (place - segment.data), 1, bytes);
  };
  if (places.pattern == Pattern::Contiguous) {
    mark(places.at[0], std::size_t{kLanes} * op.bytes);
  } else {
    for_each_lane(warp.mask, [&](int lane) { mark(places.at[lane], op.bytes); });
  }
}

inline bool locate(Warp& warp, const Op& op, Places& places) {
  alignas(64) std::uint64_t address[kLanes];
  gather_addresses(warp, op, address);
  const Segment* segment = common_segment(warp, op, address);
  const bool stores = (op.flags & kOpWrites) != 0;
  if (segment == nullptr || (stores && !segment->writable)) {
    return locate_lanes(warp, op, address, places.at);
  }
  places.pattern = pattern_of(warp, op, address);
  const std::uintptr_t delta =
      reinterpret_cast<std::uintptr_t>(segment->data) - static_cast<std::uintptr_t>(segment->base);
  for (int i = 0; i < kLanes; ++i) {
    places.at[i] = reinterpret_cast<std::uint8_t*>(address[i] + delta);
  }
  if (segment->written != nullptr) {
    if (stores) {
      mark_written(warp, op, *segment, places);
    } else if ((warp.checks & kCheckInit) != 0) {
      return check_initialised(warp, op, *segment, address);
    }
  }
  return true;
}

template <class Memory, class CellType>
inline CellType read(const std::uint8_t* place) {
  Memory value;
  std::memcpy(&value, place, sizeof value);
  return static_cast<CellType>(value);
}

template <class CellType>
inline void fill_row(CellType* row, CellType value) {
  for (int i = 0; i < kLanes; ++i) row[i] = value;
}

// One element of every lane into a row; `delta` is the element's place in the vector.
template <class Memory, class CellType>
inline void load_row(const Warp& warp, const Places& places, CellType* row, std::size_t delta) {
  if (warp.mask == kAllLanes) {
    for (int i = 0; i < kLanes; ++i) row[i] = read<Memory, CellType>(places.at[i] + delta);
    return;
  }
  for_each_lane(warp.mask, [&](int i) { row[i] = read<Memory, CellType>(places.at[i] + delta); });
}

template <class Memory, class CellType, int N>
Step load(Warp& warp, const Op& op) {
  Places places;
  if (!locate(warp, op, places)) return Step::Fault;
  if constexpr (N == 1) {
    auto* row = reinterpret_cast<CellType*>(row_of(warp, op.d));
    if (places.pattern == Pattern::Contiguous && sizeof(Memory) == sizeof(CellType)) {
      std::memcpy(row, places.at[0], kLanes * sizeof(CellType));
    } else if (places.pattern == Pattern::Uniform) {
      fill_row(row, read<Memory, CellType>(places.at[0]));
    } else {
      load_row<Memory, CellType>(warp, places, row, 0);
    }
  } else {
    for (int j = 0; j < N; ++j) {
      auto* row = reinterpret_cast<CellType*>(row_of(warp, warp.lists[op.list + j]));
      const std::size_t delta = j * sizeof(Memory);
      if (places.pattern == Pattern::Uniform) {
        fill_row(row, read<Memory, CellType>(places.at[0] + delta));
      } else {
        load_row<Memory, CellType>(warp, places, row, delta);
      }
    }
  }
  if ((op.flags & kOpStrong) != 0) {
    if ((op.flags & kOpAcquire) != 0) std::atomic_thread_fence(std::memory_order_acquire);
    const int lane = std::countr_zero(warp.mask);
    return note_poll(warp, read<Memory, std::uint64_t>(places.at[lane]));
  }
  return Step::Next;
}

template <class Memory, class CellType>
inline void write(std::uint8_t* place, CellType cell) {
  const auto value = static_cast<Memory>(cell);
  std::memcpy(place, &value, sizeof value);
}

template <class Memory, class CellType, int N>
Step store(Warp& warp, const Op& op) {
  Places places;
  if (!locate(warp, op, places)) return Step::Fault;
  if ((op.flags & kOpRelease) != 0) std::atomic_thread_fence(std::memory_order_release);
  if constexpr (N == 1) {
    const auto* row = reinterpret_cast<const CellType*>(row_of(warp, op.b));
    if (places.pattern == Pattern::Contiguous && sizeof(Memory) == sizeof(CellType)) {
      std::memcpy(places.at[0], row, kLanes * sizeof(CellType));
    } else {
      for_each_lane(warp.mask, [&](int i) { write<Memory>(places.at[i], row[i]); });
    }
  } else {
    for (int j = 0; j < N; ++j) {
      const auto* row = reinterpret_cast<const CellType*>(row_of(warp, warp.lists[op.list + j]));
      for_each_lane(warp.mask,
                    [&](int i) { write<Memory>(places.at[i] + j * sizeof(Memory), row[i]); });
    }
  }
  return Step::Next;
}

template <class Memory, class CellType>
Handler load_of(int elements) {
  switch (elements) {
    case 1:
      return &load<Memory, CellType, 1>;
    case 2:
      return &load<Memory, CellType, 2>;
    case 4:
      return &load<Memory, CellType, 4>;
    case 8:
      return &load<Memory, CellType, 8>;
    default:
      return nullptr;
  }
}

template <class CellType>
Handler load_into(const MemoryForm& form) {
  switch (form.bytes) {
    case 1:
      return form.is_signed ? load_of<s8, CellType>(form.elements)
                            : load_of<u8, CellType>(form.elements);
    case 2:
      return form.is_signed ? load_of<s16, CellType>(form.elements)
                            : load_of<u16, CellType>(form.elements);
    case 4:
      return form.is_signed ? load_of<s32, CellType>(form.elements)
                            : load_of<u32, CellType>(form.elements);
    default:
      return nullptr;
  }
}

template <class Memory, class CellType>
Handler store_of(int elements) {
  switch (elements) {
    case 1:
      return &store<Memory, CellType, 1>;
    case 2:
      return &store<Memory, CellType, 2>;
    case 4:
      return &store<Memory, CellType, 4>;
    case 8:
      return &store<Memory, CellType, 8>;
    default:
      return nullptr;
  }
}

template <class CellType>
Handler store_from(const MemoryForm& form) {
  switch (form.bytes) {
    case 1:
      return store_of<u8, CellType>(form.elements);
    case 2:
      return store_of<u16, CellType>(form.elements);
    case 4:
      return store_of<u32, CellType>(form.elements);
    default:
      return nullptr;
  }
}

}  // namespace

Handler load_handler(const MemoryForm& form) {
  if (form.bytes == 8) return form.wide_row ? load_of<u64, std::uint64_t>(form.elements) : nullptr;
  return form.wide_row ? load_into<std::uint64_t>(form) : load_into<std::uint32_t>(form);
}

Handler store_handler(const MemoryForm& form) {
  if (form.bytes == 8) return form.wide_row ? store_of<u64, std::uint64_t>(form.elements) : nullptr;
  return form.wide_row ? store_from<std::uint64_t>(form) : store_from<std::uint32_t>(form);
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
