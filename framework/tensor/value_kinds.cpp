// SPDX-License-Identifier: Apache-2.0
// Generated kinds that are values: constants, distributions, caches and scales.
#include <fmt/format.h>

#include <cstring>

#include "base/small_float.h"
#include "tensor/kind_request.h"
#include "tensor/normal.h"
#include "tensor/portable_math.h"

namespace fitest {
namespace {

// One page of deep_gemm's FP8 key cache, as flashinfer-bench packs bfloat16 keys drawn from N(0,1):
// the codes of every token, then every token's float scale.
void pack_page(const RandomWords& random, std::uint64_t first_word, std::size_t tokens,
               std::span<std::uint8_t> page) {
  const std::size_t width = page.size() / tokens - sizeof(float);
  std::vector<std::uint32_t> words(width);
  std::vector<float> keys(width);
  for (std::size_t token = 0; token < tokens; ++token) {
    random.fill(first_word + token * width, words);
    normals_from_words(words, keys);
    float largest = 1e-4f;
    for (float& key : keys) {
      key = bfloat16_to_float(float_to_bfloat16(key));
      largest = std::max(largest, std::fabs(key));
    }
    const float scale = largest / 448.0f;
    const float factor = 1.0f / scale;
    for (std::size_t i = 0; i < width; ++i) {
      page[token * width + i] = float_to_e4m3fn(keys[i] * factor);
    }
    std::memcpy(page.data() + tokens * width + token * sizeof(float), &scale, sizeof(float));
  }
}

}  // namespace

Tensor make_constant(const KindRequest& request) {
  const double value = request.number("value");
  request.require_holds("the value", value);
  return from_indices(request, [value](std::size_t) { return value; });
}

Tensor make_zeros(const KindRequest& request) {
  return Tensor(request.dtype, request.shape);
}

Tensor make_ones(const KindRequest& request) {
  return from_indices(request, [](std::size_t) { return 1.0; });
}

Tensor make_uniform(const KindRequest& request) {
  request.require_floats();
  const double low = request.number("low", 0);
  const double high = request.number("high", 1);
  if (!(low < high)) request.refuse(fmt::format("\"low\" {} must be below \"high\" {}", low, high));
  return from_words(request,
                    [=](std::uint32_t word) { return low + (high - low) * unit_interval(word); });
}

Tensor make_normal(const KindRequest& request) {
  request.require_floats();
  const double mean = request.number("mean", 0);
  const double deviation = request.number("std", 1);
  if (!(deviation >= 0)) request.refuse(fmt::format("\"std\" must not be negative: {}", deviation));
  return from_words(request, [=](std::uint32_t word) {
    return mean + deviation * static_cast<double>(normal_from_word(word));
  });
}

Tensor make_arange(const KindRequest& request) {
  const double start = request.number("start", 0);
  const double step = request.number("step", 1);
  const std::size_t count = element_count(request.shape);
  request.require_holds("\"start\"", start);
  if (count > 0) {
    request.require_holds("the last value", start + step * static_cast<double>(count - 1));
  }
  return from_indices(request,
                      [=](std::size_t index) { return start + step * static_cast<double>(index); });
}

Tensor make_softmax(const KindRequest& request) {
  request.require_floats();
  const RandomWords random(request.key);
  return from_rows(request, [&](std::size_t index, std::span<double> row) {
    std::vector<std::uint32_t> words(row.size());
    random.fill(index * row.size(), words);
    double sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = portable_exp(static_cast<double>(normal_from_word(words[i])));
      sum += row[i];
    }
    for (double& value : row) value /= sum;
  });
}

// Row p of [max_seq_len, rotary_dim]: cos(p f_j) for j < rotary_dim / 2, then sin(p f_j), with
// f_j = base^(-2j / rotary_dim).
Tensor make_rope_cos_sin(const KindRequest& request) {
  request.require_floats();
  const double base = request.number("base", 10000);
  if (request.shape.size() != 2 || request.shape[1] % 2 != 0) {
    request.refuse(
        fmt::format("needs a shape [max_seq_len, rotary_dim] with an even rotary_dim, "
                    "not {}",
                    to_string(request.shape)));
  }
  if (!(base >= 1)) request.refuse(fmt::format("\"base\" must be 1 or more, not {}", base));
  if (request.shape[0] > (std::int64_t{1} << 25)) request.refuse("max_seq_len exceeds 2^25");
  const std::size_t half = request.last_extent() / 2;
  std::vector<double> frequencies(half);
  for (std::size_t j = 0; j < half; ++j) {
    const double exponent = -static_cast<double>(j) / static_cast<double>(half);
    frequencies[j] = portable_exp(exponent * portable_log(base));
  }
  return from_rows(request, [&](std::size_t position, std::span<double> row) {
    for (std::size_t j = 0; j < half; ++j) {
      const auto angle = portable_sincos(static_cast<double>(position) * frequencies[j]);
      row[j] = angle.cosine;
      row[half + j] = angle.sine;
    }
  });
}

// Defaults that keep the product of two dequantised N(0,1) operands near 1 over some thousand
// terms.
Tensor make_fp8_block_scale(const KindRequest& request) {
  request.require_floats();
  const double low = request.number("low", 0x1p-5);
  const double high = request.number("high", 0x1p-2);
  if (!(low > 0 && low < high)) {
    request.refuse(fmt::format("needs 0 < \"low\" < \"high\", not {} and {}", low, high));
  }
  return from_words(request,
                    [=](std::uint32_t word) { return low + (high - low) * unit_interval(word); });
}

Tensor make_deep_gemm_fp8_cache(const KindRequest& request) {
  const Shape& shape = request.shape;
  if (request.dtype != DType::Int8 || shape.size() != 4 || shape[2] != 1 || shape[3] <= 4) {
    request.refuse(
        fmt::format("needs int8 of shape [num_pages, page_size, 1, head_dim + 4], not {} "
                    "of {}",
                    name_of(request.dtype), to_string(shape)));
  }
  Tensor tensor(request.dtype, shape);
  if (tensor.count() == 0) return tensor;
  const RandomWords random(request.key);
  const auto tokens = static_cast<std::size_t>(shape[1]);
  const std::size_t page_bytes = tokens * request.last_extent();
  const std::size_t page_words = page_bytes - tokens * sizeof(float);
  const auto bytes = tensor.as<std::uint8_t>();
  parallel_for(tensor.count() / page_bytes, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t page = begin; page < end; ++page) {
      pack_page(random, page * page_words, tokens, bytes.subspan(page * page_bytes, page_bytes));
    }
  });
  return tensor;
}

}  // namespace fitest
