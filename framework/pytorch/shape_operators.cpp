// SPDX-License-Identifier: Apache-2.0
// Rows of views and rearrangements.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "pytorch/operator.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

Value run_view(Bound& b) {
  return view(b.tensor(0), b.integers(1));
}

// Elements of another width over the same bytes.
Value run_view_dtype(Bound& b) {
  const Array& array = b.tensor(0);
  const DType dtype = *b.dtype(1);
  Array result = array;
  result.dtype = dtype;
  const auto before = static_cast<std::int64_t>(array.item_size());
  const auto after = static_cast<std::int64_t>(result.item_size());
  if (before == after) return Value(result);
  if (array.dim() == 0 || (array.strides.back() != 1 && array.shape.back() != 1)) {
    fail(ErrorKind::Input,
         fmt::format("self.stride(-1) must be 1 to view {} as {}, but got {}", name_of(array.dtype),
                     name_of(dtype), array.dim() == 0 ? 0 : array.strides.back()));
  }
  const auto rescale = [&](std::int64_t elements) {
    if (elements * before % after != 0) {
      fail(ErrorKind::Input,
           fmt::format("sizes, strides and offset must be divisible by {} to view {} as {}",
                       after / before, name_of(array.dtype), name_of(dtype)));
    }
    return elements * before / after;
  };
  result.shape.back() = rescale(array.shape.back());
  result.offset = rescale(array.offset);
  for (std::size_t i = 0; i + 1 < result.strides.size(); ++i) {
    result.strides[i] = array.shape[i] == 1 ? result.shape.back() : rescale(array.strides[i]);
  }
  result.strides.back() = 1;
  return Value(result);
}

Value run_reshape(Bound& b) {
  return reshape(b.tensor(0), b.integers(1));
}
Value run_view_as(Bound& b) {
  return view(b.tensor(0), b.tensor(1).shape);
}
Value run_reshape_as(Bound& b) {
  return reshape(b.tensor(0), b.tensor(1).shape);
}
Value run_permute(Bound& b) {
  return permute(b.tensor(0), b.integers(1));
}
Value run_transpose(Bound& b) {
  return transpose(b.tensor(0), b.integer(1), b.integer(2));
}

Value run_t(Bound& b) {
  if (b.tensor(0).dim() > 2) {
    fail(ErrorKind::Input, fmt::format("t() expects a tensor with <= 2 dimensions, but self is {}D",
                                       b.tensor(0).dim()));
  }
  return Value(reverse_dims(b.tensor(0)));
}

Value run_unsqueeze(Bound& b) {
  return unsqueeze(b.tensor(0), b.integer(1));
}

Value run_squeeze(Bound& b) {
  Array array = b.tensor(0);
  if (!b.given(1)) {
    for (std::int64_t d = array.dim(); d-- > 0;) array = squeeze(array, d);
    return Value(array);
  }
  Shape dims = b.integers(1);
  for (std::int64_t& dim : dims) dim = wrap_dim(dim, array.dim());
  std::sort(dims.begin(), dims.end(), std::greater<>());
  for (std::int64_t dim : dims) array = squeeze(array, dim);
  return Value(array);
}

Value run_flatten(Bound& b) {
  const Array& array = b.tensor(0);
  if (array.dim() == 0) return Value(reshape(array, {1}));
  const std::int64_t first = wrap_dim(b.integer(1), array.dim());
  const std::int64_t last = wrap_dim(b.integer(2), array.dim());
  if (first > last) {
    fail(ErrorKind::Input, "flatten() has invalid args: start_dim cannot come after end_dim");
  }
  std::int64_t merged = 1;
  Shape shape(array.shape.begin(), array.shape.begin() + first);
  for (std::int64_t d = first; d <= last; ++d) merged *= array.shape[static_cast<std::size_t>(d)];
  shape.push_back(merged);
  shape.insert(shape.end(), array.shape.begin() + last + 1, array.shape.end());
  return Value(reshape(array, shape));
}

Value run_unflatten(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  if (array.dim() == 0) fail(ErrorKind::Input, "unflatten() needs a dimension");
  const Shape parts = infer_shape(b.integers(2), array.shape[static_cast<std::size_t>(dim)]);
  Shape shape = array.shape;
  shape.erase(shape.begin() + dim);
  shape.insert(shape.begin() + dim, parts.begin(), parts.end());
  return Value(view(array, shape));
}

Value run_expand(Bound& b) {
  const Array& array = b.tensor(0);
  Shape shape = b.integers(1);
  if (shape.size() < array.shape.size()) {
    fail(ErrorKind::Input,
         fmt::format("expand({}, size={}): the number of sizes provided ({}) must be greater or "
                     "equal to the number of dimensions in the tensor ({})",
                     sizes_text(array.shape), sizes_text(shape), shape.size(), array.dim()));
  }
  const std::size_t lead = shape.size() - array.shape.size();
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0) continue;
    if (shape[i] != -1 || i < lead) {
      fail(ErrorKind::Input,
           fmt::format("expand(): the expanded size {} is not allowed", shape[i]));
    }
    shape[i] = array.shape[i - lead];
  }
  return Value(expand_to(array, shape));
}

Value run_expand_as(Bound& b) {
  return Value(expand_to(b.tensor(0), b.tensor(1).shape));
}
Value run_broadcast_to(Bound& b) {
  return run_expand(b);
}

Value broadcast_all(const std::vector<Array>& arrays) {
  Shape shape;
  for (const Array& array : arrays) shape = broadcast_shapes(shape, array.shape);
  std::vector<Value> results;
  results.reserve(arrays.size());
  for (const Array& array : arrays) results.emplace_back(expand_to(array, shape));
  return make_tuple(std::move(results));
}

Value run_broadcast_tensors(Bound& b) {
  return broadcast_all(b.tensors(0));
}

Value run_broadcast_tensors_spelt_out(Bound& b) {
  std::vector<Array> arrays;
  for (std::size_t i = 0; i < 4 && b.given(i); ++i) arrays.push_back(b.tensor(i));
  return broadcast_all(arrays);
}

Value run_repeat(Bound& b) {
  Array array = b.tensor(0);
  const Shape times = b.integers(1);
  if (times.size() < array.shape.size()) {
    fail(ErrorKind::Input,
         "Number of dimensions of repeat dims can not be smaller than number of "
         "dimensions of tensor");
  }
  while (array.shape.size() < times.size()) array = unsqueeze(array, 0);
  Shape shape(times.size());
  Shape split;
  Shape source;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] < 0 || __builtin_mul_overflow(times[i], array.shape[i], &shape[i])) {
      fail(ErrorKind::Input, fmt::format("repeat(): cannot repeat {} times", times[i]));
    }
    split.insert(split.end(), {times[i], array.shape[i]});
    source.insert(source.end(), {1, array.shape[i]});
  }
  const Array result = make_array(array.dtype, shape);
  copy_into(reshape(array, source), view(result, split));
  return Value(result);
}

Value run_tile(Bound& b) {
  Array array = b.tensor(0);
  Shape times = b.integers(1);
  while (times.size() < array.shape.size()) times.insert(times.begin(), 1);
  while (array.shape.size() < times.size()) array = unsqueeze(array, 0);
  Array result = array;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (times[i] < 0 || times[i] > 1000000) fail(ErrorKind::Input, "tile(): bad repeat count");
    const std::vector<Array> copies(static_cast<std::size_t>(times[i]), result);
    result = copies.empty() ? narrow(result, static_cast<std::int64_t>(i), 0, 0)
                            : concatenate(copies, static_cast<std::int64_t>(i));
  }
  return Value(times.empty() ? clone(result) : result);
}

Value run_repeat_interleave(Bound& b) {
  Array array = b.tensor(0);
  const std::int64_t times = b.integer(1);
  if (times < 0) fail(ErrorKind::Input, "repeats can not be negative");
  if (!b.given(2)) array = reshape(array, {-1});
  const std::int64_t dim = b.given(2) ? wrap_dim(b.integer(2), array.dim()) : 0;
  if (array.dim() == 0) array = reshape(array, {1});
  const auto at = static_cast<std::size_t>(dim);
  Shape shape = array.shape;
  if (__builtin_mul_overflow(shape[at], times, &shape[at])) {
    fail(ErrorKind::Input, "repeat_interleave(): the result is too large");
  }
  const Array result = make_array(array.dtype, shape);
  Shape split = array.shape;
  split.insert(split.begin() + dim + 1, times);
  const Array source = unsqueeze(array, dim + 1);
  copy_into(expand_to(source, split), view(result, split));
  return Value(result);
}

Value run_repeat_interleave_tensor(Bound& b) {
  Array array = b.tensor(0);
  if (!b.given(2)) array = reshape(array, {-1});
  const std::int64_t dim = b.given(2) ? wrap_dim(b.integer(2), array.dim()) : 0;
  const Array repeats = contiguous(to_dtype(b.tensor(1), DType::Int64));
  const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
  if (repeats.dim() > 1 || (repeats.count() != extent && repeats.count() != 1)) {
    fail(ErrorKind::Input, "repeats must have the same size as input along dim");
  }
  std::vector<Array> parts;
  for (std::int64_t i = 0; i < extent; ++i) {
    const std::int64_t times = repeats.as<std::int64_t>()[repeats.count() == 1 ? 0 : i];
    if (times < 0) fail(ErrorKind::Input, "repeats can not be negative");
    Shape shape = array.shape;
    shape[static_cast<std::size_t>(dim)] = times;
    if (times > 0) parts.push_back(expand_to(narrow(array, dim, i, 1), shape));
  }
  return Value(parts.empty() ? narrow(array, dim, 0, 0) : concatenate(parts, dim));
}

Value run_cat(Bound& b) {
  return Value(concatenate(b.tensors(0), b.integer(1)));
}

Value run_stack(Bound& b) {
  std::vector<Array> arrays = b.tensors(0);
  if (arrays.empty()) fail(ErrorKind::Input, "stack expects a non-empty TensorList");
  const std::int64_t dim = wrap_dim(b.integer(1), arrays[0].dim() + 1);
  for (Array& array : arrays) {
    if (array.dim() + 1 < dim) fail(ErrorKind::Input, "stack expects each tensor to be equal size");
    array = unsqueeze(array, dim);
  }
  return Value(concatenate(arrays, dim));
}

Value run_hstack(Bound& b) {
  std::vector<Array> arrays = b.tensors(0);
  for (Array& array : arrays) {
    if (array.dim() == 0) array = reshape(array, {1});
  }
  return Value(concatenate(arrays, !arrays.empty() && arrays[0].dim() > 1 ? 1 : 0));
}

Value run_vstack(Bound& b) {
  std::vector<Array> arrays = b.tensors(0);
  for (Array& array : arrays) {
    if (array.dim() < 2) array = reshape(array, {1, -1});
  }
  return Value(concatenate(arrays, 0));
}

Value split_by(const Array& array, const Shape& sizes, std::int64_t dim) {
  std::vector<Value> parts;
  std::int64_t start = 0;
  for (std::int64_t size : sizes) {
    parts.emplace_back(narrow(array, dim, start, size));
    start += size;
  }
  return make_tuple(std::move(parts));
}

Value split_evenly(const Array& array, std::int64_t size, std::int64_t dim) {
  dim = wrap_dim(dim, array.dim());
  if (array.dim() == 0) fail(ErrorKind::Input, "split expects at least a 1-dimensional tensor");
  const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
  if (size <= 0 && extent != 0) fail(ErrorKind::Input, "split expects split_size be positive");
  Shape sizes;
  for (std::int64_t at = 0; at < extent; at += size) {
    sizes.push_back(std::min(size, extent - at));
    if (size > extent - at) break;
  }
  if (sizes.empty()) sizes.push_back(0);
  return split_by(array, sizes, dim);
}

Value run_chunk(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t chunks = b.integer(1);
  const std::int64_t dim = wrap_dim(b.integer(2), array.dim());
  if (chunks <= 0) fail(ErrorKind::Input, "chunk expects `chunks` to be greater than 0");
  if (array.dim() == 0) fail(ErrorKind::Input, "chunk expects at least a 1-dimensional tensor");
  const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
  // Of nothing there are as many pieces as were asked for.
  if (extent == 0) return split_by(array, Shape(static_cast<std::size_t>(chunks), 0), dim);
  return split_evenly(array, (extent + chunks - 1) / chunks, dim);
}

Value run_split(Bound& b) {
  return split_evenly(b.tensor(0), b.integer(1), b.integer(2));
}

Value run_split_sizes(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(2), array.dim());
  const Shape sizes = b.integers(1);
  std::int64_t total = 0;
  for (std::int64_t size : sizes) total += size;
  if (array.dim() == 0 || total != array.shape[static_cast<std::size_t>(dim)]) {
    fail(ErrorKind::Input,
         fmt::format("split_with_sizes expects split_sizes to sum exactly to {} (input tensor's "
                     "size at dimension {}), but got split_sizes={}",
                     array.dim() == 0 ? 0 : array.shape[static_cast<std::size_t>(dim)], dim,
                     sizes_text(sizes)));
  }
  return split_by(array, sizes, dim);
}

Value run_unbind(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  if (array.dim() == 0)
    fail(ErrorKind::Input, "Dimension specified as 0 but tensor has no dimensions");
  std::vector<Value> parts;
  for (std::int64_t i = 0; i < array.shape[static_cast<std::size_t>(dim)]; ++i) {
    parts.emplace_back(select(array, dim, i));
  }
  return make_tuple(std::move(parts));
}

Value run_narrow(Bound& b) {
  return Value(narrow(b.tensor(0), b.integer(1), b.integer(2), b.integer(3)));
}

Value run_select(Bound& b) {
  const Array& array = b.tensor(0);
  if (array.dim() == 0) fail(ErrorKind::Input, "select() cannot be applied to a 0-dim tensor.");
  return Value(select(array, wrap_dim(b.integer(1), array.dim()), b.integer(2)));
}

Value run_movedim(Bound& b) {
  const Array& array = b.tensor(0);
  Shape from = b.integers(1);
  Shape to = b.integers(2);
  if (from.size() != to.size()) fail(ErrorKind::Input, "movedim: as many sources as destinations");
  Shape order(array.shape.size(), -1);
  std::vector<bool> moved(array.shape.size(), false);
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::int64_t source = wrap_dim(from[i], array.dim());
    order[static_cast<std::size_t>(wrap_dim(to[i], array.dim()))] = source;
    moved[static_cast<std::size_t>(source)] = true;
  }
  std::size_t next = 0;
  for (std::int64_t& dim : order) {
    if (dim >= 0) continue;
    while (next < moved.size() && moved[next]) ++next;
    dim = static_cast<std::int64_t>(next++);
  }
  return Value(permute(array, order));
}

// A copy with the elements of a dimension in another order.
Array reorder(const Array& array, std::int64_t dim, const Shape& order) {
  Array result = make_array(array.dtype, array.shape);
  for (std::size_t i = 0; i < order.size(); ++i) {
    copy_into(select(array, dim, order[i]), select(result, dim, static_cast<std::int64_t>(i)));
  }
  return result;
}

Value run_flip(Bound& b) {
  Array array = b.tensor(0);
  for (std::int64_t dim : b.integers(1)) {
    dim = wrap_dim(dim, array.dim());
    if (array.dim() == 0) continue;
    const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
    Shape order(static_cast<std::size_t>(extent));
    for (std::int64_t i = 0; i < extent; ++i) order[static_cast<std::size_t>(i)] = extent - 1 - i;
    array = reorder(array, dim, order);
  }
  return Value(array);
}

Value run_roll(Bound& b) {
  Array array = b.tensor(0);
  const Shape shape = array.shape;
  Shape shifts = b.integers(1);
  Shape dims = b.given(2) ? b.integers(2) : Shape{};
  if (dims.empty()) {
    array = reshape(array, {-1});
    dims = {0};
  }
  if (shifts.size() != dims.size())
    fail(ErrorKind::Input, "roll: shifts and dimensions must align");
  for (std::size_t k = 0; k < dims.size(); ++k) {
    const std::int64_t dim = wrap_dim(dims[k], array.dim());
    const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
    Shape order(static_cast<std::size_t>(extent));
    for (std::int64_t i = 0; i < extent; ++i) {
      order[static_cast<std::size_t>(i)] = ((i - shifts[k]) % extent + extent) % extent;
    }
    array = reorder(array, dim, order);
  }
  return Value(reshape(array, shape));
}

Value run_diagonal(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t offset = b.integer(1);
  const auto d1 = static_cast<std::size_t>(wrap_dim(b.integer(2), array.dim()));
  const auto d2 = static_cast<std::size_t>(wrap_dim(b.integer(3), array.dim()));
  if (d1 == d2 || array.dim() < 2) {
    fail(ErrorKind::Input, "diagonal dimensions cannot be identical");
  }
  const std::int64_t rows = array.shape[d1] + std::min<std::int64_t>(offset, 0);
  const std::int64_t columns = array.shape[d2] - std::max<std::int64_t>(offset, 0);
  const std::int64_t length = std::max<std::int64_t>(0, std::min(rows, columns));
  Array result = array;
  if (length > 0) {
    result.offset += offset >= 0 ? offset * array.strides[d2] : -offset * array.strides[d1];
  }
  const std::int64_t stride = array.strides[d1] + array.strides[d2];
  for (std::size_t d : {std::max(d1, d2), std::min(d1, d2)}) {
    result.shape.erase(result.shape.begin() + static_cast<std::ptrdiff_t>(d));
    result.strides.erase(result.strides.begin() + static_cast<std::ptrdiff_t>(d));
  }
  result.shape.push_back(length);
  result.strides.push_back(stride);
  return Value(result);
}

Value run_unfold(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  const std::int64_t size = b.integer(2);
  const std::int64_t step = b.integer(3);
  const std::int64_t extent = array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
  if (array.dim() == 0 || size < 0 || size > extent || step <= 0) {
    fail(ErrorKind::Input, fmt::format("unfold: maximum size for tensor at dimension {} is {} but "
                                       "size is {}",
                                       dim, extent, size));
  }
  Array result = array;
  const auto at = static_cast<std::size_t>(dim);
  result.shape[at] = (extent - size) / step + 1;
  result.strides[at] = array.strides[at] * step;
  result.shape.push_back(size);
  result.strides.push_back(array.strides[at]);
  return Value(result);
}

Value run_as_strided(Bound& b) {
  const Array& array = b.tensor(0);
  const Shape shape = b.integers(1);
  const Shape strides = b.integers(2);
  const std::int64_t offset = b.given(3) ? b.integer(3) : array.offset;
  std::int64_t last = offset;
  bool valid = shape.size() == strides.size() && offset >= 0;
  for (std::size_t i = 0; valid && i < shape.size(); ++i) {
    std::int64_t span = 0;
    valid = shape[i] >= 0 && strides[i] >= 0 &&
            !__builtin_mul_overflow(std::max<std::int64_t>(shape[i] - 1, 0), strides[i], &span) &&
            !__builtin_add_overflow(last, span, &last);
  }
  const auto held = static_cast<std::int64_t>(array.storage->size_bytes() / array.item_size());
  if (!valid || (element_count(shape) > 0 && last >= held)) {
    fail(ErrorKind::Input, "as_strided(): the sizes and strides are out of bounds for the storage");
  }
  return Value(view_as(array, shape, strides, offset));
}

Value run_contiguous(Bound& b) {
  return b.tensor(0).is_contiguous() ? b.self() : Value(contiguous(b.tensor(0)));
}

Value run_ravel(Bound& b) {
  return Value(reshape(b.tensor(0), {-1}));
}

Value run_atleast_1d(Bound& b) {
  return b.tensor(0).dim() == 0 ? Value(reshape(b.tensor(0), {1})) : b.self();
}

Value run_atleast_2d(Bound& b) {
  const Array& array = b.tensor(0);
  return array.dim() >= 2 ? b.self() : Value(reshape(array, {1, -1}));
}

Value run_meshgrid(Bound& b) {
  const std::vector<Array> axes = b.tensors(0);
  const bool swapped = b.string(1) == "xy" && axes.size() >= 2;
  Shape shape;
  for (const Array& axis : axes) shape.push_back(axis.count());
  std::vector<Value> grids;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    Shape lone(axes.size(), 1);
    lone[i] = axes[i].count();
    Array grid = expand_to(reshape(axes[i], lone), shape);
    grids.emplace_back(swapped ? transpose(grid, 0, 1) : grid);
  }
  return make_tuple(std::move(grids));
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kMethod, "view(Tensor self, int[] size)", run_view},
    {kMethod, "view(Tensor self, ScalarType dtype)", run_view_dtype},
    {kMethod, "view_as(Tensor self, Tensor other)", run_view_as},
    {kBoth, "reshape(Tensor self, int[] shape)", run_reshape},
    {kMethod, "reshape_as(Tensor self, Tensor other)", run_reshape_as},
    {kBoth, "permute(Tensor self, int[] dims)", run_permute},
    {kBoth, "transpose(Tensor self, int dim0, int dim1)", run_transpose},
    {kBoth, "swapaxes(Tensor self, int axis0, int axis1)", run_transpose},
    {kBoth, "swapdims(Tensor self, int dim0, int dim1)", run_transpose},
    {kBoth, "t(Tensor self)", run_t},
    {kBoth, "unsqueeze(Tensor self, int dim)", run_unsqueeze},
    {kBoth, "squeeze(Tensor self, int[]? dim=None)", run_squeeze},
    {kBoth, "flatten(Tensor self, int start_dim=0, int end_dim=-1)", run_flatten},
    {kBoth, "unflatten(Tensor self, int dim, int[] sizes)", run_unflatten},
    {kBoth, "ravel(Tensor self)", run_ravel},
    {kMethod, "expand(Tensor self, int[] size)", run_expand},
    {kMethod, "expand_as(Tensor self, Tensor other)", run_expand_as},
    {kBoth, "broadcast_to(Tensor self, int[] size)", run_broadcast_to},
    {kTorch, "broadcast_tensors(Tensor[] tensors)", run_broadcast_tensors},
    {kTorch, "broadcast_tensors(Tensor a, Tensor? b=None, Tensor? c=None, Tensor? d=None)",
     run_broadcast_tensors_spelt_out},
    {kMethod, "repeat(Tensor self, int[] repeats)", run_repeat},
    {kBoth, "tile(Tensor self, int[] dims)", run_tile},
    {kBoth, "repeat_interleave(Tensor self, int repeats, int? dim=None, *, int? output_size=None)",
     run_repeat_interleave},
    {kBoth,
     "repeat_interleave(Tensor self, Tensor repeats, int? dim=None, *, int? output_size=None)",
     run_repeat_interleave_tensor},
    {kTorch, "cat(Tensor[] tensors, int dim=0)", run_cat},
    {kTorch, "concat(Tensor[] tensors, int dim=0)", run_cat},
    {kTorch, "concatenate(Tensor[] tensors, int dim=0)", run_cat},
    {kTorch, "stack(Tensor[] tensors, int dim=0)", run_stack},
    {kTorch, "hstack(Tensor[] tensors)", run_hstack},
    {kTorch, "vstack(Tensor[] tensors)", run_vstack},
    {kBoth, "chunk(Tensor self, int chunks, int dim=0)", run_chunk},
    {kBoth, "split(Tensor self, int split_size, int dim=0)", run_split},
    {kBoth, "split(Tensor self, int[] split_size, int dim=0)", run_split_sizes},
    {kBoth, "split_with_sizes(Tensor self, int[] split_sizes, int dim=0)", run_split_sizes},
    {kBoth, "unbind(Tensor self, int dim=0)", run_unbind},
    {kBoth, "narrow(Tensor self, int dim, int start, int length)", run_narrow},
    {kBoth, "select(Tensor self, int dim, int index)", run_select},
    {kBoth, "movedim(Tensor self, int[] source, int[] destination)", run_movedim},
    {kBoth, "moveaxis(Tensor self, int[] source, int[] destination)", run_movedim},
    {kBoth, "flip(Tensor self, int[] dims)", run_flip},
    {kBoth, "roll(Tensor self, int[] shifts, int[]? dims=None)", run_roll},
    {kBoth, "diagonal(Tensor self, int offset=0, int dim1=0, int dim2=1)", run_diagonal},
    {kMethod, "unfold(Tensor self, int dimension, int size, int step)", run_unfold},
    {kBoth, "as_strided(Tensor self, int[] size, int[] stride, int? storage_offset=None)",
     run_as_strided},
    {kMethod, "contiguous(Tensor self, *, Any memory_format=None)", run_contiguous},
    {kTorch, "atleast_1d(Tensor self)", run_atleast_1d},
    {kTorch, "atleast_2d(Tensor self)", run_atleast_2d},
    {kTorch, "meshgrid(Tensor[] tensors, str indexing=\"ij\")", run_meshgrid},
};

}  // namespace

std::span<const OperatorRow> shape_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
