// SPDX-License-Identifier: Apache-2.0
#include "tensor/normal.h"

#include "tensor/simd.h"

namespace fitest {
namespace {

FITEST_SIMD void convert(const std::uint32_t* words, std::size_t count, float* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = normal_from_word(words[i]);
}

}  // namespace

void normals_from_words(std::span<const std::uint32_t> words, std::span<float> out) {
  convert(words.data(), words.size(), out.data());
}

}  // namespace fitest
