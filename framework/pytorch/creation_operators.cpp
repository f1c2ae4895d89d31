// SPDX-License-Identifier: Apache-2.0
// Rows of operators that make tensors, and that convert them.
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "pytorch/operator.h"
#include "pytorch/tensor_literal.h"

namespace fitest::pytorch {
namespace {

Array filled(DType dtype, const Shape& shape, const Scalar& value) {
  Array array = make_array(dtype, shape);
  fill(array, value);
  return array;
}

Value run_zeros(Bound& b) {
  return Value(filled(b.dtype_or(1, DType::Float32), b.integers(0), Scalar::of(std::int64_t{0})));
}
Value run_ones(Bound& b) {
  return Value(filled(b.dtype_or(1, DType::Float32), b.integers(0), Scalar::of(std::int64_t{1})));
}
Value run_full(Bound& b) {
  const Scalar value = b.scalar(1);
  return Value(filled(b.dtype_or(2, default_dtype(value)), b.integers(0), value));
}

Value run_like(Bound& b, const Scalar& value, std::size_t dtype_at) {
  const Array& model = b.tensor(0);
  const DType dtype = b.dtype_or(dtype_at, model.dtype);
  Array array = make_strided(dtype, model.shape, preserved_strides(model));
  fill(array, value);
  return Value(array);
}
Value run_zeros_like(Bound& b) {
  return run_like(b, Scalar::of(std::int64_t{0}), 1);
}
Value run_ones_like(Bound& b) {
  return run_like(b, Scalar::of(std::int64_t{1}), 1);
}
Value run_full_like(Bound& b) {
  return run_like(b, b.scalar(1), 2);
}

Value run_new_zeros(Bound& b) {
  return Value(
      filled(b.dtype_or(2, b.tensor(0).dtype), b.integers(1), Scalar::of(std::int64_t{0})));
}
Value run_new_ones(Bound& b) {
  return Value(
      filled(b.dtype_or(2, b.tensor(0).dtype), b.integers(1), Scalar::of(std::int64_t{1})));
}
Value run_new_full(Bound& b) {
  return Value(filled(b.dtype_or(3, b.tensor(0).dtype), b.integers(1), b.scalar(2)));
}
Value run_new_tensor(Bound& b) {
  return Value(tensor_from_value(b.value(1), b.dtype_or(2, b.tensor(0).dtype)));
}

Value run_tensor(Bound& b) {
  return Value(tensor_from_value(b.value(0), b.dtype(1)));
}

Value run_as_tensor(Bound& b) {
  const Array* array = b.value(0).array();
  if (array == nullptr) return run_tensor(b);
  return b.given(1) && *b.dtype(1) != array->dtype ? Value(cast(*array, *b.dtype(1))) : b.self();
}

std::int64_t arange_count(const Scalar& start, const Scalar& end, const Scalar& step) {
  if (step.number == 0) fail(ErrorKind::Input, "step must be nonzero");
  const bool backwards = step.number > 0 ? start.number > end.number : start.number < end.number;
  if (backwards) {
    fail(ErrorKind::Input, "upper bound and lower bound inconsistent with step sign");
  }
  const double count = std::ceil((end.number - start.number) / step.number);
  if (!(count < 1e15)) fail(ErrorKind::Input, "arange(): the range is too long");
  return static_cast<std::int64_t>(count);
}

Array make_arange(const Scalar& start, const Scalar& end, const Scalar& step,
                  std::optional<DType> given) {
  const bool integral = start.kind != Scalar::Kind::Float && end.kind != Scalar::Kind::Float &&
                        step.kind != Scalar::Kind::Float;
  const DType dtype = given.value_or(integral ? DType::Int64 : DType::Float32);
  const std::int64_t count = arange_count(start, end, step);
  Array array = make_array(dtype, {count});
  const auto size = static_cast<std::int64_t>(array.item_size());
  std::byte* at = array.writable();
  const bool exact = integral && kind_of(dtype) != DTypeKind::Float;
  for (std::int64_t i = 0; i < count; ++i, at += size) {
    if (exact) {
      const std::int64_t value = start.integer + i * step.integer;
      store_of<std::int64_t>(dtype)(&value, at, 1, 1);
    } else {
      const double value = start.number + static_cast<double>(i) * step.number;
      store_of<double>(dtype)(&value, at, 1, 1);
    }
  }
  return array;
}

Value run_arange_end(Bound& b) {
  return Value(make_arange(Scalar::of(std::int64_t{0}), b.scalar(0), Scalar::of(std::int64_t{1}),
                           b.dtype(1)));
}
Value run_arange(Bound& b) {
  return Value(make_arange(b.scalar(0), b.scalar(1), b.scalar(2), b.dtype(3)));
}

// Symmetric around the middle, as ATen's linspace is.
Value run_linspace(Bound& b) {
  const double start = b.number(0);
  const double end = b.number(1);
  const std::int64_t steps = b.integer(2);
  if (steps < 0) fail(ErrorKind::Input, "number of steps must be non-negative");
  Array array = make_array(b.dtype_or(3, DType::Float32), {steps});
  const auto size = static_cast<std::int64_t>(array.item_size());
  const auto value_at = [&]<class C>(C) {
    const C step = steps > 1 ? static_cast<C>((static_cast<C>(end) - static_cast<C>(start)) /
                                              static_cast<C>(steps - 1))
                             : C{0};
    for (std::int64_t i = 0; i < steps; ++i) {
      const C value = i < steps / 2 ? static_cast<C>(start) + step * static_cast<C>(i)
                                    : static_cast<C>(end) - step * static_cast<C>(steps - i - 1);
      store_of<C>(array.dtype)(&value, array.writable() + i * size, 1, 1);
    }
    if (steps == 1) fill(array, Scalar::of(start));
  };
  if (array.dtype == DType::Float64) {
    value_at(double{});
  } else {
    value_at(float{});
  }
  return Value(array);
}

Value run_eye(Bound& b) {
  const std::int64_t rows = b.integer(0);
  const std::int64_t columns = b.given(1) ? b.integer(1) : rows;
  const Array array =
      filled(b.dtype_or(2, DType::Float32), {rows, columns}, Scalar::of(std::int64_t{0}));
  const std::int64_t length = std::min(rows, columns);
  fill(view_as(array, {length}, {columns + 1}, 0), Scalar::of(std::int64_t{1}));
  return Value(array);
}

// x.to(dtype), x.to(device), x.to(other), x.to(device, dtype).
Value run_to(Bound& b) {
  DType dtype = b.tensor(0).dtype;
  for (std::size_t i : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    if (const auto* given = b.value(i).as<DType>()) {
      dtype = *given;
    } else if (const Array* model = b.value(i).array()) {
      dtype = model->dtype;
    }
  }
  const bool copies = b.value(4).is<bool>() && b.flag(4);
  if (dtype == b.tensor(0).dtype && !copies) return b.self();
  return Value(cast(b.tensor(0), dtype));
}

Value convert(Bound& b, DType dtype) {
  return b.tensor(0).dtype == dtype ? b.self() : Value(cast(b.tensor(0), dtype));
}
template <DType D>
Value run_convert(Bound& b) {
  return convert(b, D);
}
Value run_type(Bound& b) {
  return convert(b, *b.dtype(1));
}
Value run_type_as(Bound& b) {
  return convert(b, b.tensor(1).dtype);
}
Value run_clone(Bound& b) {
  return Value(clone(b.tensor(0)));
}
Value run_same(Bound& b) {
  return b.self();
}
Value run_view_of_same(Bound& b) {
  return Value(b.tensor(0));
}

Value run_fill(Bound& b) {
  const Array* source = b.value(1).array();
  fill(b.tensor(0), source != nullptr ? *scalar_of(element_at(*source, 0)) : b.scalar(1));
  return b.self();
}
Value run_zero(Bound& b) {
  fill(b.tensor(0), Scalar::of(std::int64_t{0}));
  return b.self();
}
Value run_copy(Bound& b) {
  copy_into(b.tensor(1), b.tensor(0));
  return b.self();
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kTorch,
     "zeros(int[] size, *, ScalarType? dtype=None, Device? device=None, Any layout=None, bool "
     "requires_grad=False, bool pin_memory=False)",
     run_zeros},
    {kTorch,
     "ones(int[] size, *, ScalarType? dtype=None, Device? device=None, Any layout=None, bool "
     "requires_grad=False, bool pin_memory=False)",
     run_ones},
    {kTorch,
     "empty(int[] size, *, ScalarType? dtype=None, Device? device=None, Any layout=None, bool "
     "requires_grad=False, bool pin_memory=False, Any memory_format=None)",
     run_zeros, Agreement::Distribution},
    {kTorch,
     "full(int[] size, Scalar fill_value, *, ScalarType? dtype=None, Device? device=None, Any "
     "layout=None, bool requires_grad=False)",
     run_full},
    {kTorch,
     "zeros_like(Tensor self, *, ScalarType? dtype=None, Device? device=None, Any layout=None, "
     "bool requires_grad=False, Any memory_format=None)",
     run_zeros_like},
    {kTorch,
     "ones_like(Tensor self, *, ScalarType? dtype=None, Device? device=None, Any layout=None, bool "
     "requires_grad=False, Any memory_format=None)",
     run_ones_like},
    {kTorch,
     "empty_like(Tensor self, *, ScalarType? dtype=None, Device? device=None, Any layout=None, "
     "bool requires_grad=False, Any memory_format=None)",
     run_zeros_like, Agreement::Distribution},
    {kTorch,
     "full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Device? device=None, "
     "Any layout=None, bool requires_grad=False, Any memory_format=None)",
     run_full_like},
    {kMethod, "new_zeros(Tensor self, int[] size, *, ScalarType? dtype=None, Device? device=None)",
     run_new_zeros},
    {kMethod, "new_ones(Tensor self, int[] size, *, ScalarType? dtype=None, Device? device=None)",
     run_new_ones},
    {kMethod, "new_empty(Tensor self, int[] size, *, ScalarType? dtype=None, Device? device=None)",
     run_new_zeros, Agreement::Distribution},
    {kMethod,
     "new_full(Tensor self, int[] size, Scalar fill_value, *, ScalarType? dtype=None, Device? "
     "device=None)",
     run_new_full},
    {kMethod, "new_tensor(Tensor self, Any data, *, ScalarType? dtype=None, Device? device=None)",
     run_new_tensor},
    {kTorch,
     "tensor(Any data, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False)",
     run_tensor},
    {kTorch, "as_tensor(Any data, ScalarType? dtype=None, Device? device=None)", run_as_tensor},
    {kTorch, "scalar_tensor(Any data, *, ScalarType? dtype=None, Device? device=None)", run_tensor},
    {kTorch,
     "arange(Scalar end, *, ScalarType? dtype=None, Device? device=None, Any layout=None, bool "
     "requires_grad=False)",
     run_arange_end},
    {kTorch,
     "arange(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Device? "
     "device=None, Any layout=None, bool requires_grad=False)",
     run_arange},
    {kTorch,
     "linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Device? "
     "device=None)",
     run_linspace, Agreement::Rounded},
    {kTorch, "eye(int n, int? m=None, *, ScalarType? dtype=None, Device? device=None)", run_eye},
    {kMethod,
     "to(Tensor self, Any dtype=None, Any other=None, Any non_blocking=False, Any copy=False, Any "
     "device=None, *, Any memory_format=None)",
     run_to},
    {kMethod, "float(Tensor self)", run_convert<DType::Float32>},
    {kMethod, "double(Tensor self)", run_convert<DType::Float64>},
    {kMethod, "half(Tensor self)", run_convert<DType::Float16>},
    {kMethod, "bfloat16(Tensor self)", run_convert<DType::BFloat16>},
    {kMethod, "long(Tensor self)", run_convert<DType::Int64>},
    {kMethod, "int(Tensor self)", run_convert<DType::Int32>},
    {kMethod, "short(Tensor self)", run_convert<DType::Int16>},
    {kMethod, "char(Tensor self)", run_convert<DType::Int8>},
    {kMethod, "byte(Tensor self)", run_convert<DType::UInt8>},
    {kMethod, "bool(Tensor self)", run_convert<DType::Bool>},
    {kMethod, "type(Tensor self, ScalarType dtype)", run_type},
    {kMethod, "type_as(Tensor self, Tensor other)", run_type_as},
    {kBoth, "clone(Tensor self, *, Any memory_format=None)", run_clone},
    {kBoth, "detach(Tensor self)", run_view_of_same},
    {kMethod, "cpu(Tensor self)", run_same},
    {kMethod, "cuda(Tensor self, Any device=None)", run_same},
    {kMethod, "requires_grad_(Tensor self, bool requires_grad=True)", run_same},
    {kMutating | kMethod, "fill(Tensor self, Operand value)", run_fill},
    {kMutating | kMethod, "zero(Tensor self)", run_zero},
    {kMutating | kMethod, "copy(Tensor self, Tensor src, bool non_blocking=False)", run_copy},
};

}  // namespace

std::span<const OperatorRow> creation_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
