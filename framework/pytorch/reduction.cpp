// SPDX-License-Identifier: Apache-2.0
#include "pytorch/reduction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "pytorch/elementwise.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

template <class T>
T block_sum(const T* values, std::int64_t n) {
  // Eight sums side by side: what the compiler keeps in vector registers.
  T sums[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) sums[k] += values[i + k];
  }
  T rest = 0;
  for (; i < n; ++i) rest += values[i];
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7])) +
         rest;
}

template <class T>
T pairwise(const T* values, std::int64_t n) {
  constexpr std::int64_t kBlock = 128;
  if (n <= kBlock) return block_sum(values, n);
  const std::int64_t half = (n / 2 + kBlock - 1) / kBlock * kBlock;
  return pairwise(values, half) + pairwise(values + half, n - half);
}

std::int64_t wrapping_sum(const std::int64_t* values, std::int64_t n) {
  std::uint64_t total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += static_cast<std::uint64_t>(values[i]);
  return static_cast<std::int64_t>(total);
}

template <class C>
C sum_of(const C* values, std::int64_t n) {
  if constexpr (std::is_same_v<C, std::int64_t>) {
    return wrapping_sum(values, n);
  } else {
    return pairwise(values, n);
  }
}

// In elements, of the place `index` when the first `dims` dimensions are counted in row-major
// order.
std::int64_t offset_within(const Array& array, std::size_t dims, std::int64_t index) {
  std::int64_t offset = 0;
  for (std::size_t d = dims; d-- > 0;) {
    offset += index % array.shape[d] * array.strides[d];
    index /= array.shape[d];
  }
  return offset;
}

// Rows read as dense runs of C.
template <class C>
class RowReader {
 public:
  explicit RowReader(const ReductionPlan& plan) : plan_(plan) {
    Shape inner(plan.rows.shape.begin() + static_cast<std::ptrdiff_t>(plan.outer),
                plan.rows.shape.end());
    Shape strides(plan.rows.strides.begin() + static_cast<std::ptrdiff_t>(plan.outer),
                  plan.rows.strides.end());
    walk_ = plan_walk<1>(inner, {&strides});
    // Several reduced dimensions are read in memory order: their reductions do not care.
    load_ = load_of<C>(plan.rows.dtype);
    base_ = plan.rows.data();
    size_ = static_cast<std::int64_t>(plan.rows.item_size());
    direct_ = plan.rows.dtype == kComputeDType<C> && walk_.extents.size() == 1 &&
              walk_.strides[0][0] == 1;
  }

  const C* read(std::int64_t row, std::vector<C>& buffer) const {
    const std::int64_t offset = offset_within(plan_.rows, plan_.outer, row);
    const std::byte* from = base_ + offset * size_;
    if (direct_) return reinterpret_cast<const C*>(from);
    buffer.resize(static_cast<std::size_t>(plan_.length));
    C* to = buffer.data();
    const std::int64_t stride = walk_.strides[0].back();
    walk_range(walk_, {0, plan_.length, INT64_MAX},
               [&](const std::array<std::int64_t, 1>& at, std::int64_t n) {
                 load_(from + at[0] * size_, stride, n, to);
                 to += n;
               });
    return buffer.data();
  }

 private:
  const ReductionPlan& plan_;
  Walk<1> walk_;
  Load<C> load_;
  const std::byte* base_;
  std::int64_t size_;
  bool direct_;
};

template <class C, class Body>
void for_each_row(const ReductionPlan& plan, const Body& body) {
  std::int64_t rows = 1;
  for (std::size_t d = 0; d < plan.outer; ++d) rows *= plan.rows.shape[d];
  const RowReader<C> reader(plan);
  const std::int64_t grain =
      std::max<std::int64_t>(1, kParallelGrain / std::max<std::int64_t>(1, plan.length));
  parallel_for(static_cast<std::size_t>(rows), static_cast<std::size_t>(grain),
               [&](std::size_t begin, std::size_t end) {
                 std::vector<C> buffer;
                 for (std::size_t i = begin; i < end; ++i) {
                   body(static_cast<std::int64_t>(i),
                        reader.read(static_cast<std::int64_t>(i), buffer));
                 }
               });
}

template <class C>
void reduce_rows(const ReductionPlan& plan, const Array& out, C (*reduce)(const C*, std::int64_t)) {
  const Store<C> store = store_of<C>(out.dtype);
  std::byte* to = out.writable();
  const auto size = static_cast<std::int64_t>(out.item_size());
  for_each_row<C>(plan, [&](std::int64_t row, const C* values) {
    const C result = reduce(values, plan.length);
    store(&result, to + row * size, 1, 1);
  });
}

// The last dimension stays: whole rows are added to each other, which reads memory in order.
template <class C>
void sum_columns(const ReductionPlan& plan, const Array& out) {
  const std::int64_t width = plan.rows.shape[plan.outer - 1];
  const std::int64_t stride = plan.rows.strides[plan.outer - 1];
  std::int64_t outer = 1;
  for (std::size_t d = 0; d + 1 < plan.outer; ++d) outer *= plan.rows.shape[d];
  const Load<C> load = load_of<C>(plan.rows.dtype);
  const Store<C> store = store_of<C>(out.dtype);
  const auto in_size = static_cast<std::int64_t>(plan.rows.item_size());
  const auto out_size = static_cast<std::int64_t>(out.item_size());
  const std::int64_t reduced_stride = plan.rows.strides.back();
  std::byte* to = out.writable();
  const std::byte* from = plan.rows.data();
  constexpr std::int64_t kColumns = 256;
  constexpr std::int64_t kCascade = 64;  // rows added before they join the total
  const std::int64_t strips = (width + kColumns - 1) / kColumns;
  const auto grain = static_cast<std::size_t>(std::max<std::int64_t>(
      1, kParallelGrain / std::max<std::int64_t>(1, plan.length * kColumns)));
  parallel_for(static_cast<std::size_t>(outer * strips), grain,
               [&](std::size_t begin, std::size_t end) {
                 C total[kColumns];
                 C part[kColumns];
                 C row[kColumns];
                 for (std::size_t piece = begin; piece < end; ++piece) {
                   const std::int64_t block = static_cast<std::int64_t>(piece) / strips;
                   const std::int64_t first = static_cast<std::int64_t>(piece) % strips * kColumns;
                   const std::int64_t n = std::min(kColumns, width - first);
                   const std::int64_t offset =
                       first * stride + offset_within(plan.rows, plan.outer - 1, block);
                   std::fill(total, total + n, C{0});
                   for (std::int64_t at = 0; at < plan.length; at += kCascade) {
                     std::fill(part, part + n, C{0});
                     for (std::int64_t r = at; r < std::min(at + kCascade, plan.length); ++r) {
                       load(from + (offset + r * reduced_stride) * in_size, stride, n, row);
                       for (std::int64_t i = 0; i < n; ++i) part[i] += row[i];
                     }
                     for (std::int64_t i = 0; i < n; ++i) total[i] += part[i];
                   }
                   store(total, to + (block * width + first) * out_size, 1, n);
                 }
               });
}

template <class C>
C max_of(const C* values, std::int64_t n) {
  C best = values[0];
  for (std::int64_t i = 1; i < n; ++i) {
    if (values[i] > best || values[i] != values[i]) best = values[i];
    if (best != best) return best;
  }
  return best;
}

}  // namespace

float pairwise_sum(const float* values, std::int64_t n) {
  return pairwise(values, n);
}

double pairwise_sum(const double* values, std::int64_t n) {
  return pairwise(values, n);
}

ReductionPlan plan_reduction(const Array& array, const Shape& dims, bool keepdim) {
  std::vector<bool> reduced(array.shape.size(), dims.empty());
  for (std::int64_t dim : dims) {
    const auto at = static_cast<std::size_t>(wrap_dim(dim, array.dim()));
    if (at >= reduced.size()) continue;
    if (reduced[at]) {
      fail(ErrorKind::Input, fmt::format("dim {} appears multiple times in the list of dims", at));
    }
    reduced[at] = true;
  }
  ReductionPlan plan{array, 0, {}, 1};
  Shape order;
  for (std::size_t d = 0; d < reduced.size(); ++d) {
    if (!reduced[d]) order.push_back(static_cast<std::int64_t>(d));
    if (!reduced[d]) plan.result_shape.push_back(array.shape[d]);
    if (reduced[d] && keepdim) plan.result_shape.push_back(1);
  }
  plan.outer = order.size();
  for (std::size_t d = 0; d < reduced.size(); ++d) {
    if (!reduced[d]) continue;
    order.push_back(static_cast<std::int64_t>(d));
    plan.length *= array.shape[d];
  }
  plan.rows = permute(array, order);
  return plan;
}

Array sum(const Array& array, const Shape& dims, bool keepdim, std::optional<DType> dtype) {
  const bool integral = compute_of(array.dtype) == Compute::Integer;
  const DType result = dtype.value_or(integral ? DType::Int64 : array.dtype);
  const Array source = integral && kind_of(result) == DTypeKind::Float ? to_dtype(array, result)
                       : result == DType::Float64                      ? to_dtype(array, result)
                                                                       : array;
  const ReductionPlan plan = plan_reduction(source, dims, keepdim);
  Array out = make_array(result, plan.result_shape);
  const bool columns = plan.outer > 0 && plan.rows.shape.size() == plan.outer + 1 &&
                       plan.rows.strides.back() > plan.rows.strides[plan.outer - 1] &&
                       plan.rows.shape[plan.outer - 1] > 1;
  with_compute_type(result, [&](auto tag) {
    using C = decltype(tag);
    if (columns) return sum_columns<C>(plan, out);
    reduce_rows<C>(plan, out, sum_of<C>);
  });
  return out;
}

Array amax(const Array& array, const Shape& dims, bool keepdim) {
  const ReductionPlan plan = plan_reduction(array, dims, keepdim);
  if (plan.length == 0 && array.count() == 0 && element_count(plan.result_shape) > 0) {
    fail(ErrorKind::Input, "amax(): Expected reduction dim to have non-zero size.");
  }
  Array out = make_array(array.dtype, plan.result_shape);
  with_compute_type(array.dtype, [&](auto tag) {
    using C = decltype(tag);
    reduce_rows<C>(plan, out, max_of<C>);
  });
  return out;
}

template <class C>
Array map_rows(const Array& array, std::int64_t dim, std::pair<DType, std::int64_t> result,
               const std::function<void(const C* row, std::int64_t n, C* result)>& body) {
  Array source = array;
  if (source.dim() == 0) source = reshape(source, {1});
  dim = wrap_dim(dim, source.dim());
  const ReductionPlan plan = plan_reduction(source, {dim}, false);
  Shape shape = plan.result_shape;
  shape.push_back(result.second);
  const Array out = make_array(result.first, shape);
  const Store<C> store = store_of<C>(result.first);
  const auto size = static_cast<std::int64_t>(out.item_size());
  std::byte* to = out.writable();
  const bool direct = result.first == kComputeDType<C>;
  const std::int64_t width = result.second;
  for_each_row<C>(plan, [&](std::int64_t row, const C* values) {
    std::byte* at = to + row * width * size;
    if (direct) return body(values, plan.length, reinterpret_cast<C*>(at));
    std::vector<C> buffer(static_cast<std::size_t>(width));
    body(values, plan.length, buffer.data());
    store(buffer.data(), at, 1, width);
  });
  // The last dimension goes back to where it was, the others keep their order.
  Shape order;
  for (std::int64_t d = 0; d + 1 < out.dim(); ++d) order.push_back(d);
  order.insert(order.begin() + dim, out.dim() - 1);
  const Array moved = permute(out, order);
  return array.dim() == 0 && width == 1 ? reshape(moved, {}) : contiguous(moved);
}

template Array map_rows<float>(const Array&, std::int64_t, std::pair<DType, std::int64_t>,
                               const std::function<void(const float*, std::int64_t, float*)>&);
template Array map_rows<double>(const Array&, std::int64_t, std::pair<DType, std::int64_t>,
                                const std::function<void(const double*, std::int64_t, double*)>&);
template Array map_rows<std::int64_t>(
    const Array&, std::int64_t, std::pair<DType, std::int64_t>,
    const std::function<void(const std::int64_t*, std::int64_t, std::int64_t*)>&);

}  // namespace fitest::pytorch
