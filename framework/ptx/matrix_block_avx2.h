// SPDX-License-Identifier: Apache-2.0
// The functions of matrix_block.h with AVX2, FMA and F16C. Included by exec_matrix.cpp only.
#pragma once

#include <immintrin.h>

#define FITEST_PTX_AVX2
#include "ptx/matrix_block.h"

namespace fitest::ptx::FITEST_PTX_LEVEL {

inline __m128i load16(const u32* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}
inline __m256i load32(const u32* bytes) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
}

// Eight operands of a format of up to 16 bits, from the lowest bytes.
template <class Format>
inline __m256 widen8(__m128i bytes);

template <>
inline __m256 widen8<Half16>(__m128i bytes) {
  return _mm256_cvtph_ps(bytes);
}
template <>
inline __m256 widen8<Brain16>(__m128i bytes) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bytes), 16));
}
template <>
inline __m256 widen8<Signed8>(__m128i bytes) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
}
template <>
inline __m256 widen8<Unsigned8>(__m128i bytes) {
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
}
// E5M2 is the upper byte of f16.
template <>
inline __m256 widen8<Float8<E5M2>>(__m128i bytes) {
  return _mm256_cvtph_ps(_mm_slli_epi16(_mm_cvtepu8_epi16(bytes), 8));
}
// E4M3 with its exponent in that of f16 is 2^8 too small.
template <>
inline __m256 widen8<Float8<E4M3>>(__m128i bytes) {
  const __m128i codes = _mm_cvtepu8_epi16(bytes);
  const __m128i magnitude = _mm_and_si128(codes, _mm_set1_epi16(0x7F));
  const __m128i sign = _mm_slli_epi16(_mm_xor_si128(codes, magnitude), 8);
  const __m128i nan = _mm_cmpeq_epi16(magnitude, _mm_set1_epi16(0x7F));
  const __m128i half = _mm_or_si128(_mm_slli_epi16(magnitude, 7), sign);
  const __m256 value =
      _mm256_cvtph_ps(_mm_or_si128(half, _mm_and_si128(nan, _mm_set1_epi16(0x7FFF))));
  return _mm256_mul_ps(value, _mm256_set1_ps(256.0F));
}

// Two rows of 16 bytes, to vectors of four operands of each row.
template <class Format>
inline void widen_pair(const u32* lanes, f32 (*to)[8]) {
  if constexpr (sizeof(typename Format::Bits) == 4) {
    const __m256i words = _mm256_and_si256(load32(lanes), _mm256_set1_epi32(-0x2000));
    _mm256_store_ps(to[0], _mm256_castsi256_ps(words));
  } else if constexpr (sizeof(typename Format::Bits) == 2) {
    const __m256i both = _mm256_permute4x64_epi64(load32(lanes), 0xD8);
    _mm256_store_ps(to[0], widen8<Format>(_mm256_castsi256_si128(both)));
    _mm256_store_ps(to[1], widen8<Format>(_mm256_extracti128_si256(both, 1)));
  } else {
    const __m128i low = _mm_unpacklo_epi32(load16(lanes), load16(lanes + 4));
    const __m128i high = _mm_unpackhi_epi32(load16(lanes), load16(lanes + 4));
    _mm256_store_ps(to[0], widen8<Format>(low));
    _mm256_store_ps(to[1], widen8<Format>(_mm_srli_si128(low, 8)));
    _mm256_store_ps(to[2], widen8<Format>(high));
    _mm256_store_ps(to[3], widen8<Format>(_mm_srli_si128(high, 8)));
  }
}
template <>
inline void widen_pair<Brain16>(const u32* lanes, f32 (*to)[8]) {
  const __m256i both = load32(lanes);
  const __m256i zero = _mm256_setzero_si256();
  _mm256_store_ps(to[0], _mm256_castsi256_ps(_mm256_unpacklo_epi16(zero, both)));
  _mm256_store_ps(to[1], _mm256_castsi256_ps(_mm256_unpackhi_epi16(zero, both)));
}

// One register: 8 rows of 16 bytes, to columns k.. of the wide rows.
template <class Format>
inline void widen_block(const u32* lanes, WideRows& rows, int k) {
  for (std::ptrdiff_t pair = 0; pair < 4; ++pair) {
    widen_pair<Format>(lanes + 8 * pair, &rows.at[pair][k / 4]);
  }
}

// Four k of eight rows become four rows.
inline void transpose4(const WideRows& rows, WideColumns& columns, int k) {
  __m256 pair[4];
  for (int i = 0; i < 4; ++i) pair[i] = _mm256_load_ps(rows.at[i][k / 4]);
  const __m256 low0 = _mm256_unpacklo_ps(pair[0], pair[1]);
  const __m256 high0 = _mm256_unpackhi_ps(pair[0], pair[1]);
  const __m256 low1 = _mm256_unpacklo_ps(pair[2], pair[3]);
  const __m256 high1 = _mm256_unpackhi_ps(pair[2], pair[3]);
  _mm256_store_ps(columns.at[k], _mm256_shuffle_ps(low0, low1, 0x44));
  _mm256_store_ps(columns.at[k + 1], _mm256_shuffle_ps(low0, low1, 0xEE));
  _mm256_store_ps(columns.at[k + 2], _mm256_shuffle_ps(high0, high1, 0x44));
  _mm256_store_ps(columns.at[k + 3], _mm256_shuffle_ps(high0, high1, 0xEE));
}

inline void transpose(const WideRows& rows, WideColumns& columns, int k_count) {
  for (int k = 0; k < k_count; k += 4) transpose4(rows, columns, k);
}

// NaN becomes canonical: nearly always there is none, which is quick to see.
inline void make_canonical(__m256 (&rows)[8]) {
  __m256 has_nan = _mm256_setzero_ps();
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    has_nan = _mm256_or_ps(has_nan, _mm256_cmp_ps(rows[i], rows[i], _CMP_UNORD_Q));
  }
  if (_mm256_movemask_ps(has_nan) == 0) [[likely]]
    return;
  const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<s32>(kNanF32)));
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    rows[i] = _mm256_blendv_ps(rows[i], nan, _mm256_cmp_ps(rows[i], rows[i], _CMP_UNORD_Q));
  }
}

// d = c + a * b, added in the order of k. A vector holds one row of the results: the even columns,
// then the odd ones.
inline void multiply_block(const WideRows& a, const WideColumns& b, int k_count,
                           const BlockResult& result) {
  __m256 rows[8];
#pragma GCC unroll 8
  for (std::ptrdiff_t i = 0; i < 8; ++i) {
    const __m256 even = _mm256_castps128_ps256(_mm_loadu_ps(result.c_even + 4 * i));
    rows[i] = _mm256_insertf128_ps(even, _mm_loadu_ps(result.c_odd + 4 * i), 1);
  }
  for (int k = 0; k < k_count; k += 4) {
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const __m256 columns = _mm256_load_ps(b.at[k + j]);
#pragma GCC unroll 8
      for (int i = 0; i < 8; ++i) {
        const __m256 factor = _mm256_broadcast_ss(&a.at[i / 2][k / 4][i % 2 * 4 + j]);
        rows[i] = _mm256_fmadd_ps(factor, columns, rows[i]);
      }
    }
  }
  make_canonical(rows);
#pragma GCC unroll 8
  for (std::ptrdiff_t i = 0; i < 8; ++i) {
    _mm_storeu_ps(result.d_even + 4 * i, _mm256_castps256_ps128(rows[i]));
    _mm_storeu_ps(result.d_odd + 4 * i, _mm256_extractf128_ps(rows[i], 1));
  }
}

// One register of pairs of f16. NaN is canonical already.
inline void load_halves(const u32* lanes, Accumulator& sum) {
  for (std::ptrdiff_t i = 0; i < 32; i += 8) {
    const __m256i pairs = load32(lanes + i);
    const __m256i low = _mm256_and_si256(pairs, _mm256_set1_epi32(0xFFFF));
    const __m256i mixed = _mm256_packus_epi32(low, _mm256_srli_epi32(pairs, 16));
    const __m256i halves = _mm256_permute4x64_epi64(mixed, 0xD8);
    _mm256_store_ps(sum.even + i, _mm256_cvtph_ps(_mm256_castsi256_si128(halves)));
    _mm256_store_ps(sum.odd + i, _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1)));
  }
}
// In the pieces of 16 bytes that multiply_block() wrote: larger ones would wait for its stores.
inline void store_halves(const Accumulator& sum, u32* lanes) {
  for (std::ptrdiff_t i = 0; i < 32; i += 4) {
    const __m128i even = _mm_cvtps_ph(_mm_load_ps(sum.even + i), _MM_FROUND_TO_NEAREST_INT);
    const __m128i odd = _mm_cvtps_ph(_mm_load_ps(sum.odd + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(lanes + i), _mm_unpacklo_epi16(even, odd));
  }
}

}  // namespace fitest::ptx::FITEST_PTX_LEVEL
