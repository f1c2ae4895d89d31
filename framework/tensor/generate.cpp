// SPDX-License-Identifier: Apache-2.0
#include "tensor/generate.h"

#include <array>

#include "base/error.h"
#include "tensor/fill.h"
#include "tensor/normal.h"
#include "tensor/random_words.h"

namespace fitest {
namespace {

using Words = std::array<std::uint32_t, kFillChunk>;

void fill_normal(Tensor& tensor, const RandomWords& random, float bound) {
  fill<float>(tensor, [&](std::size_t first, std::span<float> out) {
    Words words;
    const auto drawn = std::span(words).first(out.size());
    random.fill(first, drawn);
    normals_from_words(drawn, out);
    if (bound > 0) {
      for (float& value : out) value = std::clamp(value, -bound, bound);
    }
  });
}

// Uniform over [-2^(bits-1), 2^(bits-1)), from the top bits of each word.
void fill_integers(Tensor& tensor, const RandomWords& random, int bits) {
  fill<float>(tensor, [&](std::size_t first, std::span<float> out) {
    Words words;
    random.fill(first, std::span(words).first(out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<float>(static_cast<std::int32_t>(words[i]) >> (32 - bits));
    }
  });
}

void fill_bools(Tensor& tensor, const RandomWords& random) {
  fill<float>(tensor, [&](std::size_t first, std::span<float> out) {
    Words words;
    random.fill(first, std::span(words).first(out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(words[i] >> 31);
  });
}

}  // namespace

Tensor generate_random(DType dtype, const Shape& shape, const GeneratorKey& key) {
  Tensor tensor(dtype, shape);
  const RandomWords random(key);
  switch (dtype) {
    case DType::Float32:
    case DType::Float16:
    case DType::BFloat16:
      fill_normal(tensor, random, 0);
      break;
    case DType::Float8E4M3Fn:
    case DType::Float8E5M2:
    case DType::Float4E2M1:
      fill_normal(tensor, random, 2);
      break;
    case DType::Bool:
      fill_bools(tensor, random);
      break;
    case DType::Int8:
      fill_integers(tensor, random, 8);
      break;
    case DType::Int16:
    case DType::Int32:
    case DType::Int64:
      fill_integers(tensor, random, 11);
      break;
    default:
      fail(ErrorKind::Input,
           "dtype " + std::string(name_of(dtype)) + " has no random distribution");
  }
  return tensor;
}

double generate_random_scalar(DType dtype, const GeneratorKey& key) {
  return element_as_double(generate_random(dtype, {}, key), 0);
}

}  // namespace fitest
