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

// Sums of products of 8 bits are exact in f32; c, of 32 bits, is added as an integer. The results
// stay in `sum` as bits.
template <bool kClamp>
void add_integers(const u32* c, f32 (&sum)[32]) {
  for (int i = 0; i < 32; ++i) {
    const auto products = static_cast<s32>(sum[i]);
    const s64 exact = s64{products} + static_cast<s32>(c[i]);
    const u32 wrapped = static_cast<u32>(products) + c[i];
    sum[i] = from_bits<f32>(kClamp ? static_cast<u32>(clamp_integer<s32>(exact)) : wrapped);
  }
}

BlockResult in_place(Accumulator& sum) {
  return {sum.even, sum.odd, sum.even, sum.odd};
}

void load_accumulator(Type type, const u32* const* registers, Accumulator& sum) {
  if (type == Type::F16) {
    load_halves(registers[0], sum);
  } else {
    std::memcpy(sum.even, registers[0], sizeof sum.even);
    std::memcpy(sum.odd, registers[1], sizeof sum.odd);
  }
}

void store_accumulator(Type type, const Accumulator& sum, u32* const* registers) {
  if (type == Type::F16) {
    store_halves(sum, registers[0]);
  } else {
    // In the pieces that multiply_block() wrote: larger ones would wait for its stores.
    for (std::ptrdiff_t i = 0; i < 32; i += 4) {
      std::memcpy(registers[0] + i, sum.even + i, 16);
      std::memcpy(registers[1] + i, sum.odd + i, 16);
    }
  }
}

struct BlockOperands {
  const WideRows& a;
  const WideColumns& b;
  const u32* const* c;  // the block's registers
};

void compute_block(const MatrixForm& form, const BlockOperands& from, Accumulator& sum) {
  if (form.c == Type::S32) {
    sum = Accumulator{};
    multiply_block(from.a, from.b, form.k, in_place(sum));
    const auto add = form.satfinite ? &add_integers<true> : &add_integers<false>;
    add(from.c[0], sum.even);
    add(from.c[1], sum.odd);
  } else {
    load_accumulator(form.c, from.c, sum);
    multiply_block(from.a, from.b, form.k, in_place(sum));
  }
}

// Any form, with the results set aside until the end: d may be registers of a, b or c.
void multiply_any(const MatrixForm& form, const MatrixOperands& operands) {
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
  for (int block = 0; block < layout.row_blocks * layout.n_blocks; ++block) {
    store_accumulator(form.d, sums[block], &operands.d[first_register(form.d, block)]);
  }
}

BlockResult in_registers(const MatrixOperands& operands, std::size_t first) {
  return {reinterpret_cast<const f32*>(operands.c[first]),
          reinterpret_cast<const f32*>(operands.c[first + 1]),
          reinterpret_cast<f32*>(operands.d[first]), reinterpret_cast<f32*>(operands.d[first + 1])};
}

// m16n8 with f32 accumulators, the shape that GEMMs are made of, with all sizes known. The first
// block's d must not be registers of the second block's c.
template <class Format, int kK>
void multiply_tall(const MatrixOperands& operands) {
  constexpr int per_block = 16 / sizeof(typename Format::Bits);
  WideRows a[2];
  WideRows b_rows;
  WideColumns b;
  for (int k = 0; k < kK; k += per_block) {
    const auto block = static_cast<std::size_t>(k / per_block);
    widen_block<Format>(operands.a[2 * block], a[0], k);
    widen_block<Format>(operands.a[2 * block + 1], a[1], k);
    widen_block<Format>(operands.b[block], b_rows, k);
  }
  transpose(b_rows, b, kK);
  multiply_block(a[0], b, kK, in_registers(operands, 0));
  multiply_block(a[1], b, kK, in_registers(operands, 2));
}

bool blocks_are_apart(const MatrixOperands& operands) {
  const auto& c = operands.c;
  const auto& d = operands.d;
  return d[0] != c[2] && d[0] != c[3] && d[1] != c[2] && d[1] != c[3];
}

using Tall = void (*)(const MatrixOperands&);

Tall find_tall(const MatrixForm& form) {
  const bool tall =
      form.m == 16 && form.n == 8 && form.a == form.b && form.c == Type::F32 && form.d == Type::F32;
  if (!tall) return nullptr;
  if (form.a == Type::F16 && form.k == 16) return &multiply_tall<Half16, 16>;
  if (form.a == Type::BF16 && form.k == 16) return &multiply_tall<Brain16, 16>;
  if (form.a == Type::TF32 && form.k == 8) return &multiply_tall<Tf32, 8>;
  if (form.a == Type::E4M3 && form.k == 32) return &multiply_tall<Float8<E4M3>, 32>;
  return nullptr;
}

}  // namespace

void multiply_matrices(const MatrixForm& form, const MatrixOperands& operands) {
  const Tall tall = find_tall(form);
  if (tall != nullptr && blocks_are_apart(operands)) return tall(operands);
  multiply_any(form, operands);
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
