// SPDX-License-Identifier: Apache-2.0
#include "tensor/normal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace fitest {
namespace {

// P(|Z| > z) that the word stands for.
double tail_of(std::uint32_t word) {
  return (static_cast<double>(word & 0x7FFFFFFFu) + 0.5) * 0x1p-31;
}

TEST(Normal, IsTheQuantileFunctionOfTheNormalDistribution) {
  for (std::uint32_t word = 0; word < 0x7FFFFF00u; word += 40503) {
    const double z = normal_from_word(word);
    const double tail = tail_of(word);
    // d tail / d z = -2 φ(z): the error of z from the error of its tail.
    const double slope = 2 * std::exp(-z * z / 2) / std::sqrt(2 * M_PI);
    const double error = std::fabs(std::erfc(z / std::sqrt(2.0)) - tail) / slope;
    ASSERT_LT(error, 1e-6 * std::max(z, 1.0)) << word;
  }
}

TEST(Normal, FollowsTheTailsToOnePartInFourBillion) {
  for (std::uint32_t word = 0; word < 1000; ++word) {
    const double z = normal_from_word(word);
    EXPECT_NEAR(std::erfc(z / std::sqrt(2.0)) / tail_of(word), 1, 3e-5) << word;
  }
  EXPECT_NEAR(normal_from_word(0), 6.338, 0.01);
}

TEST(Normal, IsSymmetricAndNeverGrowsWithTheTail) {
  float before = normal_from_word(0);
  for (std::uint32_t word = 0; word < 0x80000000u; word += 65537) {
    const float z = normal_from_word(word);
    ASSERT_EQ(normal_from_word(word | 0x80000000u), -z);
    ASSERT_LE(z, before * (1 + 1e-6f));
    before = z;
  }
  EXPECT_EQ(normal_from_word(0x7FFFFFFFu), 0.0f);
}

TEST(Normal, KeepsItsBits) {
  constexpr std::array<std::uint32_t, 8> kWords{0,          1,          0x12345678, 0x7FFFFFFF,
                                                0x80000000, 0x006E0000, 0x006F0000, 0xDEADBEEF};
  constexpr std::array<std::uint32_t, 8> kBits{0x40CAD092, 0x40C55362, 0x3FBBD933, 0x00000000,
                                               0xC0CAD092, 0x403BB672, 0x403B8862, 0xBEAA20B4};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(normal_from_word(kWords[i])), kBits[i]) << kWords[i];
  }
}

TEST(Normal, HasTheSameBitsInBulkAndOneByOne) {
  std::vector<std::uint32_t> words(100003);
  for (std::size_t i = 0; i < words.size(); ++i) {
    words[i] = static_cast<std::uint32_t>(i * 2654435761u);
  }
  std::vector<float> values(words.size());
  normals_from_words(words, values);
  for (std::size_t i = 0; i < words.size(); ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(values[i]),
              std::bit_cast<std::uint32_t>(normal_from_word(words[i])));
  }
}

}  // namespace
}  // namespace fitest
