// SPDX-License-Identifier: Apache-2.0
// PyTorch's type promotion.
// https://docs.pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
#pragma once

#include <span>

#include "pytorch/element.h"

namespace fitest::pytorch {

// A tensor or a number as an argument of a pointwise operator.
struct Operand {
  Array array;           // of a number: 0-dimensional, float64, int64 or bool
  bool wrapped = false;  // it is a number
};

Operand operand_of(const Value& value);
Operand operand_of(const Scalar& scalar);

// torch.promote_types; Error (Input) where PyTorch has none (float8 with another).
DType promote_types(DType a, DType b);
// torch.result_type: tensors with dimensions before 0-dimensional ones before numbers, unless a
// lower group has a higher category (bool < integer < float).
DType result_type(std::span<const Operand> operands);
// float32 for integers and bool: the result of sqrt, exp, mean, true division …
DType float_type(DType dtype);

}  // namespace fitest::pytorch
