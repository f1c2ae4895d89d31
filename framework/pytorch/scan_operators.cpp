// SPDX-License-Identifier: Apache-2.0
// Rows of running sums, products and extremes.
#include <cmath>
#include <limits>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

const std::vector<std::string_view> kValuesIndices{"values", "indices"};

// step(running, element) over a dimension, in order; half types keep a float32 running value.
template <class Step>
Array scan(const Array& array, std::int64_t dim, DType dtype, const Step& step) {
  const Array source = to_dtype(array, dtype);
  const std::int64_t at = wrap_dim(dim, source.dim());
  const std::int64_t extent = source.dim() == 0 ? 1 : source.shape[static_cast<std::size_t>(at)];
  Array result;
  with_compute_type(dtype, [&](auto tag) {
    using C = decltype(tag);
    const std::function<void(const C*, std::int64_t, C*)> body = [&](const C* row, std::int64_t n,
                                                                     C* to) { step(row, n, to); };
    result = map_rows<C>(source, at, {dtype, extent}, body);
  });
  return source.dim() == 0 ? reshape(result, {}) : result;
}

DType scan_dtype(const Bound& b, std::size_t i) {
  const DType dtype = b.tensor(0).dtype;
  const bool integral = compute_of(dtype) == Compute::Integer;
  return b.dtype(i).value_or(integral ? DType::Int64 : dtype);
}

// ATen's CPU cumsum keeps a double for float32 (at::acc_type<float, false>).
template <class C>
using Accumulator = std::conditional_t<std::is_same_v<C, float>, double, C>;

Value run_cumsum(Bound& b) {
  return Value(scan(b.tensor(0), b.integer(1), scan_dtype(b, 2),
                    [](const auto* row, std::int64_t n, auto* to) {
                      using C = std::decay_t<decltype(*row)>;
                      Accumulator<C> total{0};
                      for (std::int64_t i = 0; i < n; ++i) {
                        total += row[i];
                        to[i] = static_cast<C>(total);
                      }
                    }));
}

Value run_cumprod(Bound& b) {
  return Value(scan(b.tensor(0), b.integer(1), scan_dtype(b, 2),
                    [](const auto* row, std::int64_t n, auto* to) {
                      using C = std::decay_t<decltype(*row)>;
                      Accumulator<C> total{1};
                      for (std::int64_t i = 0; i < n; ++i) {
                        total *= row[i];
                        to[i] = static_cast<C>(total);
                      }
                    }));
}

Value run_logcumsumexp(Bound& b) {
  return Value(scan(b.tensor(0), b.integer(1), float_type(b.tensor(0).dtype),
                    [](const auto* row, std::int64_t n, auto* to) {
                      using C = std::decay_t<decltype(*row)>;
                      if constexpr (std::is_floating_point_v<C>) {
                        double total = -std::numeric_limits<double>::infinity();
                        for (std::int64_t i = 0; i < n; ++i) {
                          const double x = row[i];
                          const double high = total > x ? total : x;
                          const double low = total > x ? x : total;
                          total = std::isinf(low) && low == high
                                      ? low
                                      : high + std::log1p(std::exp(low - high));
                          to[i] = static_cast<C>(total);
                        }
                      }
                    }));
}

template <bool kMaximum>
Value run_cumulative_extreme(Bound& b) {
  const auto walk = [](const auto* row, std::int64_t n, const auto& visit) {
    std::int64_t best = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const bool is_nan = row[best] != row[best];
      const bool better = kMaximum ? row[i] >= row[best] : row[i] <= row[best];
      if (row[i] != row[i] || (!is_nan && better)) best = i;
      visit(i, best);
    }
  };
  const Array& array = b.tensor(0);
  const Array values =
      scan(array, b.integer(1), array.dtype, [&](const auto* row, std::int64_t n, auto* to) {
        walk(row, n, [&](auto i, auto best) { to[i] = row[best]; });
      });
  const Array indices =
      scan(array, b.integer(1), array.dtype, [&](const auto* row, std::int64_t n, auto* to) {
        using C = std::decay_t<decltype(*row)>;
        walk(row, n, [&](auto i, auto best) { to[i] = static_cast<C>(best); });
      });
  return make_named_tuple({Value(values), Value(to_dtype(indices, DType::Int64))}, kValuesIndices);
}

Value run_diff(Bound& b) {
  Array array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(2), array.dim());
  if (array.dim() == 0) fail(ErrorKind::Input, "diff expects input to be at least one-dimensional");
  for (std::int64_t i = 0; i < b.integer(1); ++i) {
    const std::int64_t extent = array.shape[static_cast<std::size_t>(dim)];
    if (extent == 0) break;
    const Operand later{narrow(array, dim, 1, extent - 1), false};
    const Operand earlier{narrow(array, dim, 0, extent - 1), false};
    array = array.dtype == DType::Bool ? comparison(CompareOperator::NotEqual, later, earlier)
                                       : arithmetic(BinaryOperator::Subtract, later, earlier);
  }
  return Value(array);
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kBoth | kInPlace, "cumsum(Tensor self, int dim, *, ScalarType? dtype=None)", run_cumsum,
     Agreement::Accumulated},
    {kBoth | kInPlace, "cumprod(Tensor self, int dim, *, ScalarType? dtype=None)", run_cumprod,
     Agreement::Accumulated},
    {kBoth, "cummax(Tensor self, int dim)", run_cumulative_extreme<true>},
    {kBoth, "cummin(Tensor self, int dim)", run_cumulative_extreme<false>},
    {kBoth, "logcumsumexp(Tensor self, int dim)", run_logcumsumexp, Agreement::Accumulated},
    {kBoth, "diff(Tensor self, int n=1, int dim=-1)", run_diff},
};

}  // namespace

std::span<const OperatorRow> scan_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
