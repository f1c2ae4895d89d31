// SPDX-License-Identifier: Apache-2.0
// Rows of gathers, scatters and masks.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/indexing.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

Array as_indices(const Array& array, std::string_view name) {
  if (array.dtype != DType::Int64 && array.dtype != DType::Int32) {
    fail(ErrorKind::Input, fmt::format("{}(): Expected dtype int64 for index", name));
  }
  return contiguous(to_dtype(array, DType::Int64));
}

std::int64_t checked_index(std::int64_t value, std::int64_t extent, std::int64_t dim) {
  if (value < -extent || value >= extent) {
    fail(ErrorKind::Input, fmt::format("index {} is out of bounds for dimension {} with size {}",
                                       value, dim, extent));
  }
  return value < 0 ? value + extent : value;
}

// Index with one entry per element of `shape`: x[..., i, ...] along `dim`, everything else itself.
Value along(const Array& index, std::int64_t dim) {
  std::vector<Value> items;
  for (std::int64_t d = 0; d < index.dim(); ++d) {
    if (d == dim) {
      items.emplace_back(index);
      continue;
    }
    const std::int64_t extent = index.shape[static_cast<std::size_t>(d)];
    Array position = make_array(DType::Int64, {extent});
    for (std::int64_t i = 0; i < extent; ++i) position.as_writable<std::int64_t>()[i] = i;
    Shape shape(index.shape.size(), 1);
    shape[static_cast<std::size_t>(d)] = extent;
    items.emplace_back(view(position, shape));
  }
  return make_tuple(std::move(items));
}

void check_gather(const Array& array, const Array& index, std::int64_t dim, std::string_view name) {
  if (array.dim() != index.dim() && array.dim() > 0 && index.dim() > 0) {
    fail(ErrorKind::Input,
         fmt::format("{}(): Index tensor must have the same number of dimensions as input tensor",
                     name));
  }
  for (std::int64_t d = 0; d < std::min(index.dim(), array.dim()); ++d) {
    const auto at = static_cast<std::size_t>(d);
    if (d == dim || index.shape[at] <= array.shape[at]) continue;
    fail(ErrorKind::Input,
         fmt::format("{}(): Expected index {} to be no larger than self {} apart from dimension {}",
                     name, sizes_text(index.shape), sizes_text(array.shape), dim));
  }
}

Array at_least_1d(const Array& array) {
  return array.dim() == 0 ? reshape(array, {1}) : array;
}

Value run_gather(Bound& b) {
  const Array array = at_least_1d(b.tensor(0));
  const Array index = at_least_1d(as_indices(b.tensor(2), "gather"));
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  if (index.count() == 0) return Value(make_array(array.dtype, b.tensor(2).shape));
  check_gather(array, index, dim, "gather");
  return Value(reshape(index_get(array, along(index, dim)), b.tensor(2).shape));
}

Value run_take_along_dim(Bound& b) {
  const Array& array = b.tensor(0);
  const Array index = as_indices(b.tensor(1), "take_along_dim");
  if (!b.given(2)) {
    return Value(index_get(reshape(array, {-1}), Value(reshape(index, {-1}))));
  }
  const std::int64_t dim = wrap_dim(b.integer(2), array.dim());
  Shape source = array.shape;
  Shape target = index.shape;
  if (source.size() != target.size()) {
    fail(ErrorKind::Input, "take_along_dim(): input and indices must have as many dimensions");
  }
  for (std::size_t d = 0; d < source.size(); ++d) {
    if (static_cast<std::int64_t>(d) == dim) continue;
    const Shape common = broadcast_shapes({source[d]}, {target[d]});
    source[d] = common[0];
    target[d] = common[0];
  }
  const Array wide = contiguous(expand_to(index, target));
  return Value(index_get(expand_to(array, source), along(wide, dim)));
}

enum class Reduce { Assign, Add, Multiply, Maximum, Minimum };

Reduce reduce_of(const std::string& name) {
  const std::map<std::string, Reduce> kNames{
      {"add", Reduce::Add},       {"sum", Reduce::Add},      {"multiply", Reduce::Multiply},
      {"prod", Reduce::Multiply}, {"amax", Reduce::Maximum}, {"amin", Reduce::Minimum}};
  const auto found = kNames.find(name);
  if (found == kNames.end()) {
    fail(ErrorKind::Input,
         fmt::format("reduce argument must be sum, prod, amax or amin, not '{}'", name));
  }
  return found->second;
}

template <class C>
C reduced(Reduce reduce, C before, C value) {
  switch (reduce) {
    case Reduce::Add:
      return before + value;
    case Reduce::Multiply:
      return before * value;
    case Reduce::Maximum:
      return value > before || value != value ? value : before;
    case Reduce::Minimum:
      return value < before || value != value ? value : before;
    default:
      return value;
  }
}

struct Scatter {
  Array target;
  std::int64_t dim;
  Array index;   // dense int64
  Array source;  // broadcast to the index's shape, the target's dtype
  Reduce reduce;
};

// Element by element, so that equal indices accumulate in order and round each time, as PyTorch's
// scatter does.
template <class C>
void scatter_elements(const Scatter& scatter) {
  const Array& target = scatter.target;
  const auto rank = scatter.index.shape.size();
  const auto dim = static_cast<std::size_t>(scatter.dim);
  const Load<C> load = load_of<C>(target.dtype);
  const Store<C> store = store_of<C>(target.dtype);
  const auto size = static_cast<std::int64_t>(target.item_size());
  const auto* indices = scatter.index.as<std::int64_t>();
  const Array source = contiguous(scatter.source);
  const std::byte* from = source.data();
  std::byte* to = target.writable();
  const std::int64_t count = scatter.index.count();
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t offset = 0;
    std::int64_t rest = i;
    for (std::size_t d = rank; d-- > 0;) {
      const std::int64_t position = rest % scatter.index.shape[d];
      rest /= scatter.index.shape[d];
      offset += (d == dim ? checked_index(indices[i], target.shape[d], scatter.dim) : position) *
                target.strides[d];
    }
    C value{};
    load(from + i * size, 1, 1, &value);
    if (scatter.reduce != Reduce::Assign) {
      C before{};
      load(to + offset * size, 1, 1, &before);
      value = reduced(scatter.reduce, before, value);
    }
    store(&value, to + offset * size, 1, 1);
  }
}

void run_scatter_on(const Array& self, std::int64_t given_dim, const Array& index_value,
                    const std::pair<Array, Reduce>& what) {
  const Array target = at_least_1d(self);
  Scatter scatter{target, wrap_dim(given_dim, target.dim()),
                  at_least_1d(as_indices(index_value, "scatter")), what.first, what.second};
  if (scatter.index.count() == 0) return;
  check_gather(target, scatter.index, scatter.dim, "scatter");
  Array source = at_least_1d(to_dtype(what.first, target.dtype));
  if (what.first.dim() > 0) {
    for (std::size_t d = 0; d < source.shape.size() && d < scatter.index.shape.size(); ++d) {
      if (scatter.index.shape[d] > source.shape[d]) {
        fail(ErrorKind::Input,
             fmt::format("Expected index {} to be no larger than src {}",
                         sizes_text(scatter.index.shape), sizes_text(source.shape)));
      }
      source = narrow(source, static_cast<std::int64_t>(d), 0, scatter.index.shape[d]);
    }
  }
  scatter.source = expand_to(source, scatter.index.shape);
  with_compute_type(target.dtype, [&](auto tag) { scatter_elements<decltype(tag)>(scatter); });
}

Array source_of(const Bound& b, std::size_t i) {
  const Array* array = b.value(i).array();
  return array != nullptr ? *array : make_scalar_array(b.tensor(0).dtype, b.scalar(i));
}

Value run_scatter(Bound& b) {
  const Reduce reduce = b.given(4) ? reduce_of(b.string(4)) : Reduce::Assign;
  run_scatter_on(b.tensor(0), b.integer(1), b.tensor(2), {source_of(b, 3), reduce});
  return b.self();
}
Value run_scatter_add(Bound& b) {
  run_scatter_on(b.tensor(0), b.integer(1), b.tensor(2), {b.tensor(3), Reduce::Add});
  return b.self();
}

Value run_scatter_reduce(Bound& b) {
  if (!b.flag(5) || b.string(4) == "mean") {
    fail(ErrorKind::Unsupported,
         "scatter_reduce() is supported with include_self=True and sum, "
         "prod, amax or amin");
  }
  run_scatter_on(b.tensor(0), b.integer(1), b.tensor(2), {b.tensor(3), reduce_of(b.string(4))});
  return b.self();
}

Value run_index_select(Bound& b) {
  const Array array = at_least_1d(b.tensor(0));
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  const Array index = at_least_1d(as_indices(b.tensor(2), "index_select"));
  if (index.dim() != 1) {
    fail(ErrorKind::Input, "index_select(): Index is supposed to be a vector");
  }
  for (std::int64_t i = 0; i < index.count(); ++i) {
    const std::int64_t value = index.as<std::int64_t>()[i];
    if (value < 0) fail(ErrorKind::Input, "index_select(): index out of range in self");
  }
  std::vector<Value> items(static_cast<std::size_t>(dim),
                           Value(Value::Variant(std::make_shared<const SliceValue>())));
  items.emplace_back(index);
  return Value(index_get(array, make_tuple(std::move(items))));
}

// The slices of `dim` at the indices, in order: duplicates take effect one after the other.
template <class Change>
void for_each_slice(const Array& self, Bound& b, const Change& change) {
  const Array target = at_least_1d(self);
  const std::int64_t dim = wrap_dim(b.integer(1), target.dim());
  const Array index = at_least_1d(as_indices(b.tensor(2), b.name()));
  const Array* given = b.value(3).array();
  const auto extent = target.shape[static_cast<std::size_t>(dim)];
  if (given != nullptr && given->dim() > 0 &&
      (given->dim() != target.dim() ||
       given->shape[static_cast<std::size_t>(dim)] != index.count())) {
    fail(ErrorKind::Input,
         fmt::format("{}_(): Number of indices ({}) should be equal to source.size(dim): ({}), for "
                     "dim: {}",
                     b.name(), index.count(),
                     given->shape[static_cast<std::size_t>(std::min(dim, given->dim() - 1))], dim));
  }
  for (std::int64_t i = 0; i < index.count(); ++i) {
    const std::int64_t at = checked_index(index.as<std::int64_t>()[i], extent, dim);
    const Array source = given == nullptr    ? Array{}
                         : given->dim() == 0 ? *given
                                             : select(*given, dim, i);
    change(select(target, dim, at), source);
  }
}

Value run_index_add(Bound& b) {
  const Scalar alpha = b.scalar(4);
  for_each_slice(b.tensor(0), b, [&](const Array& slice_view, const Array& source) {
    Operand term{source, false};
    if (alpha.number != 1) {
      term.array = arithmetic(BinaryOperator::Multiply, term, operand_of(alpha));
    }
    copy_into(arithmetic(BinaryOperator::Add, {slice_view, false}, term), slice_view);
  });
  return b.self();
}
Value run_index_copy(Bound& b) {
  for_each_slice(b.tensor(0), b, [](const Array& slice_view, const Array& source) {
    copy_into(source, slice_view);
  });
  return b.self();
}
Value run_index_fill(Bound& b) {
  const Array value = source_of(b, 3);
  for_each_slice(b.tensor(0), b,
                 [&](const Array& slice_view, const Array&) { copy_into(value, slice_view); });
  return b.self();
}

Value run_index_put(Bound& b) {
  const Value index = make_tuple(b.value(1).sequence()->items);
  if (b.flag(3)) {
    index_accumulate(b.tensor(0), index, b.tensor(2));
  } else {
    index_set(b.tensor(0), index, b.value(2));
  }
  return b.self();
}

Value run_masked_fill(Bound& b) {
  const Array& self = b.tensor(0);
  const Array& mask = b.tensor(1);
  if (mask.dtype != DType::Bool) {
    fail(ErrorKind::Input, "masked_fill_ only supports boolean masks, but got mask with dtype " +
                               std::string(name_of(mask.dtype)));
  }
  if (const Array* value = b.value(2).array(); value != nullptr && value->dim() > 0) {
    fail(ErrorKind::Input, fmt::format("masked_fill_ only supports a 0-dimensional value tensor, "
                                       "but got tensor with {} dimension(s).",
                                       value->dim()));
  }
  const Array value = expand_to(to_dtype(source_of(b, 2), self.dtype), self.shape);
  const std::array<Array, 3> inputs{expand_to(mask, self.shape), value, self};
  with_compute_type(self.dtype, [&](auto tag) {
    using C = decltype(tag);
    apply_runs<C, 3>(inputs, self, [](const std::array<const C*, 3>& in, C* to, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) to[i] = in[0][i] != C{0} ? in[1][i] : in[2][i];
    });
  });
  return b.self();
}

// The out-of-place form broadcasts self to the mask too.
Value run_masked_fill_copy(Bound& b) {
  const Shape shape = broadcast_shapes(b.tensor(0).shape, b.tensor(1).shape);
  b.self() = clone(expand_to(b.tensor(0), shape));
  return run_masked_fill(b);
}

Value run_masked_select(Bound& b) {
  return Value(masked_select(b.tensor(0), b.tensor(1)));
}

Value run_masked_scatter(Bound& b) {
  const Array& self = b.tensor(0);
  const Array mask = contiguous(expand_to(b.tensor(1), self.shape));
  const std::int64_t needed = nonzero(mask).shape[0];
  const Array source = reshape(b.tensor(2), {-1});
  if (source.count() < needed) {
    fail(ErrorKind::Input,
         "masked_scatter: expected self and source to have same dtypes and "
         "enough elements");
  }
  index_set(self, Value(mask), Value(narrow(source, 0, 0, needed)));
  return b.self();
}

Value run_nonzero(Bound& b) {
  const Array found = nonzero(b.tensor(0));
  if (!b.flag(1)) return Value(found);
  std::vector<Value> columns;
  for (std::int64_t d = 0; d < found.shape[1]; ++d) columns.emplace_back(select(found, 1, d));
  return make_tuple(std::move(columns));
}

Value run_argwhere(Bound& b) {
  return Value(nonzero(b.tensor(0)));
}

Value run_where_positions(Bound& b) {
  const Array found = nonzero(b.tensor(0));
  std::vector<Value> columns;
  for (std::int64_t d = 0; d < found.shape[1]; ++d) columns.emplace_back(select(found, 1, d));
  return make_tuple(std::move(columns));
}

Value run_take(Bound& b) {
  const Array index = as_indices(b.tensor(1), "take");
  return Value(index_get(reshape(b.tensor(0), {-1}), Value(index)));
}

Value run_embedding(Bound& b) {
  return Value(index_get(b.tensor(1), Value(as_indices(b.tensor(0), "embedding"))));
}

Value run_bincount(Bound& b) {
  const Array input = as_indices(b.tensor(0), "bincount");
  const std::int64_t minimum = b.integer(2);
  std::int64_t length = std::max<std::int64_t>(minimum, 0);
  const auto* values = input.as<std::int64_t>();
  for (std::int64_t i = 0; i < input.count(); ++i) {
    if (values[i] < 0) {
      fail(ErrorKind::Input, "bincount only supports 1-d non-negative integral inputs.");
    }
    length = std::max(length, values[i] + 1);
  }
  if (!b.given(1)) {
    Array counts = make_array(DType::Int64, {length});
    fill(counts, Scalar::of(std::int64_t{0}));
    for (std::int64_t i = 0; i < input.count(); ++i) {
      ++counts.as_writable<std::int64_t>()[values[i]];
    }
    return Value(counts);
  }
  const DType dtype = b.tensor(1).dtype == DType::Float32 ? DType::Float32 : DType::Float64;
  Array sums = make_array(dtype, {length});
  fill(sums, Scalar::of(std::int64_t{0}));
  run_scatter_on(sums, 0, input, {to_dtype(b.tensor(1), dtype), Reduce::Add});
  return Value(sums);
}

constexpr unsigned kBoth = kTorch | kMethod;
constexpr unsigned kChanging = kTorch | kMethod | kMutating;

constexpr OperatorRow kRows[] = {
    {kBoth, "gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False)", run_gather},
    {kBoth, "take_along_dim(Tensor self, Tensor indices, int? dim=None)", run_take_along_dim},
    {kBoth, "take(Tensor self, Tensor index)", run_take},
    {kChanging, "scatter(Tensor self, int dim, Tensor index, Operand src, *, str? reduce=None)",
     run_scatter},
    {kChanging, "scatter(Tensor self, int dim, Tensor index, Operand value, *, str? reduce=None)",
     run_scatter},
    {kChanging, "scatter_add(Tensor self, int dim, Tensor index, Tensor src)", run_scatter_add,
     Agreement::Accumulated},
    {kChanging,
     "scatter_reduce(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool "
     "include_self=True)",
     run_scatter_reduce, Agreement::Accumulated},
    {kBoth, "index_select(Tensor self, int dim, Tensor index)", run_index_select},
    {kChanging, "index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1)",
     run_index_add, Agreement::Accumulated},
    {kChanging, "index_copy(Tensor self, int dim, Tensor index, Tensor source)", run_index_copy},
    {kChanging, "index_fill(Tensor self, int dim, Tensor index, Operand value)", run_index_fill},
    {kChanging, "index_put(Tensor self, Tensor[] indices, Tensor values, bool accumulate=False)",
     run_index_put, Agreement::Accumulated},
    {kMethod | kMutating, "masked_fill(Tensor self, Tensor mask, Operand value)", run_masked_fill},
    {kTorch, "masked_fill(Tensor self, Tensor mask, Operand value)", run_masked_fill_copy},
    {kBoth, "masked_select(Tensor self, Tensor mask)", run_masked_select},
    {kMethod | kMutating, "masked_scatter(Tensor self, Tensor mask, Tensor source)",
     run_masked_scatter},
    {kBoth, "nonzero(Tensor self, *, bool as_tuple=False)", run_nonzero},
    {kBoth, "argwhere(Tensor self)", run_argwhere},
    {kTorch, "where(Tensor condition)", run_where_positions},
    {kBoth, "bincount(Tensor self, Tensor? weights=None, int minlength=0)", run_bincount,
     Agreement::Accumulated},
    {kFunctional, "embedding(Tensor self, Tensor weight, int? padding_idx=None)", run_embedding},
};

}  // namespace

std::span<const OperatorRow> indexing_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
