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

// Everything here lies so that vectors of eight need no shuffles across their halves.

// Eight rows of up to kMaxK operands: [row / 2][k / 4][row % 2 * 4 + k % 4]
struct alignas(32) WideRows {
  f32 at[4][kMaxK / 4][8];
};
// Up to kMaxK rows of eight columns, the even ones first.
struct alignas(32) WideColumns {
  f32 at[kMaxK][8];
};
// 8 by 8 results as two registers hold them: lane 4 g + t has row g, column 2 t or 2 t + 1.
struct alignas(32) Accumulator {
  f32 even[32];
  f32 odd[32];
};
// Where c is read and d is written, which may be the same: two registers each.
struct BlockResult {
  const f32* c_even;
  const f32* c_odd;
  f32* d_even;
  f32* d_odd;
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
    for (int i = 0; i < count; i += 4) {
      f32* out = rows.at[g / 2][(k + i) / 4] + g % 2 * 4;
      for (int j = 0; j < 4; ++j) out[j] = Format::widen(bits[i + j]);
    }
  }
}

inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  for (int k = 0; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) {
      // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): widen_block filled k_count.
      columns.at[k][i % 2 * 4 + i / 2] = rows.at[i / 2][k / 4][i % 2 * 4 + k % 4];
    }
  }
}

// d = c + a * b, added in the order of k. Products are exact, so that adding them rounds as fma
// does. NaN becomes canonical.
inline void multiply_block(const WideRows& a, const WideColumns& b, int k_count,
                           const BlockResult& result) {
  f32 sum[8][8];
  for (int i = 0; i < 8; ++i) {
    std::memcpy(sum[i], result.c_even + std::ptrdiff_t{4} * i, 16);
    std::memcpy(sum[i] + 4, result.c_odd + std::ptrdiff_t{4} * i, 16);
  }
  for (int k = 0; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) {
      const f32 factor = a.at[i / 2][k / 4][i % 2 * 4 + k % 4];
      for (int j = 0; j < 8; ++j) sum[i][j] += factor * b.at[k][j];
    }
  }
  for (int i = 0; i < 8; ++i) {
    for (f32& value : sum[i]) value = canonical(value);
    std::memcpy(result.d_even + std::ptrdiff_t{4} * i, sum[i], 16);
    std::memcpy(result.d_odd + std::ptrdiff_t{4} * i, sum[i] + 4, 16);
  }
}

// One register of pairs of f16.
inline void load_halves(const u32* lanes, Accumulator& sum) {
  for (int i = 0; i < 32; ++i) {
    sum.even[i] = Float16::widen(low_half(lanes[i]));
    sum.odd[i] = Float16::widen(high_half(lanes[i]));
  }
}
inline void store_halves(const Accumulator& sum, u32* lanes) {
  for (int i = 0; i < 32; ++i) {
    lanes[i] = make_pair_of_halves(Float16::narrow(sum.even[i]), Float16::narrow(sum.odd[i]));
  }
}

#endif

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
