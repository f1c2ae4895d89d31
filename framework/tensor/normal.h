// SPDX-License-Identifier: Apache-2.0
// Standard normal variates from random words, with IEEE float additions, multiplications and one
// square root alone: the same bits on every processor and on a GPU (with __fadd_rn, __fmul_rn and
// __fsqrt_rn in the place of +, * and sqrt). Whoever includes this must be compiled with
// -ffp-contract=off where the target has fma.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <span>

namespace fitest {

template <std::size_t kSize>
constexpr float evaluate_polynomial(const float (&coefficients)[kSize], float x) {
  float sum = coefficients[0];
  for (std::size_t i = 1; i < kSize; ++i) sum = sum * x + coefficients[i];
  return sum;
}

inline constexpr float kLogCoefficients[] = {-0.100345193f, 0.163356268f,  -0.173260176f,
                                             0.198882793f,  -0.249614634f, 0.333352614f,
                                             -0.500005844f};
inline constexpr std::uint32_t kSqrtHalf = 0x3F3504F3u;  // 0.70710677f

// Natural logarithm of a positive normal float, absolute error below 1e-7 near 1.
inline float portable_log(float x) {
  const auto word = std::bit_cast<std::uint32_t>(x) - kSqrtHalf;
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(word) >> 23);
  const float mantissa = std::bit_cast<float>((word & 0x7FFFFFu) + kSqrtHalf);  // [√½, √2)
  const float f = mantissa - 1.0f;
  return exponent * 0.693147182f + (f + f * f * evaluate_polynomial(kLogCoefficients, f));
}

// Of p(w) below for w - 2.5 in [-2.5, 2.5] and for √w - 3.25 in [-1.02, 1.5].
inline constexpr float kNormalCentre[] = {4.03578402e-08f,  4.86103797e-07f, -4.99060501e-06f,
                                          -6.21799117e-06f, 0.000309150345f, -0.00177301015f,
                                          -0.00590817108f,  0.34880266f,     2.12331357f};
inline constexpr float kNormalTail[] = {-1.21826482e-05f, -0.00022828899f, 0.00124939167f,
                                        -0.00262897799f,  0.00363415067f,  -0.00522013064f,
                                        0.00756745909f,   1.4216418f,      4.3612738f};

// The quantile function after Giles, "Approximating the erfinv function" (GPU Computing Gems,
// Jade Edition, 2012): z = x p(w), w = -log(1 - x²), with coefficients fitted anew for normal
// variates and for tails to 2^-33; relative error below 1e-6. The top bit of the word is the sign,
// the other 31 are the two-sided tail probability v = 1 - |x|, so that tails keep full precision:
// |z| reaches 6.3.
inline float normal_from_word(std::uint32_t word) {
  const auto magnitude = static_cast<std::int32_t>(word & 0x7FFFFFFFu);
  const float v = (static_cast<float>(magnitude) + 0.5f) * 0x1p-31f;
  const float w = -portable_log(v * (2.0f - v));
  const float centre = evaluate_polynomial(kNormalCentre, w - 2.5f);
  const float tail = evaluate_polynomial(kNormalTail, std::sqrt(std::fabs(w)) - 3.25f);
  const float z = (1.0f - v) * (w < 5.0f ? centre : tail);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(z) | (word & 0x80000000u));
}

// normal_from_word of every word; both spans have one length.
void normals_from_words(std::span<const std::uint32_t> words, std::span<float> out);

}  // namespace fitest
