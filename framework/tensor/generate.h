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
struct GeneratorSpec {
  std::string
      kind;  // "uniform", "normal", "constant", "indptr", "permutation", "arange", "softmax", …
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
};
// Error (Input) names an unknown kind (with the nearest), a missing or unknown parameter, a dtype
// or shape that does not fit.
Tensor generate(const GeneratorSpec& spec, DType dtype, const Shape& shape,
                const GeneratorKey& key);

}  // namespace fitest
