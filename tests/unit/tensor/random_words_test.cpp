// SPDX-License-Identifier: Apache-2.0
#include "tensor/random_words.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace fitest {
namespace {

const GeneratorKey kKey{.seed = 42,
                        .definition = "rmsnorm_h4096",
                        .workload_uuid = "0b1d",
                        .input = "hidden_states",
                        .trial = 0};

TEST(RandomWords, AreTheSameWhereverOneStarts) {
  const RandomWords random(kKey);
  std::vector<std::uint32_t> all(1000);
  random.fill(0, all);
  for (std::size_t first = 0; first < 300; first += 7) {
    std::vector<std::uint32_t> part(500 + first % 5);
    random.fill(first, part);
    for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], all[first + i]);
    ASSERT_EQ(random.word(first), all[first]);
  }
}

TEST(RandomWords, CountBlocksBeyondThirtyTwoBits) {
  const RandomWords random(kKey);
  std::vector<std::uint32_t> part(300);
  const std::uint64_t first = (std::uint64_t{1} << 34) - 150;
  random.fill(first, part);
  for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], random.word(first + i));
  EXPECT_NE(random.word(std::uint64_t{1} << 34), random.word(0));
}

TEST(RandomWords, DependOnEveryFieldOfTheKey) {
  std::vector<GeneratorKey> keys(6, kKey);
  keys[1].seed = 43;
  keys[2].definition = "rmsnorm_h409";
  keys[3].workload_uuid = "60b1d";  // shifts a character from one field to the next
  keys[4].input = "weight";
  keys[5].trial = 1;
  std::set<std::uint32_t> words;
  for (const GeneratorKey& key : keys) words.insert(RandomWords(key).word(0));
  EXPECT_EQ(words.size(), keys.size());
}

TEST(RandomWords, KeepTheirBits) {
  const RandomWords random(kKey);
  const std::vector<std::uint32_t> expected{0xB45173BC, 0x2C03555B, 0x26D8E7C6,
                                            0x59BFBCED, 0xD6B4AD9E, 0x246F91BF};
  std::vector<std::uint32_t> words(expected.size());
  random.fill(0, words);
  EXPECT_EQ(words, expected);
}

}  // namespace
}  // namespace fitest
