// SPDX-License-Identifier: Apache-2.0
// mma.sync of operands that are not 8, 16 or 32 bits wide: s4 and u4, b1 by xor or and, f64.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ptx/module.h"
#include "ptx/program.h"

namespace fitest::ptx {

struct NarrowForm {
  enum class Kind : std::uint8_t { Nibbles, Xor, And, Doubles };
  Kind kind = Kind::Nibbles;
  bool a_signed = false;
  bool b_signed = false;
  bool satfinite = false;
  std::uint8_t rounding = 0;  // of Doubles: rn, rz, rm, rp
  // Registers of the operands; c and d have as many. Of m8: one block of rows, of m16: two.
  std::size_t row_blocks = 1;
  std::size_t k_blocks = 1;
};

// Nothing if it is not such a form.
std::optional<NarrowForm> parse_narrow_multiply(const Instruction& instruction);

// Rows in the order d, a, b, c, behind the form.
std::vector<std::uint32_t> encode_narrow(const NarrowForm& form, const std::vector<Ref>& rows);

// op.list: encode_narrow()
Step multiply_narrow(Warp& warp, const Op& op);

}  // namespace fitest::ptx
