// SPDX-License-Identifier: Apache-2.0
// Inputs that tests/pytorch/make_golden.py makes too, from one SplitMix64 stream per input.
#pragma once

#include <cstdint>

#include "document/value.h"
#include "tensor/tensor.h"

namespace fitest::pytorch {

// `spec` is a member of official_workloads.json's "inputs"; null: uniform in [-1, 1).
Tensor make_input(const fitest::Value* spec, DType dtype, const Shape& shape, std::uint64_t salt);

}  // namespace fitest::pytorch
