// SPDX-License-Identifier: Apache-2.0
// x[...] with integers, slices, None, ..., masks and index tensors.
// https://numpy.org/doc/stable/user/basics.indexing.html
#pragma once

#include "pytorch/element.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

// A view for basic indices, a copy where an index tensor or mask takes part.
Array index_get(const Array& array, const Value& index);
// array[index] = value; the value is broadcast and converted.
void index_set(const Array& array, const Value& index, const Value& value);
// array[index] += value for every occurrence of an index.
void index_accumulate(const Array& array, const Value& index, const Array& value);
// Rows of indices where the tensor is not zero, one column per dimension.
Array nonzero(const Array& array);
// Elements with true in the mask.
Array masked_select(const Array& array, const Array& mask);
// start:stop:step of a dimension, as Python reads it.
Range resolve_slice(const SliceValue& slice, std::int64_t extent);

}  // namespace fitest::pytorch
