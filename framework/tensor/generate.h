// SPDX-License-Identifier: Apache-2.0
// Inputs of a workload: seeded, the same on every machine, thread count and device (DESIGN §4).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tensor/tensor.h"

namespace fitest {

// What keys a tensor's random numbers.
struct GeneratorKey {
  std::uint64_t seed = 0;
  std::string definition;
  std::string workload_uuid;
  std::string input;
  std::uint64_t trial = 0;
};

// Distribution of flashinfer-bench for the dtype (research/peers.md 3.3).
Tensor generate_random(DType dtype, const Shape& shape, const GeneratorKey& key);
// One such draw, as a number.
double generate_random_scalar(DType dtype, const GeneratorKey& key);

// A generated kind and its numeric or text parameters, axis names already replaced by values.
// Kinds and their parameters, with the defaults of the optional ones:
//   constant {value}, zeros, ones, arange {start=0, step=1}
//   uniform {low=0, high=1}, normal {mean=0, std=1}, randint {low=0, high}
//   permutation {of}       distinct integers of [0, of), in random order
//   indptr {total, min=0}  offsets [rows + 1] from 0 to total with random row lengths; with min = 0
//                          and four rows or more, an eighth of the rows (one at least) is empty
//   sorted {low=0, high}   randint, sorted along the last dimension
//   softmax                of N(0,1) along the last dimension
//   rope_cos_sin {base=10000}           [max_seq_len, rotary_dim]: cosines, then sines
//   fp8_block_scale {low=1/32, high=1/4}  positive scales
//   deep_gemm_fp8_cache    [num_pages, page_size, 1, head_dim + 4] packed keys of N(0,1)
struct GeneratorSpec {
  std::string kind;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
};
// Error (Input) names an unknown kind (with the nearest), a missing or unknown parameter, a dtype
// or shape that does not fit.
Tensor generate(const GeneratorSpec& spec, DType dtype, const Shape& shape,
                const GeneratorKey& key);

}  // namespace fitest
