// SPDX-License-Identifier: Apache-2.0
#include "pytorch/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "pytorch/cast.h"
#include "pytorch/promote.h"

namespace fitest::pytorch {
namespace {

// Strides of the new shape over the same elements, if there are such strides: groups of old
// dimensions that are dense among themselves are cut anew (aten/src/ATen/TensorUtils.cpp,
// computeStride).
std::optional<Shape> view_strides(const Array& array, const Shape& shape) {
  if (array.count() == 0) return contiguous_strides(shape);
  Shape strides(shape.size(), 1);
  auto at = static_cast<std::int64_t>(shape.size()) - 1;
  std::int64_t base = array.shape.empty() ? 1 : array.strides.back();
  std::int64_t held = 1;
  std::int64_t placed = 1;
  for (std::int64_t d = array.dim() - 1; d >= 0; --d) {
    const auto dim = static_cast<std::size_t>(d);
    held *= array.shape[dim];
    const bool group_ends =
        d == 0 || (array.shape[dim - 1] != 1 && array.strides[dim - 1] != held * base);
    if (!group_ends) continue;
    while (at >= 0 && (placed < held || shape[static_cast<std::size_t>(at)] == 1)) {
      strides[static_cast<std::size_t>(at)] = placed * base;
      placed *= shape[static_cast<std::size_t>(at)];
      --at;
    }
    if (placed != held) return std::nullopt;
    if (d > 0) {
      base = array.strides[dim - 1];
      held = 1;
      placed = 1;
    }
  }
  return at == -1 ? std::optional(strides) : std::nullopt;
}

}  // namespace

Array transpose(const Array& array, std::int64_t a, std::int64_t b) {
  a = wrap_dim(a, array.dim());
  b = wrap_dim(b, array.dim());
  if (array.dim() == 0) return array;
  Array result = array;
  std::swap(result.shape[static_cast<std::size_t>(a)], result.shape[static_cast<std::size_t>(b)]);
  std::swap(result.strides[static_cast<std::size_t>(a)],
            result.strides[static_cast<std::size_t>(b)]);
  return result;
}

Array permute(const Array& array, const Shape& dims) {
  if (static_cast<std::int64_t>(dims.size()) != array.dim()) {
    fail(ErrorKind::Input,
         fmt::format("permute(sparse_coo): number of dimensions in the tensor input does not match "
                     "the length of the desired ordering of dimensions i.e. input.dim() = {} is "
                     "not equal to len(dims) = {}",
                     array.dim(), dims.size()));
  }
  Array result = array;
  std::vector<bool> used(dims.size(), false);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto dim = static_cast<std::size_t>(wrap_dim(dims[i], array.dim()));
    if (used[dim]) fail(ErrorKind::Input, "permute(): duplicate dims are not allowed.");
    used[dim] = true;
    result.shape[i] = array.shape[dim];
    result.strides[i] = array.strides[dim];
  }
  return result;
}

Array reverse_dims(const Array& array) {
  Array result = array;
  std::reverse(result.shape.begin(), result.shape.end());
  std::reverse(result.strides.begin(), result.strides.end());
  return result;
}

Array unsqueeze(const Array& array, std::int64_t dim) {
  dim = wrap_dim(dim, array.dim() + 1);
  Array result = array;
  const auto at = static_cast<std::size_t>(dim);
  const std::int64_t stride =
      at < array.shape.size() ? array.shape[at] * array.strides[at] : std::int64_t{1};
  result.shape.insert(result.shape.begin() + dim, 1);
  result.strides.insert(result.strides.begin() + dim, stride);
  return result;
}

Array squeeze(const Array& array, std::int64_t dim) {
  dim = wrap_dim(dim, array.dim());
  if (array.dim() == 0 || array.shape[static_cast<std::size_t>(dim)] != 1) return array;
  Array result = array;
  result.shape.erase(result.shape.begin() + dim);
  result.strides.erase(result.strides.begin() + dim);
  return result;
}

Shape infer_shape(const Shape& shape, std::int64_t count) {
  Shape result = shape;
  std::optional<std::size_t> unknown;
  std::int64_t known = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == -1) {
      if (unknown) fail(ErrorKind::Input, "only one dimension can be inferred");
      unknown = i;
    } else if (shape[i] < 0) {
      fail(ErrorKind::Input, fmt::format("invalid shape dimension {}", shape[i]));
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      known = -1;
      break;
    }
  }
  const bool fits = unknown ? known > 0 && count % known == 0 : known == count;
  if (!fits) {
    fail(ErrorKind::Input,
         fmt::format("shape '{}' is invalid for input of size {}", sizes_text(shape), count));
  }
  if (unknown) result[*unknown] = count / known;
  return result;
}

Array view(const Array& array, const Shape& shape) {
  const Shape target = infer_shape(shape, array.count());
  const auto strides = view_strides(array, target);
  if (!strides) {
    fail(ErrorKind::Input,
         "view size is not compatible with input tensor's size and stride (at least one dimension "
         "spans across two contiguous subspaces). Use .reshape(...) instead.");
  }
  return view_as(array, target, *strides, array.offset);
}

Array reshape(const Array& array, const Shape& shape) {
  const Shape target = infer_shape(shape, array.count());
  if (const auto strides = view_strides(array, target)) {
    return view_as(array, target, *strides, array.offset);
  }
  const Array dense = contiguous(array);
  return view_as(dense, target, contiguous_strides(target), dense.offset);
}

Array narrow(const Array& array, std::int64_t dim, std::int64_t start, std::int64_t length) {
  dim = wrap_dim(dim, array.dim());
  const std::int64_t extent = array.dim() == 0 ? 0 : array.shape[static_cast<std::size_t>(dim)];
  if (start < 0) start += extent;
  if (array.dim() == 0 || start < 0 || length < 0 || start > extent || length > extent - start) {
    fail(ErrorKind::Input, fmt::format("start ({}) + length ({}) exceeds dimension size ({}).",
                                       start, length, extent));
  }
  Array result = array;
  result.offset += start * array.strides[static_cast<std::size_t>(dim)];
  result.shape[static_cast<std::size_t>(dim)] = length;
  return result;
}

Array concatenate(const std::vector<Array>& arrays, std::int64_t dim) {
  if (arrays.empty()) fail(ErrorKind::Input, "torch.cat(): expected a non-empty list of Tensors");
  // 1-dimensional empty tensors take part whatever the others' shape, for PyTorch's history.
  const auto skipped = [](const Array& a) { return a.dim() == 1 && a.shape[0] == 0; };
  const auto model =
      std::find_if(arrays.begin(), arrays.end(), [&](const Array& a) { return !skipped(a); });
  DType dtype = arrays[0].dtype;
  for (const Array& array : arrays) dtype = promote_types(dtype, array.dtype);
  if (model == arrays.end()) return make_array(dtype, {0});
  Shape shape = model->shape;
  if (shape.empty()) {
    fail(ErrorKind::Input, "zero-dimensional tensor (at position 0) cannot be concatenated");
  }
  const auto at = static_cast<std::size_t>(wrap_dim(dim, model->dim()));
  shape[at] = 0;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (skipped(arrays[i])) continue;
    bool fits = arrays[i].shape.size() == shape.size();
    for (std::size_t d = 0; fits && d < shape.size(); ++d) {
      fits = d == at || arrays[i].shape[d] == shape[d];
    }
    if (!fits) {
      fail(ErrorKind::Input,
           fmt::format("Sizes of tensors must match except in dimension {}. Expected sizes like {} "
                       "but got {} for tensor number {} in the list.",
                       at, sizes_text(model->shape), sizes_text(arrays[i].shape), i));
    }
    shape[at] += arrays[i].shape[at];
  }
  Array result = make_array(dtype, shape);
  std::int64_t start = 0;
  for (const Array& array : arrays) {
    if (skipped(array)) continue;
    const std::int64_t length = array.shape[at];
    copy_into(array, narrow(result, static_cast<std::int64_t>(at), start, length));
    start += length;
  }
  return result;
}

}  // namespace fitest::pytorch
