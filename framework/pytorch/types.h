// SPDX-License-Identifier: Apache-2.0
// int, float, list, torch.Tensor, …: for isinstance() and as conversions.
#pragma once

#include <span>

#include "pytorch/value.h"

namespace fitest::pytorch {

// Python's own.
std::span<const TypeInfo> python_types();
// torch.Tensor, torch.Size, torch.dtype, torch.device.
std::span<const TypeInfo> torch_types();
// type(value)
Value type_value_of(const Value& value);

}  // namespace fitest::pytorch
