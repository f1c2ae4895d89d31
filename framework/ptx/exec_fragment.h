// SPDX-License-Identifier: Apache-2.0
// Handlers of the matrix instructions (matrix.h), and what their ops carry in Program::lists.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ptx/matrix.h"
#include "ptx/program.h"

namespace fitest::ptx {

// Rows of a multiplication in the order d, a, b, c, behind the form.
std::vector<std::uint32_t> encode_multiply(const MatrixForm& form, const std::vector<Ref>& rows);
// Rows of a fragment, behind the place of what every lane transfers to or from each of them.
std::vector<std::uint32_t> encode_fragment(const FragmentForm& form, const std::vector<Ref>& rows);

// The whole warp must be at the instruction: Step::Next if it is, else what to do instead.
Step gather_warp(Warp& warp);

// The form in front of the rows of a multiplication.
MatrixForm multiply_form(const std::uint32_t* list);

// What each lane of a warp transfers of one register of a fragment at once.
struct FragmentPiece {
  std::uint32_t index = 0;  // of the register
  std::uint32_t byte = 0;   // in its cells
  std::uint32_t bytes = 0;
  std::array<std::uint64_t, kLanes> addresses{};
};
std::vector<FragmentPiece> fragment_pieces(const Warp& warp, const Op& op);

// mma, wmma.mma. op.list: encode_multiply()
Step multiply_warp(Warp& warp, const Op& op);
// ldmatrix, stmatrix. op.list: `op.count` rows; op.aux: transposed; address in a, imm
Step load_blocks(Warp& warp, const Op& op);
Step store_blocks(Warp& warp, const Op& op);
// movmatrix: op.d is op.a transposed.
Step transpose_matrix(Warp& warp, const Op& op);
// wmma.load, wmma.store. op.list: encode_fragment(); address in a, imm; op.b: row of the stride
Step load_fragment(Warp& warp, const Op& op);
Step store_fragment(Warp& warp, const Op& op);

}  // namespace fitest::ptx
