// SPDX-License-Identifier: Apache-2.0
// Views and rearrangements.
#pragma once

#include <vector>

#include "pytorch/array.h"

namespace fitest::pytorch {

Array transpose(const Array& array, std::int64_t a, std::int64_t b);
Array permute(const Array& array, const Shape& dims);
Array reverse_dims(const Array& array);
Array unsqueeze(const Array& array, std::int64_t dim);
Array squeeze(const Array& array, std::int64_t dim);
// One extent may be -1.
Shape infer_shape(const Shape& shape, std::int64_t count);
// Error (Input) where the strides do not allow a view.
Array view(const Array& array, const Shape& shape);
// A view if the strides allow one, else a copy.
Array reshape(const Array& array, const Shape& shape);
Array concatenate(const std::vector<Array>& arrays, std::int64_t dim);
// start:start + length of a dimension.
Array narrow(const Array& array, std::int64_t dim, std::int64_t start, std::int64_t length);

}  // namespace fitest::pytorch
