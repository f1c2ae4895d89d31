// SPDX-License-Identifier: Apache-2.0
#include "pytorch/element.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace fitest::pytorch {

Value Scalar::to_value() const {
  switch (kind) {
    case Kind::Bool:
      return make_bool(integer != 0);
    case Kind::Integer:
      return make_integer(integer);
    default:
      return make_float(number);
  }
}

std::optional<Scalar> scalar_of(const Value& value) {
  if (const auto* flag = value.as<bool>()) return Scalar::of(*flag);
  if (const auto* integer = value.as<std::int64_t>()) return Scalar::of(*integer);
  if (const auto* number = value.as<double>()) return Scalar::of(*number);
  return std::nullopt;
}

Value element_at(const Array& array, std::int64_t index) {
  std::int64_t offset = 0;
  for (std::size_t d = array.shape.size(); d-- > 0;) {
    offset += index % array.shape[d] * array.strides[d];
    index /= array.shape[d];
  }
  const std::byte* at = array.data() + offset * static_cast<std::int64_t>(array.item_size());
  if (kind_of(array.dtype) == DTypeKind::Float) {
    double value = 0;
    load_of<double>(array.dtype)(at, 0, 1, &value);
    return make_float(value);
  }
  std::int64_t value = 0;
  load_of<std::int64_t>(array.dtype)(at, 0, 1, &value);
  return array.dtype == DType::Bool ? make_bool(value != 0) : make_integer(value);
}

Array make_scalar_array(DType dtype, const Scalar& scalar) {
  Array array = make_array(dtype, {});
  fill(array, scalar);
  return array;
}

DType default_dtype(const Scalar& scalar) {
  switch (scalar.kind) {
    case Scalar::Kind::Bool:
      return DType::Bool;
    case Scalar::Kind::Integer:
      return DType::Int64;
    default:
      return DType::Float32;
  }
}

void fill(const Array& array, const Scalar& scalar) {
  Array one = make_array(array.dtype, {});
  if (scalar.kind == Scalar::Kind::Float) {
    store_of<double>(array.dtype)(&scalar.number, one.writable(), 1, 1);
  } else {
    store_of<std::int64_t>(array.dtype)(&scalar.integer, one.writable(), 1, 1);
  }
  if (array.dim() == 0 && array.storage->size_bytes() == one.storage->size_bytes()) {
    std::copy(one.data(), one.data() + one.item_size(), array.writable());
    return;
  }
  copy_into(one, array);
}

Array select(const Array& array, std::int64_t dim, std::int64_t index) {
  const auto d = static_cast<std::size_t>(dim);
  const std::int64_t extent = array.shape[d];
  if (index < -extent || index >= extent) {
    fail(ErrorKind::Input, fmt::format("index {} is out of bounds for dimension {} with size {}",
                                       index, dim, extent));
  }
  if (index < 0) index += extent;
  Array view = array;
  view.offset += index * array.strides[d];
  view.shape.erase(view.shape.begin() + dim);
  view.strides.erase(view.strides.begin() + dim);
  return view;
}

Array slice(const Array& array, std::int64_t dim, const Range& range) {
  const auto d = static_cast<std::size_t>(dim);
  const std::int64_t extent = array.shape[d];
  if (range.step <= 0) fail(ErrorKind::Input, "slice step must be positive");
  const auto clamp = [extent](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + extent : at, 0, extent);
  };
  const std::int64_t start = clamp(range.start);
  const std::int64_t stop = std::max(start, clamp(range.stop));
  Array view = array;
  view.offset += start * array.strides[d];
  view.shape[d] = stop == start ? 0 : (stop - start - 1) / range.step + 1;
  if (view.shape[d] > 1) view.strides[d] = array.strides[d] * range.step;
  return view;
}

}  // namespace fitest::pytorch
