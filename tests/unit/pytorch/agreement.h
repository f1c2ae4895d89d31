// SPDX-License-Identifier: Apache-2.0
// How near a tensor is to what PyTorch answered, by the bounds that the operator table names.
#pragma once

#include <string>

#include "document/value.h"
#include "pytorch/operator.h"
#include "tensor/tensor.h"

namespace fitest::pytorch {

// The widest bound of the operators that a piece of source calls, also as `**` and `@`.
Agreement agreement_of(const std::string& code);

// Empty, or the first element that is too far, or what is wrong with dtype or shape.
std::string disagreement(const Tensor& actual, const Tensor& expected, Agreement agreement);

// [dtype, shape, base64 of the elements' bytes], as operator_suite.py packs an output.
Tensor unpack_tensor(const fitest::Value& packed);

}  // namespace fitest::pytorch
