// SPDX-License-Identifier: Apache-2.0
#include "tensor/random_words.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "base/sha256.h"
#include "tensor/simd.h"

namespace fitest {
namespace {

constexpr std::size_t kLanes = 32;  // blocks that the vectorised loop computes side by side

using Lanes = std::array<std::uint32_t, kLanes>;

// One round of philox4x32_10 on every lane.
inline void round(std::array<Lanes, 4>& counter, const PhiloxKey& key) {
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0][lane];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2][lane];
    counter[0][lane] = static_cast<std::uint32_t>(product1 >> 32) ^ counter[1][lane] ^ key[0];
    counter[1][lane] = static_cast<std::uint32_t>(product1);
    counter[2][lane] = static_cast<std::uint32_t>(product0 >> 32) ^ counter[3][lane] ^ key[1];
    counter[3][lane] = static_cast<std::uint32_t>(product0);
  }
}

// Blocks [first, first + kLanes) of the stream, in order, to out[4 * kLanes].
FITEST_SIMD void fill_lanes(std::uint64_t first, const PhiloxBlock& stream, PhiloxKey key,
                            std::uint32_t* out) {
  std::array<Lanes, 4> counter;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const std::uint64_t index = first + lane;
    counter[0][lane] = static_cast<std::uint32_t>(index);
    counter[1][lane] = static_cast<std::uint32_t>(index >> 32);
    counter[2][lane] = stream[2];
    counter[3][lane] = stream[3];
  }
  for (int i = 0; i < 10; ++i) {
    round(counter, key);
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t word = 0; word < 4; ++word) out[4 * lane + word] = counter[word][lane];
  }
}

std::uint32_t parse_word(const std::string& digits, std::size_t word) {
  std::uint32_t value = 0;
  const char* begin = digits.data() + 8 * word;
  std::from_chars(begin, begin + 8, value, 16);
  return value;
}

}  // namespace

RandomWords::RandomWords(const GeneratorKey& key) {
  Sha256 hash;
  hash.field("fitest input 1").field(std::to_string(key.seed)).field(key.definition);
  hash.field(key.workload_uuid).field(key.input).field(std::to_string(key.trial));
  const std::string digest = hash.hex_digest();
  key_ = {parse_word(digest, 0), parse_word(digest, 1)};
  stream_low_ = parse_word(digest, 2);
  stream_high_ = parse_word(digest, 3);
}

PhiloxBlock RandomWords::block(std::uint64_t index) const {
  return philox4x32_10({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                        stream_low_, stream_high_},
                       key_);
}

std::uint32_t RandomWords::word(std::uint64_t index) const {
  return block(index / 4)[index % 4];
}

void RandomWords::fill(std::uint64_t first, std::span<std::uint32_t> out) const {
  std::size_t done = 0;
  for (; done < out.size() && (first + done) % 4 != 0; ++done) out[done] = word(first + done);
  for (; done + 4 * kLanes <= out.size(); done += 4 * kLanes) {
    fill_lanes((first + done) / 4, {0, 0, stream_low_, stream_high_}, key_, out.data() + done);
  }
  for (; done < out.size(); done += 4) {
    const PhiloxBlock words = block((first + done) / 4);
    std::copy_n(words.begin(), std::min<std::size_t>(4, out.size() - done),
                out.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

}  // namespace fitest
