// SPDX-License-Identifier: Apache-2.0
#include "cuda/poison.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>

#include "base/small_float.h"

namespace fitest::cuda {
namespace {

TEST(Poison, EveryFloatTypeReadsNan) {
  const std::array words{kPoisonWord, kPoisonWord};
  EXPECT_TRUE(std::isnan(std::bit_cast<float>(kPoisonWord)));
  EXPECT_TRUE(std::isnan(std::bit_cast<double>(words)));
  for (const std::uint32_t half : {kPoisonWord & 0xFFFF, kPoisonWord >> 16}) {
    EXPECT_TRUE(std::isnan(half_to_float(static_cast<std::uint16_t>(half))));
    EXPECT_TRUE(std::isnan(bfloat16_to_float(static_cast<std::uint16_t>(half))));
  }
  for (int shift = 0; shift < 32; shift += 8) {
    const auto byte = static_cast<std::uint8_t>(kPoisonWord >> shift);
    EXPECT_TRUE(std::isnan(e4m3fn_to_float(byte)));
    EXPECT_TRUE(std::isnan(e5m2_to_float(byte)));
  }
}

TEST(Poison, IsNoCanonicalNanOrItsNegation) {
  for (const std::uint32_t made : {0x7FFFFFFFu, 0xFFFFFFFFu, 0x7FFF7FFFu, 0x7FC00000u}) {
    EXPECT_NE(kPoisonWord, made);
  }
}

}  // namespace
}  // namespace fitest::cuda
