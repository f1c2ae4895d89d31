// SPDX-License-Identifier: Apache-2.0
// Rows of sorting and searching.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/operator.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

const std::vector<std::string_view> kValuesIndices{"values", "indices"};

// NaN is greater than every number.
template <class C>
bool before(C a, C b) {
  return a < b || (b != b && a == a);
}

// The bits of a float as an integer of the same order: -0 is 0, NaN is above all.
std::uint32_t ordered_bits(float value) {
  if (value != value) return UINT32_MAX;
  constexpr std::uint32_t kSign = std::uint32_t{1} << 31;
  const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

// A radix sort, which is stable, of keys in the upper half and positions in the lower.
void order_by_radix(const float* row, std::vector<std::int64_t>& positions, bool descending) {
  constexpr unsigned kDigitBits = 11;
  constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
  const std::size_t n = positions.size();
  std::vector<std::uint64_t> items(n);
  std::vector<std::uint64_t> sorted(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t key = ordered_bits(row[i]);
    items[i] = (std::uint64_t{descending ? ~key : key} << 32) | i;
  }
  for (unsigned shift = 32; shift < 64; shift += kDigitBits) {
    std::array<std::size_t, kDigits> starts{};
    for (const std::uint64_t item : items) ++starts[(item >> shift) % kDigits];
    std::exclusive_scan(starts.begin(), starts.end(), starts.begin(), std::size_t{0});
    for (const std::uint64_t item : items) sorted[starts[(item >> shift) % kDigits]++] = item;
    std::swap(items, sorted);
  }
  for (std::size_t i = 0; i < n; ++i) positions[i] = static_cast<std::uint32_t>(items[i]);
}

// Positions of the row in order; equal elements keep theirs, as PyTorch's stable sort does.
template <class C>
void order_row(const C* row, std::vector<std::int64_t>& positions, bool descending) {
  constexpr std::size_t kWorthRadix = 1024;
  if constexpr (std::is_same_v<C, float>) {
    if (positions.size() >= kWorthRadix) return order_by_radix(row, positions, descending);
  }
  std::iota(positions.begin(), positions.end(), std::int64_t{0});
  if (descending) {
    std::stable_sort(positions.begin(), positions.end(),
                     [row](auto a, auto b) { return before(row[b], row[a]); });
  } else {
    std::stable_sort(positions.begin(), positions.end(),
                     [row](auto a, auto b) { return before(row[a], row[b]); });
  }
}

// The k first positions of the order. Which of several equal elements come first is what the
// algorithms of ATen's topk_impl_loop leave (aten/src/ATen/native/TopKImpl.h).
template <class C>
void select_row(const C* row, std::vector<std::int64_t>& positions, std::int64_t k, bool largest) {
  std::iota(positions.begin(), positions.end(), std::int64_t{0});
  if (k == 0) return;
  const auto goes_first = [row, largest](std::int64_t a, std::int64_t b) {
    return largest ? before(row[b], row[a]) : before(row[a], row[b]);
  };
  const auto last = positions.begin() + k;
  if (k * 64 <= static_cast<std::int64_t>(positions.size())) {
    std::partial_sort(positions.begin(), last, positions.end(), goes_first);
  } else {
    std::nth_element(positions.begin(), last - 1, positions.end(), goes_first);
    std::sort(positions.begin(), last - 1, goes_first);
  }
}

// Indices along `dim`, `width` of them, as int64.
template <class Choose>
Array indices_along(const Array& array, std::int64_t dim, std::int64_t width,
                    const Choose& choose) {
  Array result;
  with_compute_type(array.dtype, [&](auto tag) {
    using C = decltype(tag);
    // The positions travel through the compute type; a float would round those beyond 2^24.
    const std::int64_t rows_extent =
        array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
    if constexpr (std::is_same_v<C, float>) {
      if (rows_extent > (std::int64_t{1} << 24)) {
        result = indices_along(to_dtype(array, DType::Float64), dim, width, choose);
        return;
      }
    }
    const std::function<void(const C*, std::int64_t, C*)> body = [&](const C* row, std::int64_t n,
                                                                     C* to) {
      std::vector<std::int64_t> positions(static_cast<std::size_t>(n));
      choose(row, positions);
      for (std::int64_t i = 0; i < width; ++i) {
        to[i] = static_cast<C>(positions[static_cast<std::size_t>(i)]);
      }
    };
    result = map_rows<C>(array, dim, {DType::Int64, width}, body);
  });
  return result;
}

Array values_at(const Array& array, std::int64_t dim, const Array& indices) {
  static const OverloadSet& set = *find_operator(OperatorSpace::Torch, "gather");
  Arguments arguments{{Value(array), make_integer(dim), Value(indices)}, {}};
  return *call_operator({&set, {}, false}, arguments).array();
}

struct Sorted {
  Array values;
  Array indices;
};

Sorted sort(const Array& array, std::int64_t dim, bool descending) {
  dim = wrap_dim(dim, array.dim());
  const std::int64_t extent = array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
  const Array indices = indices_along(
      array, dim, extent,
      [descending](const auto* row, auto& positions) { order_row(row, positions, descending); });
  return {values_at(array, dim, indices), indices};
}

Value run_sort(Bound& b) {
  const Sorted result = sort(b.tensor(0), b.integer(1), b.flag(2));
  return make_named_tuple({Value(result.values), Value(result.indices)}, kValuesIndices);
}
Value run_argsort(Bound& b) {
  return Value(sort(b.tensor(0), b.integer(1), b.flag(2)).indices);
}
Value run_msort(Bound& b) {
  return Value(sort(b.tensor(0), 0, false).values);
}

Value run_topk(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t k = b.integer(1);
  const std::int64_t dim = wrap_dim(b.integer(2), array.dim());
  const bool largest = b.flag(3);
  const std::int64_t extent = array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
  if (k < 0 || k > extent) fail(ErrorKind::Input, "selected index k out of range");
  const Array indices = indices_along(
      array, dim, k,
      [k, largest](const auto* row, auto& positions) { select_row(row, positions, k, largest); });
  return make_named_tuple({Value(values_at(array, dim, indices)), Value(indices)}, kValuesIndices);
}

Value kth(const Array& array, std::int64_t k, std::int64_t dim, bool keepdim) {
  dim = wrap_dim(dim, array.dim());
  const std::int64_t extent = array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
  if (k < 1 || k > extent) fail(ErrorKind::Input, "selected number k out of range for dimension");
  const Sorted sorted = sort(array, dim, false);
  Array values = array.dim() == 0 ? sorted.values : narrow(sorted.values, dim, k - 1, 1);
  Array indices = array.dim() == 0 ? sorted.indices : narrow(sorted.indices, dim, k - 1, 1);
  if (!keepdim) {
    values = squeeze(values, dim);
    indices = squeeze(indices, dim);
  }
  return make_named_tuple({Value(values), Value(indices)}, kValuesIndices);
}

Value run_kthvalue(Bound& b) {
  return kth(b.tensor(0), b.integer(1), b.integer(2), b.flag(3));
}

Value run_median_all(Bound& b) {
  const Array flat = reshape(b.tensor(0), {-1});
  if (flat.count() == 0) fail(ErrorKind::Input, "median() operation does not have an identity");
  const Value pair = kth(flat, (flat.count() + 1) / 2, 0, false);
  return pair.sequence()->items[0];
}
Value run_median(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t dim = wrap_dim(b.integer(1), array.dim());
  const std::int64_t extent = array.dim() == 0 ? 1 : array.shape[static_cast<std::size_t>(dim)];
  return kth(array, (extent + 1) / 2, dim, b.flag(2));
}

// First place in the sorted row where the value can go: before equal ones, or after (right).
template <class C>
std::int64_t place(const C* row, std::int64_t n, C value, bool right) {
  const auto* found = right ? std::upper_bound(row, row + n, value, before<C>)
                            : std::lower_bound(row, row + n, value, before<C>);
  return found - row;
}

Array search(const Array& sequence, const Array& values, bool right, DType dtype) {
  const DType common = promote_types(sequence.dtype, values.dtype);
  const Array rows = contiguous(to_dtype(sequence, common));
  const Array wanted = contiguous(to_dtype(values, common));
  const Array result = make_array(DType::Int64, values.shape);
  const std::int64_t width = rows.dim() == 0 ? 1 : rows.shape.back();
  const std::int64_t batch_width = rows.dim() <= 1 ? std::max<std::int64_t>(1, wanted.count())
                                                   : (values.dim() == 0 ? 1 : values.shape.back());
  if (rows.dim() > 1 &&
      (values.dim() != rows.dim() ||
       !std::equal(rows.shape.begin(), rows.shape.end() - 1, values.shape.begin()))) {
    fail(ErrorKind::Input,
         "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
         "dimensions of boundaries tensor and input value tensor must match");
  }
  with_compute_type(common, [&](auto tag) {
    using C = decltype(tag);
    const Array sorted = to_dtype(rows, kComputeDType<C>);
    const Array needles = to_dtype(wanted, kComputeDType<C>);
    for (std::int64_t i = 0; i < needles.count(); ++i) {
      const C* row = sorted.as<C>() + i / batch_width * width;
      result.as_writable<std::int64_t>()[i] = place(row, width, needles.as<C>()[i], right);
    }
  });
  return to_dtype(result, dtype);
}

Array values_of(const Bound& b, std::size_t i) {
  const Array* array = b.value(i).array();
  return array != nullptr ? *array : make_scalar_array(default_dtype(b.scalar(i)), b.scalar(i));
}

Value run_searchsorted(Bound& b) {
  const bool right = b.flag(3) || (b.given(4) && b.string(4) == "right");
  return Value(
      search(b.tensor(0), values_of(b, 1), right, b.flag(2) ? DType::Int32 : DType::Int64));
}
Value run_bucketize(Bound& b) {
  return Value(
      search(b.tensor(1), values_of(b, 0), b.flag(3), b.flag(2) ? DType::Int32 : DType::Int64));
}

Array index_column(const std::vector<std::int64_t>& values) {
  Array array = make_array(DType::Int64, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), array.as_writable<std::int64_t>());
  return array;
}

// Runs of equal elements of a flat tensor, sorted first or taken as they come.
Value unique_of(const Array& array, bool sorts, bool inverse, bool counts) {
  const Array flat = reshape(array, {-1});
  const Sorted sorted = sorts ? sort(flat, 0, false) : Sorted{flat, {}};
  const Array dense = contiguous(sorted.values);
  const auto n = dense.count();
  std::vector<std::int64_t> firsts;
  std::vector<std::int64_t> group(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) {
    const bool starts = i == 0 || !equals(element_at(dense, i), element_at(dense, i - 1));
    if (starts) firsts.push_back(i);
    const std::int64_t at = sorts ? sorted.indices.as<std::int64_t>()[i] : i;
    group[static_cast<std::size_t>(at)] = static_cast<std::int64_t>(firsts.size()) - 1;
  }
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    sizes.push_back((i + 1 < firsts.size() ? firsts[i + 1] : n) - firsts[i]);
  }
  std::vector<Value> results{Value(values_at(dense, 0, index_column(firsts)))};
  if (inverse) results.emplace_back(reshape(index_column(group), array.shape));
  if (counts) results.emplace_back(index_column(sizes));
  return results.size() == 1 ? results[0] : make_tuple(std::move(results));
}

Value run_unique(Bound& b) {
  if (b.given(4)) fail(ErrorKind::Unsupported, "unique() with dim is not supported");
  return unique_of(b.tensor(0), true, b.flag(2), b.flag(3));
}
Value run_unique_consecutive(Bound& b) {
  return unique_of(b.tensor(0), false, b.flag(1), b.flag(2));
}

Value run_isin(Bound& b) {
  const Array elements = contiguous(values_of(b, 0));
  const Array tests = sort(reshape(values_of(b, 1), {-1}), 0, false).values;
  const Array left = search(tests, elements, false, DType::Int64);
  const Array right = search(tests, elements, true, DType::Int64);
  Array result = make_array(DType::Bool, elements.shape);
  for (std::int64_t i = 0; i < elements.count(); ++i) {
    const bool found = left.as<std::int64_t>()[i] < right.as<std::int64_t>()[i];
    result.as_writable<bool>()[i] = found != b.flag(3);
  }
  return Value(result);
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kBoth, "sort(Tensor self, int dim=-1, bool descending=False, *, bool? stable=None)", run_sort},
    {kBoth, "argsort(Tensor self, int dim=-1, bool descending=False, *, bool? stable=None)",
     run_argsort},
    {kBoth, "msort(Tensor self)", run_msort},
    {kBoth, "topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True)", run_topk},
    {kBoth, "kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False)", run_kthvalue},
    {kBoth, "median(Tensor self)", run_median_all},
    {kBoth, "median(Tensor self, int dim, bool keepdim=False)", run_median},
    {kTorch,
     "searchsorted(Tensor sorted_sequence, Operand self, *, bool out_int32=False, bool "
     "right=False, str? side=None)",
     run_searchsorted},
    {kTorch,
     "bucketize(Operand self, Tensor boundaries, *, bool out_int32=False, bool right=False)",
     run_bucketize},
    {kBoth,
     "unique(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False, "
     "int? dim=None)",
     run_unique},
    {kBoth, "unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False)",
     run_unique_consecutive},
    {kTorch,
     "isin(Operand elements, Operand test_elements, *, bool assume_unique=False, bool "
     "invert=False)",
     run_isin},
};

}  // namespace

std::span<const OperatorRow> sort_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
