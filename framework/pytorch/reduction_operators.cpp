// SPDX-License-Identifier: Apache-2.0
// Rows of reductions.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/indexing.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

Shape dims_of(const Bound& b, std::size_t i) {
  return b.given(i) ? b.integers(i) : Shape{};
}

// sum(dim=()) reduces everything, as in PyTorch.
Value run_sum(Bound& b) {
  return Value(sum(b.tensor(0), dims_of(b, 1), b.flag(2), b.dtype(3)));
}

std::int64_t reduced_count(const Array& array, const Shape& dims) {
  return plan_reduction(array, dims, false).length;
}

Array mean(const Array& array, const Shape& dims, bool keepdim, std::optional<DType> dtype) {
  const DType result = dtype.value_or(array.dtype);
  if (kind_of(result) != DTypeKind::Float) {
    fail(ErrorKind::Input,
         fmt::format("mean(): could not infer output dtype. Input dtype must be either a floating "
                     "point or complex dtype. Got: {}",
                     name_of(array.dtype)));
  }
  const Array total = sum(array, dims, keepdim, result);
  const auto count = static_cast<double>(reduced_count(array, dims));
  return arithmetic(BinaryOperator::Divide, {total, false}, operand_of(Scalar::of(count)));
}

Value run_mean(Bound& b) {
  return Value(mean(b.tensor(0), dims_of(b, 1), b.flag(2), b.dtype(3)));
}

struct RowReduction {
  Shape dims;
  bool keepdim = false;
  DType result = DType::Float32;
};

// A reduction of whole rows by one function per compute type.
template <class F>
Array reduce_with(const Array& array, const RowReduction& how, F&& reduce) {
  Array source = array;
  if (source.dim() == 0) source = reshape(source, {1});
  Shape wrapped = how.dims;
  if (wrapped.empty()) {
    source = reshape(source, {-1});
    wrapped = {0};
  }
  for (std::int64_t& dim : wrapped) dim = wrap_dim(dim, source.dim());
  // Several dimensions become one at the end.
  Shape order;
  std::int64_t length = 1;
  Shape lead;
  for (std::int64_t d = 0; d < source.dim(); ++d) {
    if (std::find(wrapped.begin(), wrapped.end(), d) != wrapped.end()) continue;
    order.push_back(d);
    lead.push_back(source.shape[static_cast<std::size_t>(d)]);
  }
  for (std::int64_t d : wrapped) {
    order.push_back(d);
    length *= source.shape[static_cast<std::size_t>(d)];
  }
  lead.push_back(length);
  const Array rows = reshape(permute(source, order), lead);
  Array out;
  with_compute_type(array.dtype, [&](auto tag) {
    using C = decltype(tag);
    const std::function<void(const C*, std::int64_t, C*)> body =
        [&reduce](const C* row, std::int64_t n, C* to) { *to = reduce(row, n); };
    out = map_rows<C>(rows, -1, {how.result, 1}, body);
  });
  return reshape(out, plan_reduction(array, how.dims, how.keepdim).result_shape);
}

void check_not_empty(const Array& array, const Shape& dims, std::string_view name) {
  if (array.count() > 0 || element_count(plan_reduction(array, dims, false).result_shape) == 0) {
    return;
  }
  fail(ErrorKind::Input,
       fmt::format("{}(): Expected reduction dim to be specified for input.numel() == 0, or to "
                   "have non-zero size.",
                   name));
}

template <class C>
std::int64_t best_position(const C* row, std::int64_t n, bool largest) {
  std::int64_t best = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (row[i] != row[i]) return i;
    if (largest ? row[i] > row[best] : row[i] < row[best]) best = i;
  }
  return best;
}

Array extreme(const Array& array, const Shape& dims, bool keepdim, bool largest) {
  check_not_empty(array, dims, largest ? "amax" : "amin");
  return reduce_with(
      array, {dims, keepdim, array.dtype},
      [largest](const auto* row, std::int64_t n) { return row[best_position(row, n, largest)]; });
}

Array arg_extreme(const Array& array, const Shape& dims, bool keepdim, bool largest) {
  check_not_empty(array, dims, largest ? "argmax" : "argmin");
  return reduce_with(array, {dims, keepdim, DType::Int64},
                     [largest](const auto* row, std::int64_t n) {
                       using C = std::decay_t<decltype(*row)>;
                       return static_cast<C>(best_position(row, n, largest));
                     });
}

const std::vector<std::string_view> kValuesIndices{"values", "indices"};

template <bool kLargest>
Value run_extreme_all(Bound& b) {
  return Value(extreme(b.tensor(0), {}, false, kLargest));
}
template <bool kLargest>
Value run_extreme_dim(Bound& b) {
  const Shape dims{b.integer(1)};
  // One place for both: the value is read at the index.
  return make_named_tuple({Value(extreme(b.tensor(0), dims, b.flag(2), kLargest)),
                           Value(arg_extreme(b.tensor(0), dims, b.flag(2), kLargest))},
                          kValuesIndices);
}
template <bool kLargest>
Value run_amax(Bound& b) {
  return Value(extreme(b.tensor(0), dims_of(b, 1), b.flag(2), kLargest));
}
template <bool kLargest>
Value run_argmax(Bound& b) {
  const Array result = arg_extreme(b.tensor(0), dims_of(b, 1), b.flag(2), kLargest);
  return Value(result);
}
Value run_aminmax(Bound& b) {
  static const std::vector<std::string_view> kMinMax{"min", "max"};
  const Shape dims = dims_of(b, 1);
  return make_named_tuple({Value(extreme(b.tensor(0), dims, b.flag(2), false)),
                           Value(extreme(b.tensor(0), dims, b.flag(2), true))},
                          kMinMax);
}

Value run_any(Bound& b) {
  const Array& array = b.tensor(0);
  const DType result = array.dtype == DType::UInt8 ? DType::UInt8 : DType::Bool;
  return Value(
      reduce_with(array, {dims_of(b, 1), b.flag(2), result}, [](const auto* row, std::int64_t n) {
        using C = std::decay_t<decltype(*row)>;
        return static_cast<C>(std::any_of(row, row + n, [](C x) { return x != C{0}; }));
      }));
}

Value run_all(Bound& b) {
  const Array& array = b.tensor(0);
  const DType result = array.dtype == DType::UInt8 ? DType::UInt8 : DType::Bool;
  return Value(
      reduce_with(array, {dims_of(b, 1), b.flag(2), result}, [](const auto* row, std::int64_t n) {
        using C = std::decay_t<decltype(*row)>;
        return static_cast<C>(std::all_of(row, row + n, [](C x) { return x != C{0}; }));
      }));
}

// ATen multiplies half types in their own type.
template <class C>
C rounded_to(DType dtype, C value) {
  std::uint16_t word = 0;
  store_of<C>(dtype)(&value, reinterpret_cast<std::byte*>(&word), 1, 1);
  load_of<C>(dtype)(reinterpret_cast<const std::byte*>(&word), 1, 1, &value);
  return value;
}

Value run_prod(Bound& b) {
  const Array& array = b.tensor(0);
  const bool integral = compute_of(array.dtype) == Compute::Integer;
  const DType result = b.dtype(3).value_or(integral ? DType::Int64 : array.dtype);
  return Value(reduce_with(to_dtype(array, result), {dims_of(b, 1), b.flag(2), result},
                           [result](const auto* row, std::int64_t n) {
                             using C = std::decay_t<decltype(*row)>;
                             C product{1};
                             for (std::int64_t i = 0; i < n; ++i) {
                               product *= row[i];
                               if (bits_of(result) == 16) product = rounded_to(result, product);
                             }
                             return product;
                           }));
}

// Welford's update in double, as ATen's WelfordOps accumulates on the CPU.
template <class C>
double variance_of(const C* row, std::int64_t n, double correction) {
  double mean_so_far = 0;
  double squares = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double delta = static_cast<double>(row[i]) - mean_so_far;
    mean_so_far += delta / static_cast<double>(i + 1);
    squares += delta * (static_cast<double>(row[i]) - mean_so_far);
  }
  const double freedom = std::max(0.0, static_cast<double>(n) - correction);
  return squares / freedom;
}

Array variance(const Array& array, const Shape& dims, bool keepdim,
               std::pair<double, bool> correction_and_root) {
  if (kind_of(array.dtype) != DTypeKind::Float) {
    fail(ErrorKind::Input, "std and var only support floating point and complex dtypes");
  }
  const auto [correction, root] = correction_and_root;
  return reduce_with(array, {dims, keepdim, array.dtype},
                     [correction = correction, root = root](const auto* row, std::int64_t n) {
                       using C = std::decay_t<decltype(*row)>;
                       const double result = variance_of(row, n, correction);
                       return static_cast<C>(root ? std::sqrt(result) : result);
                     });
}

double correction_of(const Bound& b, std::size_t unbiased, std::size_t correction) {
  if (b.given(correction)) return b.number(correction);
  return b.given(unbiased) && !b.flag(unbiased) ? 0 : 1;
}

template <bool kRoot>
Value run_variance(Bound& b) {
  return Value(variance(b.tensor(0), dims_of(b, 1), b.flag(3), {correction_of(b, 2, 4), kRoot}));
}

template <bool kRoot>
Value run_variance_mean(Bound& b) {
  const Shape dims = dims_of(b, 1);
  return make_tuple({Value(variance(b.tensor(0), dims, b.flag(3), {correction_of(b, 2, 4), kRoot})),
                     Value(mean(b.tensor(0), dims, b.flag(3), std::nullopt))});
}

template <class C>
C log_sum_exp(const C* row, std::int64_t n) {
  C best = -std::numeric_limits<C>::infinity();
  for (std::int64_t i = 0; i < n; ++i) {
    if (row[i] > best || row[i] != row[i]) best = row[i];
    if (best != best) return best;
  }
  const C shift = std::isinf(best) ? C{0} : best;
  std::vector<C> terms(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    terms[static_cast<std::size_t>(i)] = std::exp(row[i] - shift);
  return std::log(pairwise_sum(terms.data(), n)) + shift;
}

Value run_logsumexp(Bound& b) {
  const DType dtype = float_type(b.tensor(0).dtype);
  return Value(reduce_with(to_dtype(b.tensor(0), dtype), {dims_of(b, 1), b.flag(2), dtype},
                           [](const auto* row, std::int64_t n) {
                             using C = std::decay_t<decltype(*row)>;
                             if constexpr (std::is_floating_point_v<C>) {
                               return log_sum_exp(row, n);
                             } else {
                               return C{0};
                             }
                           }));
}

template <class C>
C norm_of(const C* row, std::int64_t n, double p) {
  std::vector<C> terms(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const C x = std::abs(row[i]);
    terms[static_cast<std::size_t>(i)] = p == 2   ? x * x
                                         : p == 1 ? x
                                         : p == 0 ? C(x != 0)
                                                  : std::pow(x, static_cast<C>(p));
  }
  if (n > 0 && std::isinf(p)) {
    return p > 0 ? *std::max_element(terms.begin(), terms.end())
                 : *std::min_element(terms.begin(), terms.end());
  }
  const C total = pairwise_sum(terms.data(), n);
  return p == 2             ? std::sqrt(total)
         : p == 1 || p == 0 ? total
                            : std::pow(total, static_cast<C>(1 / p));
}

Array vector_norm(const Array& array, double p, const Shape& dims, bool keepdim) {
  const DType dtype = float_type(array.dtype);
  return reduce_with(
      to_dtype(array, dtype), {dims, keepdim, dtype}, [p](const auto* row, std::int64_t n) {
        using C = std::decay_t<decltype(*row)>;
        if constexpr (!std::is_floating_point_v<C>) {
          return C{0};
        } else if (std::isinf(p)) {
          std::vector<C> sizes(static_cast<std::size_t>(n));
          std::transform(row, row + n, sizes.begin(), [](C x) { return std::abs(x); });
          if (n == 0) return C{0};
          return p > 0 ? *std::max_element(sizes.begin(), sizes.end())
                       : *std::min_element(sizes.begin(), sizes.end());
        } else {
          return norm_of(row, n, p);
        }
      });
}

Value run_norm(Bound& b) {
  const double p = scalar_of(b.value(1)) ? b.number(1) : 2.0;
  return Value(vector_norm(b.tensor(0), p, dims_of(b, 2), b.flag(3)));
}

Value run_count_nonzero(Bound& b) {
  const Array set = comparison(CompareOperator::NotEqual, {b.tensor(0), false},
                               operand_of(Scalar::of(std::int64_t{0})));
  return Value(sum(set, dims_of(b, 1), false, std::nullopt));
}

Value run_nansum(Bound& b) {
  const Array& array = b.tensor(0);
  const Array valid = comparison(CompareOperator::Equal, {array, false}, {array, false});
  const Array kept = where(valid, {array, false}, operand_of(Scalar::of(0.0)));
  return Value(sum(to_dtype(kept, array.dtype), dims_of(b, 1), b.flag(2), b.dtype(3)));
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kBoth, "sum(Tensor self, int[]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)",
     run_sum, Agreement::Accumulated},
    {kBoth, "mean(Tensor self, int[]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)",
     run_mean, Agreement::Accumulated},
    {kBoth, "nansum(Tensor self, int[]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)",
     run_nansum, Agreement::Accumulated},
    {kBoth, "prod(Tensor self, int? dim=None, bool keepdim=False, *, ScalarType? dtype=None)",
     run_prod, Agreement::Accumulated},
    {kBoth, "max(Tensor self)", run_extreme_all<true>},
    {kBoth, "min(Tensor self)", run_extreme_all<false>},
    {kBoth, "max(Tensor self, int dim, bool keepdim=False)", run_extreme_dim<true>},
    {kBoth, "min(Tensor self, int dim, bool keepdim=False)", run_extreme_dim<false>},
    {kBoth, "amax(Tensor self, int[]? dim=None, bool keepdim=False)", run_amax<true>},
    {kBoth, "amin(Tensor self, int[]? dim=None, bool keepdim=False)", run_amax<false>},
    {kBoth, "aminmax(Tensor self, *, int? dim=None, bool keepdim=False)", run_aminmax},
    {kBoth, "argmax(Tensor self, int? dim=None, bool keepdim=False)", run_argmax<true>},
    {kBoth, "argmin(Tensor self, int? dim=None, bool keepdim=False)", run_argmax<false>},
    {kBoth, "any(Tensor self, int[]? dim=None, bool keepdim=False)", run_any},
    {kBoth, "all(Tensor self, int[]? dim=None, bool keepdim=False)", run_all},
    {kBoth,
     "var(Tensor self, int[]? dim=None, bool? unbiased=None, bool keepdim=False, *, Scalar? "
     "correction=None)",
     run_variance<false>, Agreement::Accumulated},
    {kBoth,
     "std(Tensor self, int[]? dim=None, bool? unbiased=None, bool keepdim=False, *, Scalar? "
     "correction=None)",
     run_variance<true>, Agreement::Accumulated},
    {kTorch,
     "var_mean(Tensor self, int[]? dim=None, bool? unbiased=None, bool keepdim=False, *, Scalar? "
     "correction=None)",
     run_variance_mean<false>, Agreement::Accumulated},
    {kTorch,
     "std_mean(Tensor self, int[]? dim=None, bool? unbiased=None, bool keepdim=False, *, Scalar? "
     "correction=None)",
     run_variance_mean<true>, Agreement::Accumulated},
    {kBoth | kSpecial, "logsumexp(Tensor self, int[] dim, bool keepdim=False)", run_logsumexp,
     Agreement::Accumulated},
    {kBoth | kLinalg, "norm(Tensor self, Any p=2, int[]? dim=None, bool keepdim=False)", run_norm,
     Agreement::Accumulated},
    {kLinalg, "vector_norm(Tensor self, Any ord=2, int[]? dim=None, bool keepdim=False)", run_norm,
     Agreement::Accumulated},
    {kBoth, "count_nonzero(Tensor self, int[]? dim=None)", run_count_nonzero},
};

}  // namespace

std::span<const OperatorRow> reduction_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
