// SPDX-License-Identifier: Apache-2.0
// Memory keeps account by bytes (Segment::written): loads take what is undefined from there, stores
// put it there. A store to an output, or to memory that has no account, makes it observable.
#include <fmt/format.h>

#include <array>

#include "ptx/exec_async.h"
#include "ptx/exec_fragment.h"
#include "ptx/memory_access.h"
#include "ptx/track_lanes.h"

namespace fitest::ptx {
namespace {

constexpr u64 kAllBits = ~u64{0};
constexpr std::uint32_t kFragmentHeader = 2;  // words of the list before the rows

using Addresses = std::array<u64, kLanes>;

Addresses addresses_of(const Warp& warp, const Op& op) {
  Addresses addresses{};
  for_each_lane(warp.mask, [&](int lane) { addresses[lane] = lane_address(warp, op, lane); });
  return addresses;
}

// Bits of `bytes` bytes that nothing has written; the value's extension is as its top byte.
u64 unwritten_bits(const std::uint8_t* written, std::uint32_t bytes) {
  if (bytes == 0) return 0;
  u64 bits = 0;
  for (std::uint32_t i = 0; i < bytes; ++i) {
    if (written[i] == 0) bits |= u64{0xFF} << (8 * i);
  }
  const bool top = (bits >> (8 * bytes - 1) & 1) != 0;
  return top && bytes < 8 ? bits | kAllBits << (8 * bytes) : bits;
}

// The rows of an access: one, or those of its list.
std::uint32_t row_at(const Warp& warp, const Tracked& tracked, std::uint32_t index) {
  const bool is_load = (tracked.op.flags & kOpWrites) == 0;
  if (tracked.op.count <= 1) return is_load ? tracked.d : tracked.sources[1];
  return warp.tracked->rows[tracked.op.list + index];
}

std::uint32_t elements_of(const Op& op) {
  return op.count == 0 ? 1 : op.count;
}

void take_undefined(Warp& warp, const Tracked& tracked, const Addresses& addresses) {
  const std::uint32_t elements = elements_of(tracked.op);
  const std::uint32_t bytes = tracked.op.bytes / elements;
  for_each_lane(warp.mask, [&](int lane) {
    const std::uint8_t* written = written_at(warp, lane, addresses[lane]);
    for (std::uint32_t i = 0; i < elements; ++i) {
      const std::size_t offset = std::size_t{i} * bytes;
      const u64 bits = written == nullptr ? 0 : unwritten_bits(written + offset, bytes);
      if (bits != 0) warp.defined->note_load(warp.pc, lane, addresses[lane]);
      warp.defined->set(warp.frame, row_at(warp, tracked, i), lane, {bits, warp.pc + 1});
    }
  });
}

bool overwrites_address(const Warp& warp, const Tracked& tracked) {
  for (std::uint32_t i = 0; i < elements_of(tracked.op); ++i) {
    if (row_at(warp, tracked, i) == tracked.sources[0]) return true;
  }
  return false;
}

// Where a lane stores an element.
struct StorePlace {
  int lane;
  u64 address;
  std::uint32_t bytes;
};

void put_undefined(Warp& warp, std::uint32_t row, const StorePlace& place) {
  const u64 bits = warp.defined->get(warp.frame, row, place.lane).bits;
  const u64 stored = place.bytes >= 8 ? kAllBits : (u64{1} << (8 * place.bytes)) - 1;
  if ((bits & stored) == 0) return;
  std::uint8_t* written = written_at(warp, place.lane, place.address);
  if (written == nullptr || is_output(warp, place.address)) {
    const PlaceName name = name_place(warp, place.lane, place.address);
    report_undefined(warp, row, 1U << place.lane, "what is stored to " + name.buffer);
    return;
  }
  for (std::uint32_t i = 0; i < place.bytes; ++i) {
    if ((bits >> (8 * i) & 0xFF) != 0) written[i] = 0;
  }
}

}  // namespace

Step track_load(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the address of the load");
  const bool keeps = overwrites_address(warp, tracked);
  Addresses addresses;
  if (keeps) [[unlikely]]
    addresses = addresses_of(warp, tracked.op);
  warp.met_unwritten = false;
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  if (warp.met_unwritten) [[unlikely]] {
    if (!keeps) addresses = addresses_of(warp, tracked.op);
    take_undefined(warp, tracked, addresses);
    return step;
  }
  for (std::uint32_t i = 0; i < elements_of(tracked.op); ++i) {
    define(warp, row_at(warp, tracked, i));
  }
  return step;
}

Step track_store(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the address of the store");
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step == Step::Fault) return step;
  const std::uint32_t elements = elements_of(tracked.op);
  const std::uint32_t bytes = tracked.op.bytes / elements;
  for (std::uint32_t i = 0; i < elements; ++i) {
    const std::uint32_t row = row_at(warp, tracked, i);
    for_each_lane(undefined_lanes(warp, row), [&](int lane) {
      const u64 address = lane_address(warp, tracked.op, lane) + u64{i} * bytes;
      put_undefined(warp, row, {lane, address, bytes});
    });
  }
  return step;
}

Step track_atomic(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the address of the atomic operation");
  require_defined(warp, tracked.sources[2], "the atomic operation");
  const std::uint32_t* rows = warp.tracked->rows.data() + tracked.op.list;
  for (std::uint32_t i = 0; i < tracked.op.count; ++i) {
    require_defined(warp, rows[tracked.op.count + i], "the atomic operation");
  }
  const Step step = tracked.op.handler(warp, tracked.op);
  for (std::uint32_t i = 0; i < tracked.op.count; ++i) define(warp, rows[i]);
  return step;
}

Step track_mbarrier(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the address of the mbarrier");
  require_defined(warp, tracked.sources[1], "the operation on the mbarrier");
  const Step step = tracked.op.handler(warp, tracked.op);
  define(warp, tracked.d);
  return step;
}

Step track_copy(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  for (const std::size_t source : {0, 1, 3}) {
    require_defined(warp, tracked.sources[source], "the addresses or size of the copy");
  }
  return tracked.op.handler(warp, tracked.op);
}

namespace {

constexpr std::uint32_t kBlockRows = 8;
constexpr std::uint32_t kBlockRowBytes = 16;
constexpr std::uint32_t kWordBytes = 4;

// What the 8 rows of 16 bytes of a matrix lack, as a register that ldmatrix has filled.
std::array<u32, kLanes> undefined_block(Warp& warp, const Tracked& tracked, std::uint32_t block,
                                        const Addresses& addresses) {
  std::array<u32, kLanes> words{};
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    const auto from = static_cast<int>(kBlockRows * block + lane / kWordBytes);
    const u64 address = addresses[static_cast<std::size_t>(from)];
    const std::uint8_t* written = written_at(warp, from, address);
    if (written == nullptr) continue;
    const std::size_t offset = std::size_t{lane} % kWordBytes * kWordBytes;
    words[lane] = static_cast<u32>(unwritten_bits(written + offset, kWordBytes));
    if (words[lane] != 0) warp.defined->note_load(warp.pc, from, address);
  }
  if (tracked.op.aux != 0) transpose_block(words.data());
  return words;
}

void take_block(Warp& warp, std::uint32_t row, const std::array<u32, kLanes>& words) {
  for (int lane = 0; lane < kLanes; ++lane) {
    const u32 word = words[static_cast<std::size_t>(lane)];
    const u64 bits = word == 0xFFFFFFFF ? kAllBits : word;
    warp.defined->set(warp.frame, row, lane, {bits, warp.pc + 1});
  }
}

// Shared memory only: that is where stmatrix stores.
void put_block(Warp& warp, const Tracked& tracked, std::uint32_t block,
               const Addresses& addresses) {
  std::array<u32, kLanes> words{};
  const std::uint32_t row = warp.tracked->rows[tracked.op.list + block];
  for (int lane = 0; lane < kLanes; ++lane) {
    words[static_cast<std::size_t>(lane)] =
        static_cast<u32>(warp.defined->get(warp.frame, row, lane).bits);
  }
  if (tracked.op.aux != 0) transpose_block(words.data());
  for (std::uint32_t i = 0; i < kLanes * kWordBytes; ++i) {
    if ((words[i / kWordBytes] >> (8 * (i % kWordBytes)) & 0xFF) == 0) continue;
    const auto from = static_cast<int>(kBlockRows * block + i / kBlockRowBytes);
    std::uint8_t* written = written_at(warp, from, addresses[static_cast<std::size_t>(from)]);
    if (written != nullptr) written[i % kBlockRowBytes] = 0;
  }
}

}  // namespace

// ldmatrix, stmatrix.
Step track_blocks(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  const bool stores = (tracked.op.flags & kOpWrites) != 0;
  const std::uint32_t all = warp.mask;
  // Only the lanes that give a row's address.
  const std::uint32_t givers = tracked.op.count * kBlockRows;
  warp.mask &= givers >= kLanes ? kAllLanes : (1U << givers) - 1;
  require_defined(warp, tracked.sources[0], "the address of the matrix");
  const Addresses addresses = addresses_of(warp, tracked.op);
  warp.mask = all;
  warp.met_unwritten = false;
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  for (std::uint32_t i = 0; i < tracked.op.count; ++i) {
    const std::uint32_t row = warp.tracked->rows[tracked.op.list + i];
    if (stores) {
      if (undefined_lanes(warp, row) != 0) put_block(warp, tracked, i, addresses);
    } else if (warp.met_unwritten) {
      take_block(warp, row, undefined_block(warp, tracked, i, addresses));
    } else {
      define(warp, row);
    }
  }
  return step;
}

namespace {

void transfer_piece(Warp& warp, const Tracked& tracked, const FragmentPiece& piece) {
  const std::uint32_t row = warp.tracked->rows[tracked.op.list + kFragmentHeader + piece.index];
  const bool stores = (tracked.op.flags & kOpWrites) != 0;
  const unsigned shift = 8 * piece.byte;
  const u64 part = ((u64{1} << (8 * piece.bytes)) - 1) << shift;
  for (int lane = 0; lane < kLanes; ++lane) {
    const u64 address = piece.addresses[static_cast<std::size_t>(lane)];
    if (stores) {
      const u64 bits = warp.defined->get(warp.frame, row, lane).bits;
      if ((bits & part) != 0) put_undefined(warp, row, {lane, address, piece.bytes});
      continue;
    }
    const std::uint8_t* written = written_at(warp, lane, address);
    const u64 bits = written == nullptr ? 0 : unwritten_bits(written, piece.bytes) << shift & part;
    if (bits != 0) warp.defined->note_load(warp.pc, lane, address);
    const Undefined before =
        piece.byte == 0 ? Undefined{} : warp.defined->get(warp.frame, row, lane);
    const u64 all = (before.bits | bits) & 0xFFFFFFFF;
    warp.defined->set(warp.frame, row, lane, {all == 0xFFFFFFFF ? kAllBits : all, warp.pc + 1});
  }
}

}  // namespace

// wmma.load, wmma.store: piece by piece, as the handler does it.
Step track_fragment(Warp& warp, const Op&) {
  const Tracked& tracked = tracked_of(warp);
  if (!pass_guard(warp, tracked)) return Step::Next;
  require_defined(warp, tracked.sources[0], "the address of the matrix");
  require_defined(warp, tracked.sources[1], "the stride of the matrix");
  const std::vector<FragmentPiece> pieces = fragment_pieces(warp, tracked.op);
  const Step step = tracked.op.handler(warp, tracked.op);
  if (step != Step::Next) return step;
  for (const FragmentPiece& piece : pieces) transfer_piece(warp, tracked, piece);
  return step;
}

}  // namespace fitest::ptx
