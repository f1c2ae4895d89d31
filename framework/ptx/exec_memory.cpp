// SPDX-License-Identifier: Apache-2.0
// ld and st: where the lanes of an access point, and the transfer.
#include <atomic>

#include "ptx/exec.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

// How the lanes' places relate; only known when all lanes are active.
enum class Pattern : std::uint8_t { Scattered, Quads, Contiguous, Uniform };

// The widest access of a lane: .v8.b32.
constexpr std::size_t kMaxBytes = 32;

// Where the lanes of an access point: base + offset.
struct Places {
  alignas(64) std::int32_t offset[kLanes];
  // Lanes that do not share one segment go through a copy.
  alignas(64) std::uint8_t stage[kLanes * kMaxBytes];
  std::uint8_t* at[kLanes];
  std::uint8_t* base = nullptr;
  Pattern pattern = Pattern::Scattered;
  bool staged = false;
};

inline const Segment* segment_at(const Warp& warp, std::uint64_t address) {
  const std::uint64_t slot = slot_of(address);
  if (slot == slot_of(kSharedWindow)) return warp.shared;
  if (slot == slot_of(kParamWindow)) return warp.parameters;
  return slot < kSlotCount ? warp.slots[slot] : nullptr;
}

// Turns a cell of the address into an offset in the segment.
template <class Row>
inline Row shift_of(const Op& op, const Segment& segment) {
  if constexpr (sizeof(Row) == 4) return static_cast<Row>(op.imm);
  return static_cast<Row>(static_cast<std::uint64_t>(op.imm) - segment.base);
}

// True if lane i's cell is the first lane's plus i * step; then these are the offsets.
template <class Row>
inline bool steps_by(const Row* row, Row step, Places& places) {
  if (row[1] - row[0] != step || row[kLanes - 1] - row[0] != (kLanes - 1) * step) return false;
  Row bent = 0;
  for (int i = 0; i < kLanes; ++i) {
    const Row offset = static_cast<Row>(i) * step;
    bent |= (row[i] - row[0]) ^ offset;
    places.offset[i] = static_cast<std::int32_t>(offset);
  }
  return bent == 0;
}

// True if four lanes at a time lie side by side, as those of matrix fragments do.
inline bool in_quads(const Places& places, std::int32_t bytes) {
  if (places.offset[1] != bytes || places.offset[kLanes - 1] - places.offset[kLanes - 2] != bytes) {
    return false;
  }
  std::int32_t bent = 0;
  for (int i = 0; i < kLanes; i += 4) {
    for (int j = 0; j < 4; ++j) {
      bent |= (places.offset[i + j] - places.offset[i]) ^ (j * bytes);
    }
  }
  return bent == 0;
}

// Offsets in a segment of less than 2^31 bytes.
struct Range {
  std::uint32_t first;  // of the first lane
  std::uint32_t last;   // that an access may have
};

template <class Row>
inline bool scatter(const Row* row, std::uint32_t bytes, Range range, Places& places) {
  std::uint32_t bad = 0;
  for (int i = 0; i < kLanes; ++i) {
    const Row delta = row[i] - row[0];
    const auto offset = static_cast<std::uint32_t>(delta);
    places.offset[i] = static_cast<std::int32_t>(offset);
    // What is below 0 or above 2^31 is too large as an unsigned number.
    const std::uint32_t outside = range.first + offset > range.last ? kAllLanes : 0;
    bad |= outside | (offset & (bytes - 1));
    // Farther than 32 bits hold.
    if constexpr (sizeof(Row) == 8) bad |= static_cast<std::uint32_t>((delta + 0x80000000) >> 32);
  }
  const bool quads = bytes == 4 && in_quads(places, 4);
  places.pattern = quads ? Pattern::Quads : Pattern::Scattered;
  return bad == 0;
}

// Of an access by all lanes. Row: cells of the address.
template <class Row>
inline bool reach_whole(const Warp& warp, const Op& op, const Segment& segment, Places& places) {
  const auto* row = reinterpret_cast<const Row*>(row_of(warp, op.a));
  const Row first = row[0] + shift_of<Row>(op, segment);
  const std::uint64_t last = segment.size - op.bytes;
  const Row bytes = op.bytes;
  if (first > last || (first & (bytes - 1)) != 0) return false;
  places.base = segment.data + first;
  if (steps_by<Row>(row, bytes, places)) {
    places.pattern = Pattern::Contiguous;
    const std::uint64_t all = std::uint64_t{kLanes} * op.bytes;
    return segment.size >= all && first <= segment.size - all;
  }
  if (steps_by<Row>(row, 0, places)) {
    places.pattern = Pattern::Uniform;
    return true;
  }
  if (segment.size > 0x7FFFFFFF) return false;
  const Range range{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)};
  return scatter<Row>(row, op.bytes, range, places);
}

// Of an access by some lanes.
template <class Row>
inline bool reach_some(const Warp& warp, const Op& op, const Segment& segment, Places& places) {
  if (segment.size > 0x7FFFFFFF) return false;
  const auto shift = shift_of<Row>(op, segment);
  const auto* row = reinterpret_cast<const Row*>(row_of(warp, op.a));
  const Row origin = row[std::countr_zero(warp.mask)];
  const auto last = static_cast<Row>(segment.size - op.bytes);
  const Row unaligned = op.bytes - 1u;
  Row bad = 0;
  for (int i = 0; i < kLanes; ++i) {
    places.offset[i] = static_cast<std::int32_t>(row[i] - origin);
    const Row offset = row[i] + shift;
    const Row wrong = static_cast<Row>(offset > last) | (offset & unaligned);
    bad |= ((warp.mask >> i) & 1) != 0 ? wrong : 0;
  }
  places.pattern = Pattern::Scattered;
  places.base = segment.data + static_cast<Row>(origin + shift);
  return bad == 0;
}

template <class Row>
inline bool reach(const Warp& warp, const Op& op, const Segment& segment, Places& places) {
  return warp.mask == kAllLanes ? reach_whole<Row>(warp, op, segment, places)
                                : reach_some<Row>(warp, op, segment, places);
}

inline void mark_written(const Warp& warp, const Op& op, const Segment& segment,
                         const Places& places) {
  std::uint8_t* written = segment.written + (places.base - segment.data);
  if (places.pattern == Pattern::Contiguous) {
    std::memset(written, 1, std::size_t{kLanes} * op.bytes);
  } else if (op.bytes == 4) {
    constexpr std::uint32_t kFour = 0x01010101;
    for_each_lane(warp.mask,
                  [&](int i) { std::memcpy(written + places.offset[i], &kFour, sizeof kFour); });
  } else {
    for_each_lane(warp.mask, [&](int i) { std::memset(written + places.offset[i], 1, op.bytes); });
  }
}

inline bool all_written(const Warp& warp, const Op& op, const Segment& segment,
                        const Places& places) {
  const std::uint8_t* written = segment.written + (places.base - segment.data);
  if (places.pattern == Pattern::Uniform || places.pattern == Pattern::Contiguous) {
    const std::size_t lanes = places.pattern == Pattern::Uniform ? 1 : kLanes;
    return std::memchr(written, 0, lanes * op.bytes) == nullptr;
  }
  bool all = true;
  if (op.bytes == 4) {
    std::uint32_t both = 0x01010101;
    for_each_lane(warp.mask, [&](int i) {
      std::uint32_t word = 0;
      std::memcpy(&word, written + places.offset[i], sizeof word);
      both &= word;
    });
    return both == 0x01010101;
  }
  for_each_lane(warp.mask, [&](int i) {
    all = all && std::memchr(written + places.offset[i], 0, op.bytes) == nullptr;
  });
  return all;
}

// Each lane by itself, with every check; false once the Fault is raised.
[[gnu::noinline]] bool stage(Warp& warp, const Op& op, Places& places) {
  std::uint64_t address[kLanes] = {};
  for_each_lane(warp.mask, [&](int i) { address[i] = lane_address(warp, op, i); });
  if (!locate_lanes(warp, op, address, places.at)) return false;
  places.staged = true;
  places.pattern = Pattern::Scattered;
  places.base = places.stage;
  for (int i = 0; i < kLanes; ++i) places.offset[i] = i * op.bytes;
  if ((op.flags & kOpReads) == 0) return true;
  for_each_lane(warp.mask, [&](int i) {
    std::memcpy(places.stage + places.offset[i], places.at[i], op.bytes);
  });
  return true;
}

inline bool locate(Warp& warp, const Op& op, Places& places) {
  const int lane = std::countr_zero(warp.mask);
  const Segment* segment = segment_at(warp, lane_address(warp, op, lane));
  const bool stores = (op.flags & kOpWrites) != 0;
  if (segment == nullptr || segment->size < op.bytes || (stores && !segment->writable)) {
    return stage(warp, op, places);
  }
  bool reached = false;
  if ((op.flags & kOpAddress32) != 0) {
    reached = segment->size <= 0x7FFFFFFF && reach<std::uint32_t>(warp, op, *segment, places);
  } else {
    reached = reach<std::uint64_t>(warp, op, *segment, places);
  }
  if (!reached) return stage(warp, op, places);
  if (segment->written == nullptr) return true;
  if (stores) {
    mark_written(warp, op, *segment, places);
    return true;
  }
  if ((warp.checks & kCheckInit) != 0 && !all_written(warp, op, *segment, places)) {
    warp.met_unwritten = true;
  }
  return true;
}

template <class Memory, class CellType>
inline CellType read(const std::uint8_t* place) {
  Memory value;
  std::memcpy(&value, place, sizeof value);
  return static_cast<CellType>(value);
}

// One element of every lane's N into a row; `delta` is the element's place in the vector.
template <class Memory, class CellType, int N>
inline void load_row(const Warp& warp, const Places& places, CellType* row, std::size_t delta) {
  const std::uint8_t* base = places.base + delta;
  if (places.pattern == Pattern::Uniform) {
    const CellType value = read<Memory, CellType>(base);
    for (int i = 0; i < kLanes; ++i) row[i] = value;
  } else if (places.pattern == Pattern::Contiguous) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      row[i] = read<Memory, CellType>(base + i * N * sizeof(Memory));
    }
  } else if (N == 1 && sizeof(Memory) == 4 && sizeof(CellType) == 4 &&
             places.pattern == Pattern::Quads) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes; i += 4) std::memcpy(row + i, base + places.offset[i], 16);
  } else if (warp.mask == kAllLanes) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes; ++i) row[i] = read<Memory, CellType>(base + places.offset[i]);
  } else {
    for_each_lane(warp.mask,
                  [&](int i) { row[i] = read<Memory, CellType>(base + places.offset[i]); });
  }
}

template <class Memory, class CellType, int N>
Step load(Warp& warp, const Op& op) {
  Places places;
  if (!locate(warp, op, places)) return Step::Fault;
  if (warp.races != nullptr) [[unlikely]]
    note_access(warp, op);
  if constexpr (N == 1) {
    auto* row = reinterpret_cast<CellType*>(row_of(warp, op.d));
    load_row<Memory, CellType, N>(warp, places, row, 0);
  } else {
    for (int j = 0; j < N; ++j) {
      auto* row = reinterpret_cast<CellType*>(row_of(warp, warp.lists[op.list + j]));
      load_row<Memory, CellType, N>(warp, places, row, j * sizeof(Memory));
    }
  }
  if ((op.flags & kOpStrong) == 0) return Step::Next;
  if ((op.flags & kOpAcquire) != 0) std::atomic_thread_fence(std::memory_order_acquire);
  const int lane = std::countr_zero(warp.mask);
  return note_poll(warp, read<Memory, std::uint64_t>(places.base + places.offset[lane]));
}

template <class Memory, class CellType>
inline void write(std::uint8_t* place, CellType cell) {
  const auto value = static_cast<Memory>(cell);
  std::memcpy(place, &value, sizeof value);
}

template <class Memory, class CellType, int N>
inline void store_row(const Warp& warp, const Places& places, const CellType* row,
                      std::size_t delta) {
  std::uint8_t* base = places.base + delta;
  if (places.pattern == Pattern::Contiguous) {
    for (std::size_t i = 0; i < kLanes; ++i) write<Memory>(base + i * N * sizeof(Memory), row[i]);
  } else if (warp.mask == kAllLanes) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes; ++i) write<Memory>(base + places.offset[i], row[i]);
  } else {
    for_each_lane(warp.mask, [&](int i) { write<Memory>(base + places.offset[i], row[i]); });
  }
}

// Before memory changes, so that the values can be compared.
template <class Memory, class CellType, int N>
[[gnu::noinline]] void note_store(Warp& warp, const Op& op) {
  std::uint8_t fresh[kLanes * kMaxBytes];
  for (int j = 0; j < N; ++j) {
    const Ref ref = N == 1 ? op.b : warp.lists[op.list + j];
    const auto* row = reinterpret_cast<const CellType*>(row_of(warp, ref));
    for_each_lane(warp.mask, [&](int i) {
      write<Memory>(fresh + static_cast<std::size_t>(i) * op.bytes + j * sizeof(Memory), row[i]);
    });
  }
  note_access(warp, op, fresh);
}

template <class Memory, class CellType, int N>
Step store(Warp& warp, const Op& op) {
  Places places;
  if (!locate(warp, op, places)) return Step::Fault;
  if (warp.races != nullptr) [[unlikely]]
    note_store<Memory, CellType, N>(warp, op);
  if ((op.flags & kOpRelease) != 0) std::atomic_thread_fence(std::memory_order_release);
  if constexpr (N == 1) {
    const auto* row = reinterpret_cast<const CellType*>(row_of(warp, op.b));
    store_row<Memory, CellType, N>(warp, places, row, 0);
  } else {
    for (int j = 0; j < N; ++j) {
      const auto* row = reinterpret_cast<const CellType*>(row_of(warp, warp.lists[op.list + j]));
      store_row<Memory, CellType, N>(warp, places, row, j * sizeof(Memory));
    }
  }
  if (places.staged) {
    for_each_lane(warp.mask, [&](int i) {
      std::memcpy(places.at[i], places.stage + places.offset[i], op.bytes);
    });
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
