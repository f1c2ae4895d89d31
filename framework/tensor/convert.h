// SPDX-License-Identifier: Apache-2.0
// Branch-free conversions to and from the narrow floating-point formats, for loops that vectorise;
// bit for bit those of base/small_float.h.
#pragma once

#include <bit>
#include <cstdint>

#include "base/small_float.h"

namespace fitest {

// Nearest code, ties to even; formats with fewer than eight exponent bits. The addition of
// `magic` aligns a subnormal's quantum with the last bit of a float, whose own rounding then does
// the work.
template <FloatFormat kFormat, Overflow kOverflow>
constexpr std::uint32_t encode_branch_free(float value) {
  constexpr int drop = 23 - kFormat.mantissa_bits;
  constexpr std::uint32_t smallest_normal = static_cast<std::uint32_t>(128 - kFormat.bias()) << 23;
  constexpr std::uint32_t magic =
      static_cast<std::uint32_t>(128 - kFormat.bias() + 23 - kFormat.mantissa_bits) << 23;
  constexpr std::uint32_t rebias = static_cast<std::uint32_t>(kFormat.bias() - 127) << 23;
  constexpr std::uint32_t overflowed =
      kOverflow == Overflow::Infinity && kFormat.infinity != 0 ? kFormat.infinity
      : kOverflow == Overflow::Saturate || kFormat.nan == 0    ? kFormat.max_finite
                                                               : kFormat.nan;
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = word & 0x7FFFFFFFu;
  const std::uint32_t sign = (word >> 31) << (kFormat.bits() - 1);
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + std::bit_cast<float>(magic)) -
      magic;
  const std::uint32_t odd = (magnitude >> drop) & 1u;
  const std::uint32_t normal = (magnitude + rebias + ((1u << (drop - 1)) - 1) + odd) >> drop;
  std::uint32_t code = magnitude < smallest_normal ? subnormal : normal;
  code = magnitude >= smallest_normal && normal > kFormat.max_finite ? overflowed : code;
  code |= sign;
  const std::uint32_t nan = kFormat.nan == 0 ? kFormat.max_finite : (sign | kFormat.nan);
  return magnitude > 0x7F800000u ? nan : code;
}

constexpr float half_to_float_branch_free(std::uint16_t code) {
  constexpr std::uint32_t smallest_normal = 113u << 23;
  const std::uint32_t sign = static_cast<std::uint32_t>(code & 0x8000u) << 16;
  const std::uint32_t shifted = static_cast<std::uint32_t>(code & 0x7FFFu) << 13;
  const std::uint32_t normal = shifted + (112u << 23);
  const std::uint32_t special = shifted + (224u << 23);
  const std::uint32_t quiet = shifted > (31u << 23) ? 0x400000u : 0u;
  const auto subnormal = std::bit_cast<std::uint32_t>(
      std::bit_cast<float>(shifted + smallest_normal) - std::bit_cast<float>(smallest_normal));
  const std::uint32_t finite = shifted < (1u << 23) ? subnormal : normal;
  return std::bit_cast<float>(sign | (shifted >= (31u << 23) ? special | quiet : finite));
}

}  // namespace fitest
