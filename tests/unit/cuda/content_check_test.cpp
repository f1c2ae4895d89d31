// SPDX-License-Identifier: Apache-2.0
#include "cuda/content_check.h"

#include <gtest/gtest.h>

#include <numeric>

namespace fitest::cuda {
namespace {

class Checksums : public testing::Test {
 protected:
  void SetUp() override { std::iota(words_.begin(), words_.end(), 0u); }
  std::vector<std::uint64_t> sums() const { return checksums(std::as_bytes(std::span(words_))); }
  // Chunks of 4096 words: two whole ones and a part.
  std::vector<std::uint32_t> words_ = std::vector<std::uint32_t>(10000);
};

TEST_F(Checksums, OnePerChunk) {
  EXPECT_EQ(sums().size(), 3u);
  EXPECT_TRUE(checksums({}).empty());
}

TEST_F(Checksums, EqualContentHasEqualSums) {
  EXPECT_EQ(sums(), sums());
}

TEST_F(Checksums, ChangeShowsInItsChunkOnly) {
  const auto before = sums();
  words_[5000] ^= 0x80000000u;
  const auto after = sums();
  EXPECT_EQ(after[0], before[0]);
  EXPECT_NE(after[1], before[1]);
  EXPECT_EQ(after[2], before[2]);
}

TEST_F(Checksums, SwappedWordsShow) {
  const auto before = sums();
  std::swap(words_[1], words_[2]);
  EXPECT_NE(sums()[0], before[0]);
}

TEST_F(Checksums, ChunksOfEqualWordsDiffer) {
  std::fill(words_.begin(), words_.end(), 0u);
  EXPECT_NE(sums()[0], sums()[1]);
}

}  // namespace
}  // namespace fitest::cuda
