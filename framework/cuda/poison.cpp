// SPDX-License-Identifier: Apache-2.0
#include "cuda/poison.h"

#include <cstring>

namespace fitest::cuda {

std::uint64_t count_poisoned_words(std::span<const std::byte> bytes) {
  std::uint64_t count = 0;
  for (std::size_t offset = 0; offset + 4 <= bytes.size(); offset += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + offset, sizeof word);
    count += word == kPoisonWord ? 1 : 0;
  }
  return count;
}

}  // namespace fitest::cuda
