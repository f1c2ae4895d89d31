// SPDX-License-Identifier: Apache-2.0
// Rows that ask a tensor about itself.
#include <fmt/format.h>

#include "base/error.h"
#include "pytorch/operator.h"

namespace fitest::pytorch {
namespace {

Value run_item(Bound& b) {
  const Array& array = b.tensor(0);
  if (array.count() != 1) {
    fail(ErrorKind::Input,
         fmt::format("a Tensor with {} elements cannot be converted to Scalar", array.count()));
  }
  return element_at(array, 0);
}

Value list_from(const Array& array, std::size_t dim, std::int64_t first) {
  if (dim == array.shape.size()) return element_at(array, first);
  std::int64_t width = 1;
  for (std::size_t d = dim + 1; d < array.shape.size(); ++d) width *= array.shape[d];
  std::vector<Value> items;
  for (std::int64_t i = 0; i < array.shape[dim]; ++i) {
    items.push_back(list_from(array, dim + 1, first + i * width));
  }
  return make_list(std::move(items));
}

Value run_tolist(Bound& b) {
  const Charge charge(static_cast<std::size_t>(b.tensor(0).count()) * 2 * sizeof(Value));
  return list_from(b.tensor(0), 0, 0);
}

Value run_size(Bound& b) {
  const Array& array = b.tensor(0);
  if (!b.given(1)) return make_size(array.shape);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  if (array.dim() == 0)
    fail(ErrorKind::Input, "Dimension specified as 0 but tensor has no dimensions");
  return make_integer(array.shape[static_cast<std::size_t>(dim)]);
}

Value run_stride(Bound& b) {
  const Array& array = b.tensor(0);
  if (b.given(1)) {
    if (array.dim() == 0) fail(ErrorKind::Input, "the tensor has no dimensions");
    return make_integer(
        array.strides[static_cast<std::size_t>(wrap_dim(b.integer(1), array.dim()))]);
  }
  std::vector<Value> strides;
  for (std::int64_t stride : array.strides) strides.push_back(make_integer(stride));
  return make_tuple(std::move(strides));
}

Value run_dim(Bound& b) {
  return make_integer(b.tensor(0).dim());
}
Value run_numel(Bound& b) {
  return make_integer(b.tensor(0).count());
}
Value run_is_contiguous(Bound& b) {
  return make_bool(b.tensor(0).is_contiguous());
}
Value run_is_floating_point(Bound& b) {
  return make_bool(kind_of(b.tensor(0).dtype) == DTypeKind::Float);
}
Value run_is_signed(Bound& b) {
  const DTypeKind kind = kind_of(b.tensor(0).dtype);
  return make_bool(kind == DTypeKind::Float || kind == DTypeKind::Signed);
}
Value run_element_size(Bound& b) {
  return make_integer(static_cast<std::int64_t>(b.tensor(0).item_size()));
}
Value run_storage_offset(Bound& b) {
  return make_integer(b.tensor(0).offset);
}
Value run_is_tensor(Bound& b) {
  return make_bool(b.value(0).array() != nullptr);
}
Value run_false(Bound&) {
  return make_bool(false);
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kMethod, "item(Tensor self)", run_item},
    {kMethod, "tolist(Tensor self)", run_tolist},
    {kMethod, "size(Tensor self, int? dim=None)", run_size},
    {kMethod, "stride(Tensor self, int? dim=None)", run_stride},
    {kMethod, "dim(Tensor self)", run_dim},
    {kMethod, "ndimension(Tensor self)", run_dim},
    {kBoth, "numel(Tensor self)", run_numel},
    {kMethod, "nelement(Tensor self)", run_numel},
    {kMethod, "is_contiguous(Tensor self, *, Any memory_format=None)", run_is_contiguous},
    {kBoth, "is_floating_point(Tensor self)", run_is_floating_point},
    {kBoth, "is_signed(Tensor self)", run_is_signed},
    {kBoth, "is_complex(Tensor self)", run_false},
    {kMethod, "element_size(Tensor self)", run_element_size},
    {kMethod, "storage_offset(Tensor self)", run_storage_offset},
    {kTorch, "is_tensor(Any obj)", run_is_tensor},
    {kTorch, "is_grad_enabled()", run_false},
};

}  // namespace

std::span<const OperatorRow> query_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
