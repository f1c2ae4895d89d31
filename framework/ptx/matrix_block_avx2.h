// SPDX-License-Identifier: Apache-2.0
// The functions of matrix_block.h with AVX2, FMA and F16C. Included by exec_matrix.cpp only.
#pragma once

#include <immintrin.h>

#define FITEST_PTX_AVX2
#include "ptx/matrix_block.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

inline __m128i load8(const u8* bytes) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
}
inline __m128i load16(const u8* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

// Eight operands of a format.
template <class Format>
inline __m256 widen8(const u8* bytes);

template <>
inline __m256 widen8<Tf32>(const u8* bytes) {
  const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  return _mm256_castsi256_ps(_mm256_and_si256(words, _mm256_set1_epi32(-0x2000)));
}
template <>
inline __m256 widen8<Half16>(const u8* bytes) {
  return _mm256_cvtph_ps(load16(bytes));
}
template <>
inline __m256 widen8<Brain16>(const u8* bytes) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load16(bytes)), 16));
}
template <>
inline __m256 widen8<Signed8>(const u8* bytes) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load8(bytes)));
}
template <>
inline __m256 widen8<Unsigned8>(const u8* bytes) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load8(bytes)));
}
// E5M2 is the upper byte of f16.
template <>
inline __m256 widen8<Float8<E5M2>>(const u8* bytes) {
  return _mm256_cvtph_ps(_mm_slli_epi16(_mm_cvtepu8_epi16(load8(bytes)), 8));
}
// E4M3 with its exponent in that of f16 is 2^8 too small.
template <>
inline __m256 widen8<Float8<E4M3>>(const u8* bytes) {
  const __m128i codes = _mm_cvtepu8_epi16(load8(bytes));
  const __m128i magnitude = _mm_and_si128(codes, _mm_set1_epi16(0x7F));
  const __m128i sign = _mm_slli_epi16(_mm_xor_si128(codes, magnitude), 8);
  const __m128i nan = _mm_cmpeq_epi16(magnitude, _mm_set1_epi16(0x7F));
  const __m128i half = _mm_or_si128(_mm_slli_epi16(magnitude, 7), sign);
  const __m256 value =
      _mm256_cvtph_ps(_mm_or_si128(half, _mm_and_si128(nan, _mm_set1_epi16(0x7FFF))));
  return _mm256_mul_ps(value, _mm256_set1_ps(256.0F));
}

// One register: 8 rows of 16 bytes, to columns k.. of the wide rows.
template <class Format>
inline void widen_block(const u32* lanes, WideRows& rows, int k) {
  constexpr int eight = 8 * sizeof(typename Format::Bits);  // operands, in bytes
  const auto* bytes = reinterpret_cast<const u8*>(lanes);
  if constexpr (eight > 16) {
    // Two rows at once.
    for (std::ptrdiff_t g = 0; g < 8; g += 2) {
      const __m256 both = widen8<Format>(bytes + 16 * g);
      _mm_storeu_ps(rows.at[g] + k, _mm256_castps256_ps128(both));
      _mm_storeu_ps(rows.at[g + 1] + k, _mm256_extractf128_ps(both, 1));
    }
  } else {
    for (std::ptrdiff_t g = 0; g < 8; ++g) {
      for (std::ptrdiff_t i = 0; i < 16 / eight; ++i) {
        _mm256_storeu_ps(rows.at[g] + k + 8 * i, widen8<Format>(bytes + 16 * g + eight * i));
      }
    }
  }
}

// Columns k..k+7 of eight rows become eight rows.
inline void transpose8(const WideRows& rows, WideColumns& columns, int k) {
  const auto row = [&](std::ptrdiff_t i) { return _mm256_loadu_ps(rows.at[i] + k); };
  __m256 pairs[8];
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm256_unpacklo_ps(row(2 * i), row(2 * i + 1));
    pairs[2 * i + 1] = _mm256_unpackhi_ps(row(2 * i), row(2 * i + 1));
  }
  __m256 quads[8];
  for (std::ptrdiff_t i = 0; i < 2; ++i) {
    const __m256* p = &pairs[4 * i];
    quads[4 * i] = _mm256_shuffle_ps(p[0], p[2], 0x44);
    quads[4 * i + 1] = _mm256_shuffle_ps(p[0], p[2], 0xEE);
    quads[4 * i + 2] = _mm256_shuffle_ps(p[1], p[3], 0x44);
    quads[4 * i + 3] = _mm256_shuffle_ps(p[1], p[3], 0xEE);
  }
  for (std::ptrdiff_t i = 0; i < 4; ++i) {
    _mm256_store_ps(columns.at[k + i], _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x20));
    _mm256_store_ps(columns.at[k + 4 + i], _mm256_permute2f128_ps(quads[i], quads[4 + i], 0x31));
  }
}

inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  int k = 0;
  for (; k + 8 <= k_count; k += 8) transpose8(rows, columns, k);
  for (; k < k_count; ++k) {
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): widen_block filled k_count columns.
    for (int i = 0; i < 8; ++i) columns.at[k][i] = rows.at[i][k];
  }
}

// sum += a * b in the order of k.
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

// Two registers of 32-bit elements; the bits are only moved.
inline void load_words(const u32* even, const u32* odd, Accumulator& sum) {
  for (std::ptrdiff_t g = 0; g < 8; g += 2) {
    const __m256 e = _mm256_loadu_ps(reinterpret_cast<const f32*>(even + 4 * g));
    const __m256 o = _mm256_loadu_ps(reinterpret_cast<const f32*>(odd + 4 * g));
    const __m256 low = _mm256_unpacklo_ps(e, o);
    const __m256 high = _mm256_unpackhi_ps(e, o);
    _mm256_store_ps(sum.at[g], _mm256_permute2f128_ps(low, high, 0x20));
    _mm256_store_ps(sum.at[g + 1], _mm256_permute2f128_ps(low, high, 0x31));
  }
}
inline void store_words(const Accumulator& sum, u32* even, u32* odd) {
  for (std::ptrdiff_t g = 0; g < 8; g += 2) {
    const __m256 x = _mm256_load_ps(sum.at[g]);
    const __m256 y = _mm256_load_ps(sum.at[g + 1]);
    const __m256 low = _mm256_permute2f128_ps(x, y, 0x20);
    const __m256 high = _mm256_permute2f128_ps(x, y, 0x31);
    _mm256_storeu_ps(reinterpret_cast<f32*>(even + 4 * g), _mm256_shuffle_ps(low, high, 0x88));
    _mm256_storeu_ps(reinterpret_cast<f32*>(odd + 4 * g), _mm256_shuffle_ps(low, high, 0xDD));
  }
}

// One register of pairs of f16. NaN is canonical already.
inline void load_halves(const u32* lanes, Accumulator& sum) {
  for (std::ptrdiff_t g = 0; g < 8; ++g) {
    const __m128i row = load16(reinterpret_cast<const u8*>(lanes + 4 * g));
    _mm256_store_ps(sum.at[g], _mm256_cvtph_ps(row));
  }
}
inline void store_halves(const Accumulator& sum, u32* lanes) {
  for (std::ptrdiff_t g = 0; g < 8; ++g) {
    const __m128i row = _mm256_cvtps_ph(_mm256_load_ps(sum.at[g]), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lanes + 4 * g), row);
  }
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
