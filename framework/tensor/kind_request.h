// SPDX-License-Identifier: Apache-2.0
// What one generated input asks for, and the makers of the kinds.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "tensor/fill.h"
#include "tensor/generate.h"
#include "tensor/random_words.h"

namespace fitest {

struct KindRequest {
  const GeneratorSpec& spec;
  DType dtype;
  const Shape& shape;
  const GeneratorKey& key;

  // Throws an Error (Input) that names the kind.
  [[noreturn]] void refuse(const std::string& why) const;
  double number(const std::string& name, double otherwise = 0) const;
  std::int64_t integer(const std::string& name, std::int64_t otherwise = 0) const;
  void require_integers() const;
  void require_floats() const;
  // A number that the dtype cannot hold would silently become another.
  void require_holds(const std::string& what, double value) const;
  std::size_t last_extent() const;
};

using KindWords = std::array<std::uint32_t, kFillChunk>;

// A word as a number in [0, 1).
inline double unit_interval(std::uint32_t word) {
  return static_cast<double>(word) * 0x1p-32;
}

// Calls map(word) for every element.
template <class Map>
Tensor from_words(const KindRequest& request, const Map& map) {
  Tensor tensor(request.dtype, request.shape);
  const RandomWords random(request.key);
  fill<double>(tensor, [&](std::size_t first, std::span<double> out) {
    KindWords words;
    random.fill(first, std::span(words).first(out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = map(words[i]);
  });
  return tensor;
}

template <class Map>
Tensor from_indices(const KindRequest& request, const Map& map) {
  Tensor tensor(request.dtype, request.shape);
  fill<double>(tensor, [&](std::size_t first, std::span<double> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = map(first + i);
  });
  return tensor;
}

// Rows are written whole: each depends on all of its elements.
template <class Make>
Tensor from_rows(const KindRequest& request, const Make& make) {
  Tensor tensor(request.dtype, request.shape);
  const std::size_t width = request.last_extent();
  if (tensor.count() == 0) return tensor;
  // An even number of rows a piece keeps the two halves of a float4 byte on one thread.
  const std::size_t rows = tensor.count() / width;
  parallel_for((rows + 1) / 2, 1 + kFillChunk / width, [&](std::size_t begin, std::size_t end) {
    std::vector<double> row(width);
    for (std::size_t i = 2 * begin; i < std::min(rows, 2 * end); ++i) {
      make(i, std::span(row));
      from_double(row, tensor, i * width);
    }
  });
  return tensor;
}

Tensor make_arange(const KindRequest& request);
Tensor make_constant(const KindRequest& request);
Tensor make_deep_gemm_fp8_cache(const KindRequest& request);
Tensor make_fp8_block_scale(const KindRequest& request);
Tensor make_indptr(const KindRequest& request);
Tensor make_normal(const KindRequest& request);
Tensor make_ones(const KindRequest& request);
Tensor make_permutation(const KindRequest& request);
Tensor make_randint(const KindRequest& request);
Tensor make_rope_cos_sin(const KindRequest& request);
Tensor make_softmax(const KindRequest& request);
Tensor make_sorted(const KindRequest& request);
Tensor make_uniform(const KindRequest& request);
Tensor make_zeros(const KindRequest& request);

}  // namespace fitest
