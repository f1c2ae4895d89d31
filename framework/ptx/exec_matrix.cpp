// SPDX-License-Identifier: Apache-2.0
// The products of matrix.h, for each level: blocks of 8 by 8 results in f32 vectors.
#if defined(__AVX2__) && defined(__FMA__) && defined(__F16C__)
#include <immintrin.h>
#define FITEST_PTX_AVX2
#endif

#include <cstring>

#include "ptx/convert.h"
#include "ptx/exec.h"
#include "ptx/half.h"
#include "ptx/matrix.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {
namespace {

constexpr int kMaxK = 32;
constexpr int kMaxRowBlocks = 4;
constexpr int kMaxBlocks = 4;  // of 8 by 8 results

// Eight rows of K operands, widened to f32; K may be less than kMaxK, the stride is kMaxK.
struct alignas(32) WideRows {
  f32 at[8][kMaxK];
};
// K rows of eight.
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

// One register: 8 rows of 16 bytes, to columns k.. of the wide rows.
template <class Format>
inline void widen_block(const u32* lanes, WideRows& rows, int k) {
  constexpr int kCount = 16 / sizeof(typename Format::Bits);
  for (int g = 0; g < 8; ++g) {
    typename Format::Bits bits[kCount];
    std::memcpy(bits, lanes + 4 * g, 16);
    f32* out = rows.at[g] + k;
    for (int i = 0; i < kCount; ++i) out[i] = Format::widen(bits[i]);
  }
}

#ifdef FITEST_PTX_AVX2
template <>
inline void widen_block<Half16>(const u32* lanes, WideRows& rows, int k) {
  for (int g = 0; g < 8; ++g) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes + 4 * g));
    _mm256_storeu_ps(rows.at[g] + k, _mm256_cvtph_ps(bits));
  }
}
template <>
inline void widen_block<Brain16>(const u32* lanes, WideRows& rows, int k) {
  for (int g = 0; g < 8; ++g) {
    const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lanes + 4 * g));
    const __m256i wide = _mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16);
    _mm256_storeu_ps(rows.at[g] + k, _mm256_castsi256_ps(wide));
  }
}

// Columns k..k+7 of eight rows become eight rows.
inline void transpose8(const WideRows& rows, WideColumns& columns, int k) {
  const auto row = [&](int i) { return _mm256_loadu_ps(rows.at[i] + k); };
  __m256 pairs[8];
  for (int i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm256_unpacklo_ps(row(2 * i), row(2 * i + 1));
    pairs[2 * i + 1] = _mm256_unpackhi_ps(row(2 * i), row(2 * i + 1));
  }
  __m256 quads[8];
  for (int i = 0; i < 2; ++i) {
    const __m256* p = pairs + 4 * i;
    quads[4 * i] = _mm256_shuffle_ps(p[0], p[2], 0x44);
    quads[4 * i + 1] = _mm256_shuffle_ps(p[0], p[2], 0xEE);
    quads[4 * i + 2] = _mm256_shuffle_ps(p[1], p[3], 0x44);
    quads[4 * i + 3] = _mm256_shuffle_ps(p[1], p[3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    _mm256_store_ps(columns.at[k + i], _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x20));
    _mm256_store_ps(columns.at[k + 4 + i], _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x31));
  }
}

inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  int k = 0;
  for (; k + 8 <= k_count; k += 8) transpose8(rows, columns, k);
  for (; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) columns.at[k][i] = rows.at[i][k];
  }
}

// sum += a * b, each step rounded once.
inline void multiply_block(const WideRows& a, const WideColumns& b, int k_count, Accumulator& sum) {
  __m256 rows[8];
  for (int i = 0; i < 8; ++i) rows[i] = _mm256_load_ps(sum.at[i]);
  for (int k = 0; k < k_count; ++k) {
    const __m256 column = _mm256_load_ps(b.at[k]);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      rows[i] = _mm256_fmadd_ps(_mm256_broadcast_ss(&a.at[i][k]), column, rows[i]);
    }
  }
  for (int i = 0; i < 8; ++i) _mm256_store_ps(sum.at[i], rows[i]);
}
#else
inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  for (int k = 0; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) columns.at[k][i] = rows.at[i][k];
  }
}

// Products are exact, so that adding them rounds as fma does.
inline void multiply_block(const WideRows& a, const WideColumns& b, int k_count, Accumulator& sum) {
  for (int k = 0; k < k_count; ++k) {
    for (int i = 0; i < 8; ++i) {
      for (int j = 0; j < 8; ++j) sum.at[i][j] += a.at[i][k] * b.at[k][j];
    }
  }
}
#endif

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

inline void load_f32(const u32* even, const u32* odd, Accumulator& sum) {
  for (int g = 0; g < 8; ++g) {
    for (int t = 0; t < 4; ++t) {
      sum.at[g][2 * t] = from_bits<f32>(even[4 * g + t]);
      sum.at[g][2 * t + 1] = from_bits<f32>(odd[4 * g + t]);
    }
  }
}
inline void store_f32(const Accumulator& sum, u32* even, u32* odd) {
  for (int g = 0; g < 8; ++g) {
    for (int t = 0; t < 4; ++t) {
      even[4 * g + t] = to_bits(canonical(sum.at[g][2 * t]));
      odd[4 * g + t] = to_bits(canonical(sum.at[g][2 * t + 1]));
    }
  }
}
inline void load_f16(const u32* lanes, Accumulator& sum) {
  for (int i = 0; i < 32; ++i) {
    sum.at[i / 4][2 * (i % 4)] = Float16::widen(low_half(lanes[i]));
    sum.at[i / 4][2 * (i % 4) + 1] = Float16::widen(high_half(lanes[i]));
  }
}
inline void store_f16(const Accumulator& sum, u32* lanes) {
  for (int i = 0; i < 32; ++i) {
    lanes[i] = make_pair_of_halves(Float16::narrow(sum.at[i / 4][2 * (i % 4)]),
                                   Float16::narrow(sum.at[i / 4][2 * (i % 4) + 1]));
  }
}

// Sums of products of 8 bits are exact in f32; c, of 32 bits, is added as an integer.
inline u32 add_integer(f32 products, u32 c, bool clamp) {
  const s64 sum = s64{static_cast<s32>(products)} + static_cast<s32>(c);
  return clamp ? static_cast<u32>(clamp_integer<s32>(sum)) : static_cast<u32>(sum);
}

void load_accumulator(const MatrixForm& form, const MatrixOperands& operands, int block,
                      Accumulator& sum) {
  const auto at = static_cast<std::size_t>(block);
  if (form.c == Type::F32) {
    load_f32(operands.c[2 * at], operands.c[2 * at + 1], sum);
  } else if (form.c == Type::F16) {
    load_f16(operands.c[at], sum);
  } else {
    sum = Accumulator{};
  }
}

// Integer results are kept as bits until all of c has been read.
void finish_integers(const MatrixForm& form, const MatrixOperands& operands, int block,
                     Accumulator& sum) {
  for (int i = 0; i < 64; ++i) {
    const u32* c = operands.c[static_cast<std::size_t>(2 * block + i % 2)];
    f32& value = sum.at[i / 8][i % 8];
    value = from_bits<f32>(add_integer(value, c[4 * (i / 8) + i % 8 / 2], form.satfinite));
  }
}

void store_integers(const Accumulator& sum, u32* even, u32* odd) {
  for (int i = 0; i < 32; ++i) {
    even[i] = to_bits(sum.at[i / 4][2 * (i % 4)]);
    odd[i] = to_bits(sum.at[i / 4][2 * (i % 4) + 1]);
  }
}

void store_accumulator(const MatrixForm& form, const MatrixOperands& operands, int block,
                       const Accumulator& sum) {
  const auto at = static_cast<std::size_t>(block);
  if (form.d == Type::F16) {
    store_f16(sum, operands.d[at]);
  } else if (form.d == Type::F32) {
    store_f32(sum, operands.d[2 * at], operands.d[2 * at + 1]);
  } else {
    store_integers(sum, operands.d[2 * at], operands.d[2 * at + 1]);
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
      load_accumulator(form, operands, block, sums[block]);
      multiply_block(a[row], b, form.k, sums[block]);
      if (form.c == Type::S32) finish_integers(form, operands, block, sums[block]);
    }
  }
  // Only now, as d may be the registers of a, b or c.
  for (int block = 0; block < layout.row_blocks * layout.n_blocks; ++block) {
    store_accumulator(form, operands, block, sums[block]);
  }
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
