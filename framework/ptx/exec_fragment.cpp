// SPDX-License-Identifier: Apache-2.0
#include "ptx/exec_fragment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "ptx/execution.h"
#include "ptx/handlers.h"
#include "ptx/lanes.h"
#include "ptx/memory_access.h"
#include "ptx/profile.h"
#include "ptx/race.h"

namespace fitest::ptx {

using namespace baseline;

namespace {

using Addresses = std::array<std::uint64_t, kLanes>;
using Places = std::array<std::uint8_t*, kLanes>;

constexpr std::size_t kMultiplyHeader = 3;  // words before the rows
constexpr std::size_t kFragmentHeader = 2;
constexpr std::uint32_t kBlockRows = 8;
constexpr std::uint32_t kBlockRowBytes = 16;

std::uint32_t pack(int a, int b, int c, int d) {
  return static_cast<std::uint32_t>(a | (b << 8) | (c << 16) | (d << 24));
}
int unpack(std::uint32_t word, int index) {
  return static_cast<int>((word >> (8 * index)) & 0xFF);
}

Addresses addresses_of(const Warp& warp, const Op& op) {
  Addresses addresses;
  for (int i = 0; i < kLanes; ++i) {
    addresses[static_cast<std::size_t>(i)] = lane_address(warp, op, i);
  }
  return addresses;
}

// Bytes at each address of the first `lanes` lanes.
struct Extent {
  const Addresses& addresses;
  std::uint32_t bytes;
  std::uint32_t lanes;
};

// Host addresses of the extent; false once a Fault is raised.
bool locate(Warp& warp, const Op& op, const Extent& extent, Places& places) {
  Op access = op;
  access.bytes = static_cast<std::uint8_t>(extent.bytes);
  const std::uint32_t mask = warp.mask;
  warp.mask = extent.lanes >= kLanes ? kAllLanes : (1u << extent.lanes) - 1;
  const bool found = locate_lanes(warp, access, extent.addresses.data(), places.data());
  if (found && warp.races != nullptr) {
    Touch touch;
    touch.address = extent.addresses.data();
    touch.bytes = extent.bytes;
    touch.reads = (op.flags & kOpReads) != 0;
    touch.writes = (op.flags & kOpWrites) != 0;
    warp.races->touch(warp, touch);
  }
  if (found && warp.profile != nullptr) {
    warp.profile->access({extent.addresses.data(), warp.mask, extent.bytes}, op.flags);
  }
  if (found) warp.mask = mask;
  return found;
}

// Generic addresses of ldmatrix and stmatrix must be of shared memory (PTX ISA §9.7.14.5.15).
bool all_in_shared(Warp& warp, const Addresses& addresses, std::uint32_t lanes) {
  const auto outside = std::find_if(addresses.begin(), addresses.begin() + lanes, [](auto address) {
    return slot_of(address) != slot_of(kSharedWindow);
  });
  if (outside == addresses.begin() + lanes) return true;
  const AddressSpace& memory = *warp.execution->setup().memory;
  const Segment* segment = memory.find(*outside);
  warp.mask = 1u << (outside - addresses.begin());
  raise(warp, FaultKind::OutOfBounds,
        fmt::format("a row of a matrix at {}, and ldmatrix and stmatrix access shared memory only",
                    segment != nullptr
                        ? fmt::format("{}+{}", memory.name(*segment), *outside - segment->base)
                        : fmt::format("address {:#x}", *outside)));
  return false;
}

// What the lists of a wmma access hold.
struct FragmentAccess {
  std::uint32_t registers;
  std::uint32_t pieces;  // of a register that a lane transfers one by one
  std::uint32_t bytes;   // of a piece
  bool row_major;
  std::uint32_t element_bytes;
  const std::uint32_t* rows;
  const std::uint32_t* places;  // of [register][piece][lane]: row << 16 | column
};

FragmentAccess decode_access(const std::uint32_t* list) {
  FragmentAccess access;
  access.registers = static_cast<std::uint32_t>(unpack(list[0], 0));
  access.pieces = static_cast<std::uint32_t>(unpack(list[0], 1));
  access.bytes = static_cast<std::uint32_t>(unpack(list[0], 2));
  access.row_major = unpack(list[0], 3) != 0;
  access.element_bytes = list[1];
  access.rows = list + kFragmentHeader;
  access.places = access.rows + access.registers;
  return access;
}

// Where the lanes' piece of that index lies.
Addresses addresses_of(const Warp& warp, const Op& op, const FragmentAccess& access,
                       std::size_t index) {
  Addresses addresses = addresses_of(warp, op);
  const std::uint32_t* places = access.places + index * kLanes;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t row = places[lane] >> 16;
    const std::uint64_t column = places[lane] & 0xFFFF;
    const std::uint64_t stride = row32(warp, op.b)[lane];
    const std::uint64_t offset = access.row_major ? row * stride + column : column * stride + row;
    addresses[lane] += offset * access.element_bytes;
  }
  return addresses;
}

// Calls transfer(register's row, byte in its cells, places) for every piece.
template <class Transfer>
Step for_each_piece(Warp& warp, const Op& op, Transfer transfer) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  const FragmentAccess access = decode_access(warp.lists + op.list);
  for (std::size_t i = 0; i < std::size_t{access.registers} * access.pieces; ++i) {
    const Addresses addresses = addresses_of(warp, op, access, i);
    Places places{};
    if (!locate(warp, op, {addresses, access.bytes, kLanes}, places)) return Step::Fault;
    auto* cells = reinterpret_cast<std::uint8_t*>(row32(warp, access.rows[i / access.pieces]));
    transfer(cells + i % access.pieces * access.bytes, places, access.bytes);
  }
  return Step::Next;
}

}  // namespace

Step gather_warp(Warp& warp) {
  if ((warp.live & ~warp.mask) != 0) return hold(warp, warp.mask);
  if (warp.mask == kAllLanes || (warp.checks & kCheckSync) == 0) return Step::Next;
  return raise(warp, FaultKind::InvalidSync,
               fmt::format("a matrix instruction needs all 32 lanes of the warp, {} are left",
                           std::popcount(warp.mask)));
}

std::vector<std::uint32_t> encode_multiply(const MatrixForm& form, const std::vector<Ref>& rows) {
  std::vector<std::uint32_t> list{
      pack(form.m, form.n, form.k, form.satfinite ? 1 : 0),
      pack(static_cast<int>(form.a), static_cast<int>(form.b), static_cast<int>(form.c),
           static_cast<int>(form.d)),
      pack(form.a_registers, form.b_registers, form.c_registers, form.d_registers)};
  list.insert(list.end(), rows.begin(), rows.end());
  return list;
}

MatrixForm multiply_form(const std::uint32_t* list) {
  MatrixForm form;
  form.m = unpack(list[0], 0);
  form.n = unpack(list[0], 1);
  form.k = unpack(list[0], 2);
  form.satfinite = unpack(list[0], 3) != 0;
  form.a = static_cast<Type>(unpack(list[1], 0));
  form.b = static_cast<Type>(unpack(list[1], 1));
  form.c = static_cast<Type>(unpack(list[1], 2));
  form.d = static_cast<Type>(unpack(list[1], 3));
  form.a_registers = unpack(list[2], 0);
  form.b_registers = unpack(list[2], 1);
  form.c_registers = unpack(list[2], 2);
  form.d_registers = unpack(list[2], 3);
  return form;
}

Step multiply_warp(Warp& warp, const Op& op) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  const std::uint32_t* list = warp.lists + op.list;
  const MatrixForm form = multiply_form(list);
  MatrixOperands operands;
  const std::uint32_t* rows = list + kMultiplyHeader;
  const auto take = [&](auto& registers, int count) {
    for (int i = 0; i < count; ++i) registers[static_cast<std::size_t>(i)] = row32(warp, *rows++);
  };
  take(operands.d, form.d_registers);
  take(operands.a, form.a_registers);
  take(operands.b, form.b_registers);
  take(operands.c, form.c_registers);
  static const MatrixMultiply multiply = handlers().multiply;
  multiply(form, operands);
  return Step::Next;
}

Step load_blocks(Warp& warp, const Op& op) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  const std::uint32_t lanes = op.count * kBlockRows;
  Places places{};
  const Addresses addresses = addresses_of(warp, op);
  if (!all_in_shared(warp, addresses, lanes) ||
      !locate(warp, op, {addresses, kBlockRowBytes, lanes}, places)) {
    return Step::Fault;
  }
  for (std::uint32_t i = 0; i < op.count; ++i) {
    std::uint32_t* row = row32(warp, warp.lists[op.list + i]);
    for (std::size_t g = 0; g < kBlockRows; ++g) {
      std::memcpy(row + 4 * g, places[std::size_t{kBlockRows} * i + g], kBlockRowBytes);
    }
    if (op.aux != 0) transpose_block(row);
  }
  return Step::Next;
}

Step store_blocks(Warp& warp, const Op& op) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  const std::uint32_t lanes = op.count * kBlockRows;
  Places places{};
  const Addresses addresses = addresses_of(warp, op);
  if (!all_in_shared(warp, addresses, lanes) ||
      !locate(warp, op, {addresses, kBlockRowBytes, lanes}, places)) {
    return Step::Fault;
  }
  for (std::uint32_t i = 0; i < op.count; ++i) {
    std::array<std::uint32_t, kLanes> block{};
    std::memcpy(block.data(), row32(warp, warp.lists[op.list + i]), sizeof block);
    if (op.aux != 0) transpose_block(block.data());
    for (std::size_t g = 0; g < kBlockRows; ++g) {
      std::memcpy(places[std::size_t{kBlockRows} * i + g], block.data() + 4 * g, kBlockRowBytes);
    }
  }
  return Step::Next;
}

Step transpose_matrix(Warp& warp, const Op& op) {
  const Step ready = gather_warp(warp);
  if (ready != Step::Next) return ready;
  std::array<std::uint32_t, kLanes> block{};
  std::memcpy(block.data(), row32(warp, op.a), sizeof block);
  transpose_block(block.data());
  std::memcpy(row32(warp, op.d), block.data(), sizeof block);
  return Step::Next;
}

std::vector<std::uint32_t> encode_fragment(const FragmentForm& form, const std::vector<Ref>& rows) {
  const int elements = form.elements_per_register();
  const int element_bytes = bits_of(form.type) / 8;
  // Elements of a register lie side by side if the matrix is stored along its blocks' rows.
  const bool side_by_side = form.row_major != (form.role == FragmentForm::Role::B);
  const int pieces = side_by_side ? 1 : elements;
  std::vector<std::uint32_t> list{pack(form.registers, pieces, 4 / pieces, form.row_major ? 1 : 0),
                                  static_cast<std::uint32_t>(element_bytes)};
  list.insert(list.end(), rows.begin(), rows.end());
  for (int r = 0; r < form.registers; ++r) {
    for (int piece = 0; piece < pieces; ++piece) {
      for (int lane = 0; lane < kLanes; ++lane) {
        const MatrixPlace place = place_of(form, {r, lane, piece});
        list.push_back(static_cast<std::uint32_t>(place.row << 16 | place.column));
      }
    }
  }
  return list;
}

std::vector<FragmentPiece> fragment_pieces(const Warp& warp, const Op& op) {
  const FragmentAccess access = decode_access(warp.lists + op.list);
  std::vector<FragmentPiece> pieces;
  for (std::uint32_t i = 0; i < access.registers * access.pieces; ++i) {
    pieces.push_back({i / access.pieces, i % access.pieces * access.bytes, access.bytes,
                      addresses_of(warp, op, access, i)});
  }
  return pieces;
}

Step load_fragment(Warp& warp, const Op& op) {
  return for_each_piece(warp, op,
                        [](std::uint8_t* cells, const Places& places, std::uint32_t bytes) {
                          for (std::size_t lane = 0; lane < kLanes; ++lane) {
                            std::memcpy(cells + 4 * lane, places[lane], bytes);
                          }
                        });
}

Step store_fragment(Warp& warp, const Op& op) {
  return for_each_piece(warp, op,
                        [](const std::uint8_t* cells, const Places& places, std::uint32_t bytes) {
                          for (std::size_t lane = 0; lane < kLanes; ++lane) {
                            std::memcpy(places[lane], cells + 4 * lane, bytes);
                          }
                        });
}

}  // namespace fitest::ptx
