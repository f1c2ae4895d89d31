// SPDX-License-Identifier: Apache-2.0
// How the check 'init' follows values through a program: every op gets a handler that keeps account
// of what is defined around the handler that it had.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ptx/program.h"

namespace fitest::ptx {

// How undefined bits of an op's sources reach its result.
enum class Flow : std::uint8_t {
  Any,          // one of them makes all of the result undefined
  Halves,       // the same for the two halves of 32 bits
  Upward,       // from the lowest of them up: sums and products
  Move,         // the bits go where the source's go
  ShiftRight,   // by Tracked::shift bits
  Pack,         // b above a, at bit Tracked::shift
  PackHalves,   // results of two conversions: a above b
  ShiftLeft,    // by a source
  ShiftDown,    // by a source, zeros or the sign come in
  FunnelLeft,   //
  FunnelRight,  //
  Permute,      // prmt
  Extract,      // bfe
  Insert,       // bfi
  Choose,       // selp
  And,          // a defined 0 makes the result defined
  Or,           // a defined 1
  Lop3,         //
  Equal,        // defined bits that differ decide
  Extend,       // cvt between integers
};

// An op as it was, with its rows numbered. Row 0 is always defined.
struct Tracked {
  Op op;
  std::uint32_t guard = 0;
  std::uint32_t d = 0;
  std::uint32_t p = 0;                     // a second result, a predicate
  std::array<std::uint32_t, 4> sources{};  // a, b, c, e
  std::string_view codes;                  // of HandlerEntry
  Flow flow = Flow::Any;
  std::uint8_t shift = 0;
  bool is_signed = false;       // of the source; of shf: clamps
  bool extends_signed = false;  // of the result
  bool reads_carry = false;
  bool writes_carry = false;
  std::uint8_t from_bits = 64;
  std::uint8_t to_bits = 64;
};

struct TrackedProgram {
  std::vector<Tracked> ops;               // of Program::code
  std::vector<std::uint32_t> rows;        // of the entries of Program::lists that are rows
  std::vector<std::uint32_t> row_counts;  // of the frames of Program::functions
};

// Replaces every handler, and fills Program::tracked.
void track_values(Program& program);

// The handlers, by what the op does. All find their Tracked at warp.pc.
Step track_value(Warp& warp, const Op& op);
Step track_carry(Warp& warp, const Op& op);
Step track_control(Warp& warp, const Op& op);  // its sources decide; its result is defined
Step track_call(Warp& warp, const Op& op);
Step track_builtin(Warp& warp, const Op& op);
Step track_return(Warp& warp, const Op& op);
Step track_load(Warp& warp, const Op& op);
Step track_store(Warp& warp, const Op& op);
Step track_atomic(Warp& warp, const Op& op);
Step track_mbarrier(Warp& warp, const Op& op);
Step track_copy(Warp& warp, const Op& op);
Step track_shuffle(Warp& warp, const Op& op);
Step track_warp(Warp& warp, const Op& op);  // vote, match, redux, elect
Step track_multiply(Warp& warp, const Op& op);
Step track_narrow(Warp& warp, const Op& op);
Step track_blocks(Warp& warp, const Op& op);
Step track_fragment(Warp& warp, const Op& op);
Step track_transpose(Warp& warp, const Op& op);

}  // namespace fitest::ptx
