// SPDX-License-Identifier: Apache-2.0
#include "pytorch/linear_algebra.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "pytorch/elementwise.h"
#include "pytorch/gemm.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

// Multiplications worth more than one thread.
constexpr std::int64_t kSmallProduct = std::int64_t{64} * 64 * 64;

// The matrices of a batch in the compute type, each with one dense dimension.
template <class C>
Array prepare(const Array& array) {
  Array matrix = to_dtype(array, kComputeDType<C>);
  const std::size_t last = matrix.shape.size() - 1;
  const std::int64_t rows = matrix.shape[last - 1];
  const std::int64_t columns = matrix.shape[last];
  const std::int64_t row_stride = matrix.strides[last - 1];
  const std::int64_t column_stride = matrix.strides[last];
  const bool by_rows = column_stride == 1 && (row_stride >= columns || rows == 1);
  const bool by_columns = row_stride == 1 && (column_stride >= rows || columns == 1);
  const bool single = (rows == 1 || columns == 1) && row_stride > 0 && column_stride > 0;
  return by_rows || by_columns || single ? matrix : contiguous(matrix);
}

template <class C>
C multiply_wrapping(C a, C b) {
  if constexpr (std::is_same_v<C, std::int64_t>) {
    return static_cast<C>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  } else {
    return a * b;
  }
}

template <class C>
MatrixView<const C> matrix_at(const Array& array, std::int64_t batch) {
  return {array.as<C>() + batch * array.strides[0], array.shape[1], array.shape[2],
          array.strides[1], array.strides[2]};
}

// A column times a row.
template <class C>
void outer_product(const MatrixView<const C>& a, const MatrixView<const C>& b,
                   const MatrixView<C>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i) {
    const C factor = a.data[i * a.row_stride];
    C* row = c.data + i * c.row_stride;
    for (std::int64_t j = 0; j < c.columns; ++j) {
      row[j] = multiply_wrapping(factor, b.data[j * b.column_stride]);
    }
  }
}

template <class C>
void multiply(const Array& a, const Array& b, const Array& c) {
  const std::int64_t batches = c.shape[0];
  const std::int64_t rows = c.shape[1];
  const std::int64_t columns = c.shape[2];
  C* out = c.as_writable<C>();
  const auto one = [&](std::int64_t i) {
    const MatrixView<C> to{out + i * c.strides[0], rows, columns, columns, 1};
    if (a.shape[2] == 1) return outer_product(matrix_at<C>(a, i), matrix_at<C>(b, i), to);
    gemm(matrix_at<C>(a, i), matrix_at<C>(b, i), to);
  };
  const std::int64_t work = rows * columns * std::max<std::int64_t>(1, a.shape[2]);
  const bool by_batch = batches > 1 && batches * work > kSmallProduct;
  set_gemm_threads(by_batch || work <= kSmallProduct ? 1 : static_cast<int>(thread_count()));
  if (!by_batch) {
    for (std::int64_t i = 0; i < batches; ++i) one(i);
    return;
  }
  const auto grain = static_cast<std::size_t>(
      std::max<std::int64_t>(1, kSmallProduct / std::max<std::int64_t>(1, work)));
  parallel_for(static_cast<std::size_t>(batches), grain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) one(static_cast<std::int64_t>(i));
  });
}

void check_dtypes(const Array& a, const Array& b) {
  if (a.dtype != b.dtype) {
    fail(ErrorKind::Input,
         fmt::format("expected m1 and m2 to have the same dtype, but got: {} != {}",
                     name_of(a.dtype), name_of(b.dtype)));
  }
  if (a.dtype == DType::Bool || (kind_of(a.dtype) == DTypeKind::Float && bits_of(a.dtype) == 8)) {
    fail(ErrorKind::Input, fmt::format("matmul is not implemented for '{}'", name_of(a.dtype)));
  }
}

Array with_batch(const Array& array, const Shape& batch) {
  Shape shape = batch;
  shape.insert(shape.end(), array.shape.end() - 2, array.shape.end());
  return expand_to(array, shape);
}

}  // namespace

Array batch_matmul(const Array& a, const Array& b) {
  check_dtypes(a, b);
  if (a.dim() != 3 || b.dim() != 3 || a.shape[0] != b.shape[0] || a.shape[2] != b.shape[1]) {
    fail(ErrorKind::Input,
         fmt::format("Expected size for first two dimensions of batch2 tensor to be: [{}, {}] but "
                     "got: {} and {}",
                     a.shape.empty() ? 0 : a.shape[0], a.shape.empty() ? 0 : a.shape.back(),
                     sizes_text(a.shape), sizes_text(b.shape)));
  }
  Array result;
  with_compute_type(a.dtype, [&](auto tag) {
    using C = decltype(tag);
    result = make_array(kComputeDType<C>, {a.shape[0], a.shape[1], b.shape[2]});
    multiply<C>(prepare<C>(a), prepare<C>(b), result);
  });
  return to_dtype(result, a.dtype);
}

Array matmul(const Array& a, const Array& b) {
  check_dtypes(a, b);
  if (a.dim() == 0 || b.dim() == 0) {
    fail(ErrorKind::Input, fmt::format("both arguments to matmul need to be at least 1D, but they "
                                       "are {}D and {}D",
                                       a.dim(), b.dim()));
  }
  const Array left = a.dim() == 1 ? unsqueeze(a, 0) : a;
  const Array right = b.dim() == 1 ? unsqueeze(b, 1) : b;
  if (left.shape.back() != right.shape[right.shape.size() - 2]) {
    if (a.dim() == 1 && b.dim() == 1) {
      fail(ErrorKind::Input, fmt::format("inconsistent tensor size, expected tensor {} and src {} "
                                         "to have the same number of elements",
                                         sizes_text(a.shape), sizes_text(b.shape)));
    }
    const auto product = [](const Array& m) {
      return fmt::format("{}x{}", element_count({m.shape.begin(), m.shape.end() - 1}),
                         m.shape.back());
    };
    fail(ErrorKind::Input,
         fmt::format("mat1 and mat2 shapes cannot be multiplied ({} and {}x{}); the shapes are {} "
                     "and {}",
                     product(left), right.shape[right.shape.size() - 2], right.shape.back(),
                     sizes_text(a.shape), sizes_text(b.shape)));
  }
  const Shape left_batch(left.shape.begin(), left.shape.end() - 2);
  const Shape right_batch(right.shape.begin(), right.shape.end() - 2);
  const Shape batch = broadcast_shapes(left_batch, right_batch);
  Shape shape = batch;
  if (a.dim() > 1) shape.push_back(left.shape[left.shape.size() - 2]);
  if (b.dim() > 1) shape.push_back(right.shape.back());
  // A batch times one matrix is one large product.
  if (right.dim() == 2 && left.dim() > 2) {
    const Array rows = reshape(left, {-1, left.shape.back()});
    if (left.count() > 0) {
      return reshape(batch_matmul(unsqueeze(rows, 0), unsqueeze(right, 0)), shape);
    }
  }
  const auto flat = [&](const Array& m) {
    const Array spread = with_batch(m, batch);
    return reshape(spread, {static_cast<std::int64_t>(element_count(batch)),
                            spread.shape[spread.shape.size() - 2], spread.shape.back()});
  };
  return reshape(batch_matmul(flat(left), flat(right)), shape);
}

}  // namespace fitest::pytorch
