// SPDX-License-Identifier: Apache-2.0
// Two tensors compared element by element in one pass, for both policies at once.
#pragma once

#include <cstddef>
#include <optional>

#include "check/policy.h"
#include "tensor/tensor.h"

namespace fitest {

// A set of elements: how many, and the first.
struct Elements {
  std::size_t count = 0;
  std::size_t first = 0;  // meaningless where count is 0
};

struct Comparison {
  std::size_t count = 0;  // of elements altogether
  // Both |x - y| > atol and |x - y| / (|y| + 1e-8) > rtol, in float; false where either is NaN.
  Elements beyond_tolerance;
  // Non-finite on one side at least, and not the same infinity or both NaN.
  Elements mismatched;
  // Either of the above.
  Elements wrong;
  Elements infinite;  // of the actual tensor
  Elements nan;       // of the actual tensor
  // Largest errors over all elements; NaN as soon as one is.
  float max_absolute_error = 0;
  float max_relative_error = 0;
  // Largest errors over the pairs that are finite on both sides.
  float finite_max_absolute_error = 0;
  float finite_max_relative_error = 0;
  std::size_t worst = 0;  // the element of finite_max_absolute_error
};

// Shapes and dtypes are equal. All dtypes are compared as float, as flashinfer-bench does.
Comparison compare(const Tensor& expected, const Tensor& actual, const Tolerance& tolerance);

}  // namespace fitest
