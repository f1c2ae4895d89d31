// SPDX-License-Identifier: Apache-2.0
#include "pytorch/tensor_literal.h"

#include <fmt/format.h>

#include "base/error.h"
#include "pytorch/number.h"
#include "pytorch/promote.h"

namespace fitest::pytorch {
namespace {

constexpr std::size_t kMaxNesting = 32;

Shape shape_of(const Value& value) {
  Shape shape;
  const Value* at = &value;
  while (const Sequence* items = at->sequence()) {
    shape.push_back(static_cast<std::int64_t>(items->items.size()));
    if (items->items.empty()) break;
    if (shape.size() > kMaxNesting) fail(ErrorKind::Input, "the list is nested too deeply");
    at = &items->items[0];
  }
  if (const Array* array = at->array()) {
    shape.insert(shape.end(), array->shape.begin(), array->shape.end());
  }
  return shape;
}

void collect(const Value& value, const Shape& shape, std::size_t depth,
             std::vector<Scalar>& elements) {
  if (const Array* array = value.array()) {
    for (std::int64_t i = 0; i < array->count(); ++i) {
      elements.push_back(*scalar_of(element_at(*array, i)));
    }
    return;
  }
  if (const auto scalar = scalar_of(value); scalar && depth == shape.size()) {
    elements.push_back(*scalar);
    return;
  }
  if (is_integer(value)) narrow_of(value, "an integer of a tensor");
  const Sequence* items = value.sequence();
  const bool fits = items != nullptr && depth < shape.size() &&
                    static_cast<std::int64_t>(items->items.size()) == shape[depth];
  if (!fits) {
    fail(ErrorKind::Input,
         fmt::format("a tensor is made of numbers in rows of equal length, found {} in dimension "
                     "{}",
                     items != nullptr ? fmt::format("a row of {}", items->items.size())
                                      : "a " + type_name(value),
                     depth));
  }
  for (const Value& item : items->items) collect(item, shape, depth + 1, elements);
}

DType dtype_for(const Value& value, const std::vector<Scalar>& elements) {
  if (const Array* array = value.array()) return array->dtype;
  DType dtype = elements.empty() ? DType::Float32 : default_dtype(elements[0]);
  for (const Scalar& element : elements) dtype = promote_types(dtype, default_dtype(element));
  return dtype;
}

}  // namespace

Array tensor_from_value(const Value& value, std::optional<DType> dtype) {
  if (const Array* array = value.array()) {
    return dtype ? cast(*array, *dtype) : clone(*array);
  }
  const Shape shape = shape_of(value);
  std::vector<Scalar> elements;
  collect(value, shape, 0, elements);
  if (element_count(shape) != elements.size()) {
    fail(ErrorKind::Input, "a tensor is made of rows of equal length");
  }
  Array array = make_array(dtype.value_or(dtype_for(value, elements)), shape);
  const auto size = static_cast<std::int64_t>(array.item_size());
  const bool floating = kind_of(array.dtype) == DTypeKind::Float;
  std::byte* at = array.writable();
  for (const Scalar& element : elements) {
    if (floating || element.kind == Scalar::Kind::Float) {
      store_of<double>(array.dtype)(&element.number, at, 1, 1);
    } else {
      store_of<std::int64_t>(array.dtype)(&element.integer, at, 1, 1);
    }
    at += size;
  }
  return array;
}

}  // namespace fitest::pytorch
