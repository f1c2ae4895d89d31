// SPDX-License-Identifier: Apache-2.0
// Outputs of PyTorch kept under tests/pytorch/golden, and how near a tensor must come to them.
#pragma once

#include <string>

#include "document/value.h"
#include "tensor/tensor.h"

namespace fitest::pytorch {

struct Tolerance {
  double relative = 0;  // of the expected value
  double absolute = 0;
};

// Empty, or what is wrong: dtype, shape or the first element that is too far. `expected` has
// "dtype", "shape", "values" and, for a sample, "step".
std::string compare_with_golden(const Tensor& actual, const fitest::Value& expected,
                                Tolerance tolerance);

// A JSON file of this repository.
fitest::Value read_json_file(const std::string& path);

}  // namespace fitest::pytorch
