// SPDX-License-Identifier: Apache-2.0
// Reductions that other parts of the engine call.
#pragma once

#include <functional>
#include <optional>

#include "pytorch/array.h"

namespace fitest::pytorch {

// An array seen as [outer, reduced] rows: reduced dimensions last, in their order.
struct ReductionPlan {
  Array rows;           // outer dimensions, then the reduced ones
  std::size_t outer;    // how many dimensions lead
  Shape result_shape;   // with keepdim applied
  std::int64_t length;  // elements of a row
};
// No dims: all of them.
ReductionPlan plan_reduction(const Array& array, const Shape& dims, bool keepdim);

Array sum(const Array& array, const Shape& dims, bool keepdim, std::optional<DType> dtype);
Array amax(const Array& array, const Shape& dims, bool keepdim);

// Pairwise summation: the error grows with log n.
float pairwise_sum(const float* values, std::int64_t n);
double pairwise_sum(const double* values, std::int64_t n);

// Calls body(row, result) for each of the rows of `dim` moved last, as dense runs of C; what body
// writes to `result` (of `width` elements) is put in its place. The result has `dtype`.
template <class C>
Array map_rows(const Array& array, std::int64_t dim, std::pair<DType, std::int64_t> result,
               const std::function<void(const C* row, std::int64_t n, C* result)>& body);

}  // namespace fitest::pytorch
