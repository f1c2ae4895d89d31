// SPDX-License-Identifier: Apache-2.0
// The products of matrix.h, for each level: blocks of 8 by 8 results in f32 vectors.
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include "ptx/matrix_block_avx2.h"
#else
#include "ptx/matrix_block.h"
#endif

#include "ptx/exec.h"
#include "ptx/matrix.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

using Widen = void (*)(const u32*, WideRows&, int);

Widen widen_of(Type type) {
  switch (type) {
    case Type::F16:
      return &widen_block<Half16>;
    case Type::BF16:
      return &widen_block<Brain16>;
    case Type::TF32:
      return &widen_block<Tf32>;
    case Type::E4M3:
      return &widen_block<Float8<E4M3>>;
    case Type::E5M2:
      return &widen_block<Float8<E5M2>>;
    case Type::S8:
      return &widen_block<Signed8>;
    default:
      return &widen_block<Unsigned8>;
  }
}

std::size_t first_register(Type accumulator, int block) {
  return static_cast<std::size_t>(accumulator == Type::F16 ? block : 2 * block);
}

void make_canonical(Accumulator& sum) {
  for (auto& row : sum.at) {
    for (f32& value : row) value = canonical(value);
  }
}

// Sums of products of 8 bits are exact in f32; c, of 32 bits, is added as an integer. The results
// stay in `sum` as bits.
void add_integers(const Accumulator& c, bool clamp, Accumulator& sum) {
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      const auto products = static_cast<s32>(sum.at[i][j]);
      const u32 addend = to_bits(c.at[i][j]);
      const s64 exact = s64{products} + static_cast<s32>(addend);
      const u32 wrapped = static_cast<u32>(products) + addend;
      sum.at[i][j] = from_bits<f32>(clamp ? static_cast<u32>(clamp_integer<s32>(exact)) : wrapped);
    }
  }
}

void load_accumulator(Type type, const u32* const* registers, Accumulator& sum) {
  if (type == Type::F16) {
    load_halves(registers[0], sum);
  } else {
    load_words(registers[0], registers[1], sum);
  }
}

void store_accumulator(Type type, const Accumulator& sum, u32* const* registers) {
  if (type == Type::F16) {
    store_halves(sum, registers[0]);
  } else {
    store_words(sum, registers[0], registers[1]);
  }
}

struct BlockOperands {
  const WideRows& a;
  const WideColumns& b;
  const u32* const* c;  // the block's registers
};

void compute_block(const MatrixForm& form, const BlockOperands& from, Accumulator& sum) {
  if (form.c == Type::S32) {
    Accumulator addend;
    load_accumulator(form.c, from.c, addend);
    sum = Accumulator{};
    multiply_block(from.a, from.b, form.k, sum);
    add_integers(addend, form.satfinite, sum);
  } else {
    load_accumulator(form.c, from.c, sum);
    multiply_block(from.a, from.b, form.k, sum);
    make_canonical(sum);
  }
}

}  // namespace

void multiply_matrices(const MatrixForm& form, const MatrixOperands& operands) {
  const BlockLayout layout = layout_of(form);
  const int per_block = form.k / layout.k_blocks;
  const Widen widen_a = widen_of(form.a);
  const Widen widen_b = widen_of(form.b);
  WideRows a[kMaxRowBlocks];
  for (int row = 0; row < layout.row_blocks; ++row) {
    for (int k = 0; k < layout.k_blocks; ++k) {
      widen_a(operands.a[static_cast<std::size_t>(layout.a_block(row, k))], a[row], k * per_block);
    }
  }
  Accumulator sums[kMaxBlocks];
  for (int column = 0; column < layout.n_blocks; ++column) {
    WideRows b_rows;
    WideColumns b;
    for (int k = 0; k < layout.k_blocks; ++k) {
      widen_b(operands.b[static_cast<std::size_t>(layout.b_block(column, k))], b_rows,
              k * per_block);
    }
    transpose(b_rows, b, form.k);
    for (int row = 0; row < layout.row_blocks; ++row) {
      const int block = layout.c_block(row, column);
      compute_block(form, {a[row], b, &operands.c[first_register(form.c, block)]}, sums[block]);
    }
  }
  // Only now, as d may be the registers of a, b or c.
  for (int block = 0; block < layout.row_blocks * layout.n_blocks; ++block) {
    store_accumulator(form.d, sums[block], &operands.d[first_register(form.d, block)]);
  }
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
