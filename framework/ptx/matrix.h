// SPDX-License-Identifier: Apache-2.0
// Matrix instructions of a warp: mma.sync, wmma, ldmatrix and stmatrix (PTX ISA §9.7.14), as
// functions over registers of 32 lanes.
//
// How to call it:
//   decode   form = parse_multiply(instruction): mma.sync and wmma.mma, with the number of
//   registers
//            of each operand; or fragment = parse_fragment(instruction): wmma.load, wmma.store
//   execute  handlers().multiply(form, {a, b, c, d}): every register as 32 consecutive words
//            offset_of(fragment, register, lane, element, stride): where an element of wmma lies
//            ldmatrix: copy row g of matrix i (16 bytes, from the address of lane 8 i + g) to the
//            bytes 16 g.. of register i; with .trans, transpose_block() it; stmatrix the other way
//
// Layout: one register of A or B is a block of 8 rows by 128 bits, row after row: lane 4 g + t
// holds the t-th 32 bits of row g. B's blocks hold columns as rows. Accumulators of 32 bits take
// two registers for 8 by 8 elements, lane 4 g + t of register i holding row g, column 2 t + i.
// Fragments of wmma, whose layout the ISA leaves open, are made of the same blocks; where it gives
// them more registers than elements, the registers repeat.
//
// Arithmetic: products are exact; sums start with c and add the products in the order of k, each
// rounded to f32 (a GPU sums groups of products with a wider, truncated alignment). Integers are
// exact. f16 results are rounded once, at the end. tf32 operands lose their low 13 bits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "ptx/module.h"

namespace fitest::ptx {

inline constexpr int kMaxFragmentRegisters = 16;

struct MatrixForm {
  int m = 0;
  int n = 0;
  int k = 0;
  Type a = Type::None;
  Type b = Type::None;
  Type c = Type::None;
  Type d = Type::None;
  bool satfinite = false;  // integers: clamp
  // Registers of the operands.
  int a_registers = 0;
  int b_registers = 0;
  int c_registers = 0;
  int d_registers = 0;
};

// Registers: pointers to 32 words each, as many as the form says. `d` may be the same as others.
struct MatrixOperands {
  std::array<const std::uint32_t*, kMaxFragmentRegisters> a;
  std::array<const std::uint32_t*, kMaxFragmentRegisters> b;
  std::array<const std::uint32_t*, kMaxFragmentRegisters> c;
  std::array<std::uint32_t*, kMaxFragmentRegisters> d;
};

// Nothing if it is not a form that is supported: sparse forms are not, nor is m8n8k4 of f16; for
// s4, u4, b1 and f64 there is narrow_matrix.h.
std::optional<MatrixForm> parse_multiply(const Instruction& instruction);

// d = a * b + c; what the levels' kernels do.
using MatrixMultiply = void (*)(const MatrixForm& form, const MatrixOperands& operands);

// wmma.load.{a,b,c} and wmma.store.d
struct FragmentForm {
  enum class Role : std::uint8_t { A, B, Accumulator };
  Role role = Role::A;
  int m = 0;
  int n = 0;
  int k = 0;
  Type type = Type::None;
  bool row_major = true;
  int registers = 0;
  bool is_store = false;
  int elements_per_register() const { return 32 / bits_of(type); }
};

std::optional<FragmentForm> parse_fragment(const Instruction& instruction);

struct FragmentPlace {
  int reg = 0;
  int lane = 0;
  int element = 0;  // in the register, the lowest bits first
};

struct MatrixPlace {
  int row = 0;
  int column = 0;
};

MatrixPlace place_of(const FragmentForm& form, const FragmentPlace& place);
// Stride of a matrix without gaps.
int dense_stride(const FragmentForm& form);
// In elements from the first one of the matrix; `stride` is that between rows or columns.
std::uint64_t offset_of(const FragmentForm& form, const FragmentPlace& place, std::uint64_t stride);

// Transposes the 8 by 8 elements of 16 bits that a register holds, in place.
void transpose_block(std::uint32_t* lanes);

// Number of a block in the registers of an operand: what kernels and fragments agree on.
struct BlockLayout {
  int row_blocks = 1;  // of 8 rows (of A and C)
  int n_blocks = 1;    // of 8 columns
  int k_blocks = 1;    // of 128 bits
  int a_block(int row, int k) const {
    const int group = row_blocks > 1 ? 2 : 1;
    return row / group * group * k_blocks + k * group + row % group;
  }
  // The wide b of m8n32k16 is laid out as the tall a of m32n8k16.
  int b_block(int column, int k) const {
    const int group = n_blocks > 2 ? 2 : 1;
    return column / group * group * k_blocks + k * group + column % group;
  }
  int c_block(int row, int column) const {
    const int group = row_blocks > 1 ? 2 : 1;
    return (row / group * n_blocks + column) * group + row % group;
  }
};
BlockLayout layout_of(const MatrixForm& form);

}  // namespace fitest::ptx
