// SPDX-License-Identifier: Apache-2.0
// The random words behind an input tensor: word i is the same wherever and however it is drawn.
#pragma once

#include <cstdint>
#include <span>

#include "base/philox.h"
#include "tensor/generate.h"

namespace fitest {

// Word i is word i % 4 of the Philox block whose counter is (i / 4, stream). The first 16 bytes of
// SHA-256 over the fields of the GeneratorKey are Philox's key and the stream.
class RandomWords {
 public:
  explicit RandomWords(const GeneratorKey& key);
  std::uint32_t word(std::uint64_t index) const;
  // Words [first, first + out.size()).
  void fill(std::uint64_t first, std::span<std::uint32_t> out) const;

 private:
  PhiloxBlock block(std::uint64_t index) const;
  PhiloxKey key_{};
  std::uint32_t stream_low_ = 0;
  std::uint32_t stream_high_ = 0;
};

}  // namespace fitest
