// SPDX-License-Identifier: Apache-2.0
#include "pytorch/indexing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "base/parallel.h"
#include "pytorch/number.h"
#include "pytorch/pointwise.h"
#include "pytorch/tensor_literal.h"

namespace fitest::pytorch {
namespace {

// A view with the basic indices applied, and the index tensors that remain, by dimension of it.
struct Selection {
  Array view;
  std::vector<std::optional<Array>> indices;  // one per dimension; int64
};

std::optional<std::int64_t> integer_index(const Value& value) {
  if (value.is<bool>()) return std::nullopt;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  const Array* array = value.array();
  if (array == nullptr || array->dim() != 0 || array->dtype == DType::Bool ||
      array->dtype == DType::UInt8) {
    return std::nullopt;
  }
  const Value element = element_at(*array, 0);
  if (const auto* integer = element.as<std::int64_t>()) return *integer;
  return std::nullopt;
}

std::int64_t bound_of(const Value& value, std::int64_t otherwise) {
  if (value.is_none()) return otherwise;
  if (is_integer(value)) return clamped_of(value);
  if (const auto integer = integer_index(value)) return *integer;
  fail(ErrorKind::Input,
       fmt::format("slice indices must be integers or None, not {}", type_name(value)));
}

bool is_mask(const Value& value) {
  const Array* array = value.array();
  return value.is<bool>() ||
         (array != nullptr && (array->dtype == DType::Bool || array->dtype == DType::UInt8));
}

// How many dimensions of the tensor an item takes.
std::int64_t consumed(const Value& item) {
  if (item.is_none() || item.is<Ellipsis>() || item.is<bool>()) return 0;
  if (is_mask(item)) return item.array()->dim();
  return 1;
}

class Selector {
 public:
  Selector(const Array& array, const Value& index) {
    selection_.view = array;
    std::vector<Value> items = split_index(index);
    std::int64_t taken = 0;
    for (const Value& item : items) taken += consumed(item);
    if (taken > array.dim()) {
      fail(ErrorKind::Input,
           fmt::format("too many indices for tensor of dimension {}", array.dim()));
    }
    bool expanded = false;
    for (const Value& item : items) {
      if (item.is<Ellipsis>()) {
        if (expanded) fail(ErrorKind::Input, "an index can only have a single ellipsis ('...')");
        expanded = true;
        dim_ += array.dim() - taken;
        selection_.indices.resize(static_cast<std::size_t>(dim_));
      } else {
        apply(item);
      }
    }
    selection_.indices.resize(selection_.view.shape.size());
  }
  Selection take() { return std::move(selection_); }

 private:
  // x[i, j], x[[1, 2]] and x[mask] as a list of items.
  static std::vector<Value> split_index(const Value& index) {
    const Sequence* items = index.sequence();
    if (items == nullptr || items->kind != Collection::Tuple) return {index};
    return items->items;
  }

  void apply(const Value& item) {
    Array& view = selection_.view;
    if (item.is_none()) {
      view.shape.insert(view.shape.begin() + dim_, 1);
      view.strides.insert(view.strides.begin() + dim_, 0);
      return advance(std::nullopt);
    }
    if (const auto integer = integer_index(item)) {
      view = select(view, dim_, *integer);
      return;
    }
    if (const auto* held = item.as<std::shared_ptr<const SliceValue>>()) {
      const std::int64_t extent = view.shape[static_cast<std::size_t>(dim_)];
      view = slice(view, dim_, resolve_slice(**held, extent));
      return advance(std::nullopt);
    }
    if (is_mask(item)) return apply_mask(item);
    apply_tensor(item);
  }

  void apply_tensor(const Value& item) {
    const Array* tensor = item.array();
    const Array index = tensor != nullptr ? *tensor : tensor_from_value(item, std::nullopt);
    if (tensor == nullptr && index.dtype == DType::Bool) return apply_mask(Value(index));
    const bool integral = index.dtype == DType::Int64 || index.dtype == DType::Int32 ||
                          index.dtype == DType::Int16 || index.dtype == DType::Int8 ||
                          index.count() == 0;
    if (!integral) {
      fail(ErrorKind::Input,
           fmt::format("tensors used as indices must be long, int, byte or bool tensors, not {}",
                       name_of(index.dtype)));
    }
    advance(to_dtype(index, DType::Int64));
  }

  void apply_mask(const Value& item) {
    if (const auto* flag = item.as<bool>()) {
      Array& view = selection_.view;
      view.shape.insert(view.shape.begin() + dim_, 1);
      view.strides.insert(view.strides.begin() + dim_, 0);
      Array index = make_array(DType::Int64, {*flag ? 1 : 0});
      if (*flag) fill(index, Scalar::of(std::int64_t{0}));
      return advance(index);
    }
    const Array& mask = *item.array();
    for (std::int64_t d = 0; d < mask.dim(); ++d) {
      const auto at = static_cast<std::size_t>(dim_ + d);
      if (mask.shape[static_cast<std::size_t>(d)] != selection_.view.shape[at]) {
        fail(ErrorKind::Input,
             fmt::format("The shape of the mask {} at index {} does not match the shape of the "
                         "indexed tensor {} at index {}",
                         sizes_text(mask.shape), d, sizes_text(selection_.view.shape), at));
      }
    }
    const Array found = nonzero(mask);
    if (mask.dim() == 0) {
      Array& view = selection_.view;
      view.shape.insert(view.shape.begin() + dim_, 1);
      view.strides.insert(view.strides.begin() + dim_, 0);
      Array index = make_array(DType::Int64, {found.shape[0]});
      fill(index, Scalar::of(std::int64_t{0}));
      return advance(index);
    }
    for (std::int64_t d = 0; d < mask.dim(); ++d) advance(select(found, 1, d));
  }

  void advance(std::optional<Array> index) {
    selection_.indices.resize(static_cast<std::size_t>(dim_));
    selection_.indices.push_back(std::move(index));
    ++dim_;
  }

  Selection selection_;
  std::int64_t dim_ = 0;
};

// Index tensors resolved to element offsets into the view, for every element of their broadcast
// shape, and the view that is left for each of them.
struct Gathered {
  std::vector<std::int64_t> offsets;
  Shape index_shape;
  Shape rest_shape;
  Shape rest_strides;
  std::size_t position = 0;  // of the index dimensions in the result
};

Shape broadcast_index_shape(const Selection& selection) {
  Shape shape;
  for (const auto& index : selection.indices) {
    if (!index) continue;
    try {
      shape = broadcast_shapes(shape, index->shape);
    } catch (const Error&) {
      fail(ErrorKind::Input,
           fmt::format("shape mismatch: indexing tensors could not be broadcast together with "
                       "shapes {} and {}",
                       sizes_text(shape), sizes_text(index->shape)));
    }
  }
  return shape;
}

void add_offsets(const Array& index, const Shape& shape, std::array<std::int64_t, 3> where,
                 std::vector<std::int64_t>& offsets) {
  const auto [dim, extent, stride] = where;
  const Array dense = contiguous(expand_to(index, shape));
  const auto* values = dense.as<std::int64_t>();
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::int64_t value = values[i];
    if (value < -extent || value >= extent) {
      fail(ErrorKind::Input, fmt::format("index {} is out of bounds for dimension {} with size {}",
                                         value, dim, extent));
    }
    offsets[i] += (value < 0 ? value + extent : value) * stride;
  }
}

Gathered resolve(const Selection& selection) {
  Gathered gathered;
  gathered.index_shape = broadcast_index_shape(selection);
  gathered.offsets.assign(element_count(gathered.index_shape), 0);
  std::vector<std::size_t> indexed;
  for (std::size_t d = 0; d < selection.indices.size(); ++d) {
    if (selection.indices[d]) {
      indexed.push_back(d);
      add_offsets(
          *selection.indices[d], gathered.index_shape,
          {static_cast<std::int64_t>(d), selection.view.shape[d], selection.view.strides[d]},
          gathered.offsets);
    } else {
      gathered.rest_shape.push_back(selection.view.shape[d]);
      gathered.rest_strides.push_back(selection.view.strides[d]);
    }
  }
  const bool adjacent = indexed.back() - indexed.front() + 1 == indexed.size();
  gathered.position = adjacent ? indexed.front() : 0;
  return gathered;
}

Shape result_shape(const Gathered& gathered) {
  Shape shape = gathered.rest_shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(gathered.position),
               gathered.index_shape.begin(), gathered.index_shape.end());
  return shape;
}

// Dimensions of the result moved so that those of the index come first.
Array index_first(const Array& array, const Gathered& gathered) {
  Array view = array;
  const auto first = static_cast<std::ptrdiff_t>(gathered.position);
  const auto last = first + static_cast<std::ptrdiff_t>(gathered.index_shape.size());
  std::rotate(view.shape.begin(), view.shape.begin() + first, view.shape.begin() + last);
  std::rotate(view.strides.begin(), view.strides.begin() + first, view.strides.begin() + last);
  return view;
}

Array rest_at(const Array& view, const Gathered& gathered, std::int64_t offset) {
  return view_as(view, gathered.rest_shape, gathered.rest_strides, view.offset + offset);
}

// The view of `array` behind element `i` of the index dimensions, which are dense and lead.
Array nth(const Array& array, const Gathered& gathered, std::size_t i) {
  const std::size_t lead = gathered.index_shape.size();
  std::int64_t offset = array.offset;
  auto rest = static_cast<std::int64_t>(i);
  for (std::size_t d = lead; d-- > 0;) {
    offset += rest % array.shape[d] * array.strides[d];
    rest /= array.shape[d];
  }
  const auto skip = static_cast<std::ptrdiff_t>(lead);
  return view_as(array, {array.shape.begin() + skip, array.shape.end()},
                 {array.strides.begin() + skip, array.strides.end()}, offset);
}

bool is_dense(const Shape& shape, const Shape& strides) {
  return Array{nullptr, DType::Int8, shape, strides, 0}.is_contiguous();
}

// Rows that are dense in both tensors are moved as bytes.
struct RowMove {
  std::size_t bytes;
  std::int64_t count;
};
std::optional<RowMove> dense_rows(const Gathered& gathered, const Array& array) {
  if (!is_dense(gathered.rest_shape, gathered.rest_strides) || !array.is_contiguous()) {
    return std::nullopt;
  }
  const auto count = static_cast<std::int64_t>(element_count(gathered.rest_shape));
  return RowMove{static_cast<std::size_t>(count) * array.item_size(), count};
}

template <class Body>
void for_each_index(const Gathered& gathered, std::int64_t row_count, const Body& body) {
  const auto grain = static_cast<std::size_t>(
      std::max<std::int64_t>(1, 32768 / std::max<std::int64_t>(1, row_count)));
  parallel_for(gathered.offsets.size(), grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) body(i);
  });
}

template <class Word>
void gather_words(const Array& view, const Gathered& gathered, const Array& out) {
  const auto* from = view.as<Word>();
  auto* to = out.as_writable<Word>();
  for (std::size_t i = 0; i < gathered.offsets.size(); ++i) to[i] = from[gathered.offsets[i]];
}

void gather_elements(const Array& view, const Gathered& gathered, const Array& out) {
  switch (view.item_size()) {
    case 1:
      return gather_words<std::uint8_t>(view, gathered, out);
    case 2:
      return gather_words<std::uint16_t>(view, gathered, out);
    case 4:
      return gather_words<std::uint32_t>(view, gathered, out);
    default:
      return gather_words<std::uint64_t>(view, gathered, out);
  }
}

Array gather(const Array& view, const Gathered& gathered) {
  Array out = make_array(view.dtype, result_shape(gathered));
  if (out.count() == 0) return out;
  const Array target = index_first(out, gathered);
  const auto rows = dense_rows(gathered, target);
  if (rows && rows->count == 1) {
    gather_elements(view, gathered, out);
  } else if (rows) {
    const auto size = static_cast<std::int64_t>(view.item_size());
    std::byte* to = target.writable();
    const std::byte* from = view.data();
    for_each_index(gathered, rows->count, [&](std::size_t i) {
      std::memcpy(to + i * rows->bytes, from + gathered.offsets[i] * size, rows->bytes);
    });
  } else {
    for (std::size_t i = 0; i < gathered.offsets.size(); ++i) {
      copy_into(rest_at(view, gathered, gathered.offsets[i]), nth(target, gathered, i));
    }
  }
  return out;
}

// The value broadcast to the shape that the index selects, in the tensor's dtype.
Array broadcast_value(const Array& value, const Shape& shape, DType dtype) {
  Array source = to_dtype(value, dtype);
  while (source.dim() > static_cast<std::int64_t>(shape.size()) && source.shape[0] == 1) {
    source = select(source, 0, 0);
  }
  bool fits = source.dim() <= static_cast<std::int64_t>(shape.size());
  for (std::size_t i = 0; fits && i < source.shape.size(); ++i) {
    const std::int64_t extent = source.shape[source.shape.size() - 1 - i];
    fits = extent == 1 || extent == shape[shape.size() - 1 - i];
  }
  if (!fits) {
    fail(ErrorKind::Input, fmt::format("shape mismatch: value tensor of shape {} cannot be "
                                       "broadcast to indexing result of shape {}",
                                       sizes_text(value.shape), sizes_text(shape)));
  }
  return expand_to(source, shape);
}

void scatter(const Array& view, const Gathered& gathered, const Array& value) {
  const Array source =
      index_first(broadcast_value(value, result_shape(gathered), view.dtype), gathered);
  const auto size = static_cast<std::int64_t>(view.item_size());
  const bool single = gathered.rest_shape.empty();
  std::byte* to = view.writable();
  for (std::size_t i = 0; i < gathered.offsets.size(); ++i) {
    const Array row = nth(source, gathered, i);
    if (single) {
      std::memcpy(to + gathered.offsets[i] * size, row.data(), view.item_size());
    } else {
      copy_into(row, rest_at(view, gathered, gathered.offsets[i]));
    }
  }
}

bool is_advanced(const Selection& selection) {
  return std::any_of(selection.indices.begin(), selection.indices.end(),
                     [](const auto& index) { return index.has_value(); });
}

Array value_array(const Value& value, DType dtype) {
  if (const Array* array = value.array()) return *array;
  if (const auto scalar = scalar_of(value)) return make_scalar_array(dtype, *scalar);
  return tensor_from_value(value, dtype);
}

}  // namespace

Range resolve_slice(const SliceValue& slice, std::int64_t extent) {
  Range range{0, 0, bound_of(slice.step, 1)};
  if (range.step <= 0) fail(ErrorKind::Input, "slice step must be positive");
  range.start = bound_of(slice.start, 0);
  range.stop = bound_of(slice.stop, extent);
  return range;
}

Array index_get(const Array& array, const Value& index) {
  const Selection selection = Selector(array, index).take();
  if (!is_advanced(selection)) return selection.view;
  return gather(selection.view, resolve(selection));
}

void index_set(const Array& array, const Value& index, const Value& value) {
  const Selection selection = Selector(array, index).take();
  const Array source = value_array(value, array.dtype);
  if (!is_advanced(selection)) {
    copy_into(broadcast_value(source, selection.view.shape, array.dtype), selection.view);
    return;
  }
  const bool aliases = source.storage == array.storage;
  scatter(selection.view, resolve(selection), aliases ? clone(source) : source);
}

void index_accumulate(const Array& array, const Value& index, const Array& value) {
  const Selection selection = Selector(array, index).take();
  if (!is_advanced(selection)) fail(ErrorKind::Input, "index_put_: expected index tensors");
  const Gathered gathered = resolve(selection);
  const Array source =
      index_first(broadcast_value(value, result_shape(gathered), array.dtype), gathered);
  for (std::size_t i = 0; i < gathered.offsets.size(); ++i) {
    const Array target = rest_at(selection.view, gathered, gathered.offsets[i]);
    copy_into(arithmetic(BinaryOperator::Add, {target, false}, {nth(source, gathered, i), false}),
              target);
  }
}

Array masked_select(const Array& array, const Array& mask) {
  const Shape shape = broadcast_shapes(array.shape, mask.shape);
  return index_get(expand_to(array, shape), Value(contiguous(expand_to(mask, shape))));
}

Array nonzero(const Array& array) {
  const Array dense = contiguous(array);
  std::vector<std::int64_t> found;
  const auto count = static_cast<std::size_t>(dense.count());
  const bool integral = compute_of(dense.dtype) == Compute::Integer;
  constexpr std::int64_t kRun = 512;
  std::int64_t integers[kRun];
  double numbers[kRun];
  for (std::size_t begin = 0; begin < count; begin += kRun) {
    const auto n = static_cast<std::int64_t>(std::min<std::size_t>(kRun, count - begin));
    const std::byte* at = dense.data() + begin * dense.item_size();
    if (integral) {
      load_of<std::int64_t>(dense.dtype)(at, 1, n, integers);
    } else {
      load_of<double>(dense.dtype)(at, 1, n, numbers);
    }
    for (std::int64_t i = 0; i < n; ++i) {
      const bool set = integral ? integers[i] != 0 : numbers[i] != 0;
      if (set) found.push_back(static_cast<std::int64_t>(begin) + i);
    }
  }
  const std::int64_t rank = array.dim();
  Array out = make_array(DType::Int64, {static_cast<std::int64_t>(found.size()), rank});
  auto* to = out.as_writable<std::int64_t>();
  for (std::size_t i = 0; i < found.size(); ++i) {
    std::int64_t rest = found[i];
    for (std::int64_t d = rank; d-- > 0;) {
      const std::int64_t extent = array.shape[static_cast<std::size_t>(d)];
      to[static_cast<std::int64_t>(i) * rank + d] = rest % extent;
      rest /= extent;
    }
  }
  return out;
}

}  // namespace fitest::pytorch
