// SPDX-License-Identifier: Apache-2.0
// Single elements and numbers: Python's view of a tensor's values, and back.
#pragma once

#include "pytorch/cast.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

// A Python number: bool, int or float.
struct Scalar {
  enum class Kind { Bool, Integer, Float };
  Kind kind = Kind::Integer;
  std::int64_t integer = 0;  // of a Bool and an Integer
  double number = 0;         // of every kind

  static Scalar of(bool value) { return {Kind::Bool, value ? 1 : 0, value ? 1.0 : 0.0}; }
  static Scalar of(std::int64_t value) {
    return {Kind::Integer, value, static_cast<double>(value)};
  }
  static Scalar of(double value) { return {Kind::Float, 0, value}; }
  Value to_value() const;
};

std::optional<Scalar> scalar_of(const Value& value);

// Element by its row-major number, as bool, int or float.
Value element_at(const Array& array, std::int64_t index);
// 0-dimensional.
Array make_scalar_array(DType dtype, const Scalar& scalar);
// int64, bool or float32 as torch.tensor(number) chooses.
DType default_dtype(const Scalar& scalar);
void fill(const Array& array, const Scalar& scalar);
// The view of index `index` (which may be negative) of a dimension.
Array select(const Array& array, std::int64_t dim, std::int64_t index);
// start and stop as Python clamps them; step > 0.
Array slice(const Array& array, std::int64_t dim, const Range& range);

}  // namespace fitest::pytorch
