// SPDX-License-Identifier: Apache-2.0
// torch.tensor(...): nested lists of numbers to a tensor.
#pragma once

#include <optional>

#include "pytorch/value.h"

namespace fitest::pytorch {

// Numbers, bools, 0-dimensional tensors and nested lists or tuples of them.
Array tensor_from_value(const Value& value, std::optional<DType> dtype);

}  // namespace fitest::pytorch
