// SPDX-License-Identifier: Apache-2.0
// Blocks of matrices (matrix.h) as f32, for each level: storage, formats, and what every machine
// can. Included by exec_matrix.cpp only.
#pragma once

#include <cstddef>
#include <cstring>

#include "ptx/convert.h"
#include "ptx/half.h"
#include "ptx/scalar.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

inline constexpr int kMaxK = 32;
inline constexpr int kMaxRowBlocks = 4;
inline constexpr int kMaxBlocks = 4;  // of 8 by 8 results

// Eight rows of up to kMaxK operands.
struct alignas(32) WideRows {
  f32 at[8][kMaxK];
};
// Up to kMaxK rows of eight.
struct alignas(32) WideColumns {
  f32 at[kMaxK][8];
};
struct alignas(32) Accumulator {
  f32 at[8][8];
};

// The formats, as functions from bits to f32.
struct Tf32 {
  using Bits = u32;
  static f32 widen(Bits bits) { return from_bits<f32>(bits & 0xFFFFE000); }
};
struct Half16 {
  using Bits = u16;
  static f32 widen(Bits bits) { return Float16::widen(bits); }
};
struct Brain16 {
  using Bits = u16;
  static f32 widen(Bits bits) { return BFloat16::widen(bits); }
};
template <class Format>
struct Float8 {
  using Bits = u8;
  static f32 widen(Bits bits) { return float_from_float8<Format>(bits); }
};
struct Signed8 {
  using Bits = u8;
  static f32 widen(Bits bits) { return static_cast<f32>(static_cast<s8>(bits)); }
};
struct Unsigned8 {
  using Bits = u8;
  static f32 widen(Bits bits) { return static_cast<f32>(bits); }
};

#ifndef FITEST_PTX_AVX2

// One register: 8 rows of 16 bytes, to columns k.. of the wide rows.
template <class Format>
inline void widen_block(const u32* lanes, WideRows& rows, int k) {
  constexpr int count = 16 / sizeof(typename Format::Bits);
  for (std::ptrdiff_t g = 0; g < 8; ++g) {
    typename Format::Bits bits[count];
    std::memcpy(bits, lanes + 4 * g, 16);
    f32* out = rows.at[g] + k;
    for (int i = 0; i < count; ++i) out[i] = Format::widen(bits[i]);
  }
}

inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  for (int k = 0; k < k_count; ++k) {
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): widen_block filled k_count columns.
    for (int i = 0; i < 8; ++i) columns.at[k][i] = rows.at[i][k];
  }
}

// sum += a * b in the order of k. Products are exact, so that adding them rounds as fma does.
inline void multiply_block(const WideRows& a, const WideColumns& b, int k_count, Accumulator& sum) {
  for (int k = 0; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) sum.at[i][j] += a.at[i][k] * b.at[k][j];
    }
  }
}

// Two registers of 32-bit elements; the bits are only moved.
inline void load_words(const u32* even, const u32* odd, Accumulator& sum) {
  for (std::ptrdiff_t i = 0; i < 32; ++i) {
    sum.at[i / 4][2 * (i % 4)] = from_bits<f32>(even[i]);
    sum.at[i / 4][2 * (i % 4) + 1] = from_bits<f32>(odd[i]);
  }
}
inline void store_words(const Accumulator& sum, u32* even, u32* odd) {
  for (std::ptrdiff_t i = 0; i < 32; ++i) {
    even[i] = to_bits(sum.at[i / 4][2 * (i % 4)]);
    odd[i] = to_bits(sum.at[i / 4][2 * (i % 4) + 1]);
  }
}

// One register of pairs of f16.
inline void load_halves(const u32* lanes, Accumulator& sum) {
  for (std::ptrdiff_t i = 0; i < 32; ++i) {
    sum.at[i / 4][2 * (i % 4)] = Float16::widen(low_half(lanes[i]));
    sum.at[i / 4][2 * (i % 4) + 1] = Float16::widen(high_half(lanes[i]));
  }
}
inline void store_halves(const Accumulator& sum, u32* lanes) {
  for (std::ptrdiff_t i = 0; i < 32; ++i) {
    lanes[i] = make_pair_of_halves(Float16::narrow(sum.at[i / 4][2 * (i % 4)]),
                                   Float16::narrow(sum.at[i / 4][2 * (i % 4) + 1]));
  }
}

#endif

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
