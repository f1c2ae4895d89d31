// SPDX-License-Identifier: Apache-2.0
// Rows of matrix products and triangles.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "pytorch/linear_algebra.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/reduction.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

void expect_rank(const Bound& b, std::size_t i, std::int64_t rank) {
  if (b.tensor(i).dim() == rank) return;
  fail(ErrorKind::Input,
       fmt::format("{}(): expected a {}D tensor, but got {}D of shape {}", b.name(), rank,
                   b.tensor(i).dim(), sizes_text(b.tensor(i).shape)));
}

Value run_matmul(Bound& b) {
  return Value(matmul(b.tensor(0), b.tensor(1)));
}
Value run_mm(Bound& b) {
  expect_rank(b, 0, 2);
  expect_rank(b, 1, 2);
  return Value(matmul(b.tensor(0), b.tensor(1)));
}
Value run_mv(Bound& b) {
  expect_rank(b, 0, 2);
  expect_rank(b, 1, 1);
  return Value(matmul(b.tensor(0), b.tensor(1)));
}
Value run_dot(Bound& b) {
  expect_rank(b, 0, 1);
  expect_rank(b, 1, 1);
  return Value(matmul(b.tensor(0), b.tensor(1)));
}
Value run_bmm(Bound& b) {
  expect_rank(b, 0, 3);
  expect_rank(b, 1, 3);
  return Value(batch_matmul(b.tensor(0), b.tensor(1)));
}

// What a factor is among integers.
Scalar truncated(const Scalar& scalar) {
  return scalar.kind == Scalar::Kind::Float ? Scalar::of(static_cast<std::int64_t>(scalar.number))
                                            : scalar;
}

// beta·input + alpha·product; half types keep the product in float32 until the end, as the BLAS
// calls behind addmm do.
Array add_product(const Bound& b, const Array& product_a, const Array& product_b) {
  const Array& input = b.tensor(0);
  const bool half = kind_of(input.dtype) == DTypeKind::Float && bits_of(input.dtype) == 16;
  const DType wide = half ? DType::Float32 : input.dtype;
  Operand product{matmul(to_dtype(product_a, half ? wide : product_a.dtype),
                         to_dtype(product_b, half ? wide : product_b.dtype)),
                  false};
  Operand addend{to_dtype(input, wide), false};
  const bool floating = kind_of(input.dtype) == DTypeKind::Float;
  const Scalar beta = floating ? b.scalar(3) : truncated(b.scalar(3));
  const Scalar alpha = floating ? b.scalar(4) : truncated(b.scalar(4));
  if (alpha.number != 1) {
    product.array = arithmetic(BinaryOperator::Multiply, product, operand_of(alpha));
  }
  if (beta.number == 0) return to_dtype(product.array, input.dtype);
  if (beta.number != 1) {
    addend.array = arithmetic(BinaryOperator::Multiply, addend, operand_of(beta));
  }
  return to_dtype(arithmetic(BinaryOperator::Add, addend, product), input.dtype);
}

Value run_addmm(Bound& b) {
  expect_rank(b, 1, 2);
  expect_rank(b, 2, 2);
  return Value(add_product(b, b.tensor(1), b.tensor(2)));
}
Value run_baddbmm(Bound& b) {
  expect_rank(b, 1, 3);
  expect_rank(b, 2, 3);
  return Value(add_product(b, b.tensor(1), b.tensor(2)));
}
Value run_addmv(Bound& b) {
  expect_rank(b, 1, 2);
  expect_rank(b, 2, 1);
  return Value(add_product(b, b.tensor(1), b.tensor(2)));
}

Value run_addr(Bound& b) {
  expect_rank(b, 1, 1);
  expect_rank(b, 2, 1);
  return Value(add_product(b, unsqueeze(b.tensor(1), 1), unsqueeze(b.tensor(2), 0)));
}

Value run_outer(Bound& b) {
  expect_rank(b, 0, 1);
  expect_rank(b, 1, 1);
  return Value(arithmetic(BinaryOperator::Multiply, {unsqueeze(b.tensor(0), 1), false},
                          {unsqueeze(b.tensor(1), 0), false}));
}

Value run_einsum(Bound& b) {
  return Value(einsum(b.string(0), b.tensors(1)));
}
Value run_einsum_spelt_out(Bound& b) {
  std::vector<Array> operands;
  for (std::size_t i = 1; i < 6 && b.given(i); ++i) operands.push_back(b.tensor(i));
  return Value(einsum(b.string(0), operands));
}

Value run_tensordot(Bound& b) {
  const Array& x = b.tensor(0);
  const Array& y = b.tensor(1);
  Shape left;
  Shape right;
  if (const Sequence* pair = b.value(2).sequence(); pair != nullptr && pair->items.size() == 2) {
    for (const Value& item : items_of(pair->items[0])) left.push_back(scalar_of(item)->integer);
    for (const Value& item : items_of(pair->items[1])) right.push_back(scalar_of(item)->integer);
  } else if (const auto count = scalar_of(b.value(2))) {
    for (std::int64_t i = 0; i < count->integer; ++i) {
      left.push_back(x.dim() - count->integer + i);
      right.push_back(i);
    }
  }
  if (left.size() != right.size()) fail(ErrorKind::Input, "tensordot: bad dims");
  std::string a_labels;
  std::string b_labels;
  std::string output;
  for (std::int64_t d = 0; d < x.dim(); ++d) a_labels += static_cast<char>('a' + d);
  for (std::int64_t d = 0; d < y.dim(); ++d) b_labels += static_cast<char>('A' + d);
  for (std::size_t i = 0; i < left.size(); ++i) {
    b_labels[static_cast<std::size_t>(wrap_dim(right[i], y.dim()))] =
        a_labels[static_cast<std::size_t>(wrap_dim(left[i], x.dim()))];
  }
  for (char c : a_labels + b_labels) {
    const bool shared =
        a_labels.find(c) != std::string::npos && b_labels.find(c) != std::string::npos;
    if (!shared) output += c;
  }
  return Value(einsum(a_labels + "," + b_labels + "->" + output, {x, y}));
}

// Zero where keep(row, column) is false.
template <class Keep>
Array triangle(const Array& array, const Keep& keep) {
  if (array.dim() < 2)
    fail(ErrorKind::Input, "tril/triu: input tensor must have at least 2 dimensions");
  const std::int64_t rows = array.shape[array.shape.size() - 2];
  const std::int64_t columns = array.shape.back();
  const Array mask = make_array(DType::Bool, {rows, columns});
  auto* kept = mask.as_writable<bool>();
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) kept[i * columns + j] = keep(i, j);
  }
  const Array zero = make_scalar_array(array.dtype, Scalar::of(std::int64_t{0}));
  return where(mask, {array, false}, {zero, false});
}

Value run_tril(Bound& b) {
  const std::int64_t diagonal = b.integer(1);
  return Value(triangle(b.tensor(0), [=](auto i, auto j) { return j - i <= diagonal; }));
}
Value run_triu(Bound& b) {
  const std::int64_t diagonal = b.integer(1);
  return Value(triangle(b.tensor(0), [=](auto i, auto j) { return j - i >= diagonal; }));
}

template <bool kLower>
Value run_triangle_indices(Bound& b) {
  const std::int64_t height = b.integer(0);
  const std::int64_t width = b.integer(1);
  const std::int64_t offset = std::clamp(b.integer(2), -height, width);
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> columns;
  Charge charge;
  for (std::int64_t i = 0; i < height; ++i) {
    const std::int64_t first = kLower ? 0 : std::clamp(i + offset, std::int64_t{0}, width);
    const std::int64_t last = kLower ? std::clamp(i + offset + 1, std::int64_t{0}, width) : width;
    charge.add(static_cast<std::size_t>(last - first) * 2 * sizeof(std::int64_t));
    if (Budget* budget = Budget::current(); budget != nullptr) budget->tick();
    for (std::int64_t j = first; j < last; ++j) {
      rows.push_back(i);
      columns.push_back(j);
    }
  }
  Array result = make_array(DType::Int64, {2, static_cast<std::int64_t>(rows.size())});
  std::copy(rows.begin(), rows.end(), result.as_writable<std::int64_t>());
  std::copy(columns.begin(), columns.end(),
            result.as_writable<std::int64_t>() + static_cast<std::int64_t>(rows.size()));
  return Value(result);
}

Value run_diag(Bound& b) {
  const Array& array = b.tensor(0);
  const std::int64_t offset = b.integer(1);
  if (array.dim() == 1) {
    const std::int64_t n = array.shape[0] + std::abs(offset);
    Array result = make_array(array.dtype, {n, n});
    fill(result, Scalar::of(std::int64_t{0}));
    const std::int64_t start = offset >= 0 ? offset : -offset * n;
    copy_into(array, view_as(result, array.shape, {n + 1}, start));
    return Value(result);
  }
  if (array.dim() != 2) fail(ErrorKind::Input, "diag(): Supports 1D or 2D tensors.");
  const std::int64_t rows = array.shape[0] + std::min<std::int64_t>(offset, 0);
  const std::int64_t columns = array.shape[1] - std::max<std::int64_t>(offset, 0);
  const std::int64_t length = std::max<std::int64_t>(0, std::min(rows, columns));
  const std::int64_t start = offset >= 0 ? offset * array.strides[1] : -offset * array.strides[0];
  return Value(clone(view_as(array, {length}, {array.strides[0] + array.strides[1]},
                             array.offset + (length > 0 ? start : 0))));
}

Value run_trace(Bound& b) {
  const Array& array = b.tensor(0);
  expect_rank(b, 0, 2);
  const std::int64_t length = std::min(array.shape[0], array.shape[1]);
  return Value(sum(view_as(array, {length}, {array.strides[0] + array.strides[1]}, array.offset),
                   {}, false, std::nullopt));
}

Value run_vecdot(Bound& b) {
  const Array product =
      arithmetic(BinaryOperator::Multiply, {b.tensor(0), false}, {b.tensor(1), false});
  return Value(sum(product, {b.integer(2)}, false, std::nullopt));
}

Value run_cdist(Bound& b) {
  const Array difference = arithmetic(BinaryOperator::Subtract, {unsqueeze(b.tensor(0), -2), false},
                                      {unsqueeze(b.tensor(1), -3), false});
  if (b.number(2) != 2) fail(ErrorKind::Unsupported, "cdist() is supported for p=2");
  const Array squares =
      arithmetic(BinaryOperator::Multiply, {difference, false}, {difference, false});
  return Value(arithmetic(BinaryOperator::Power, {sum(squares, {-1}, false, std::nullopt), false},
                          operand_of(Scalar::of(0.5))));
}

constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kBoth | kLinalg, "matmul(Tensor self, Tensor other)", run_matmul, Agreement::Accumulated},
    {kBoth, "mm(Tensor self, Tensor mat2)", run_mm, Agreement::Accumulated},
    {kBoth, "mv(Tensor self, Tensor vec)", run_mv, Agreement::Accumulated},
    {kBoth, "dot(Tensor self, Tensor tensor)", run_dot, Agreement::Accumulated},
    {kBoth, "inner(Tensor self, Tensor other)", run_dot, Agreement::Accumulated},
    {kBoth, "bmm(Tensor self, Tensor mat2)", run_bmm, Agreement::Accumulated},
    {kBoth | kInPlace,
     "addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)", run_addmm,
     Agreement::Accumulated},
    {kBoth | kInPlace,
     "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)",
     run_baddbmm, Agreement::Accumulated},
    {kBoth | kInPlace,
     "addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1)", run_addmv,
     Agreement::Accumulated},
    {kBoth | kInPlace,
     "addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1)", run_addr,
     Agreement::Accumulated},
    {kBoth, "outer(Tensor self, Tensor vec2)", run_outer},
    {kBoth, "ger(Tensor self, Tensor vec2)", run_outer},
    {kTorch, "einsum(str equation, Tensor[] operands)", run_einsum, Agreement::Accumulated},
    {kTorch,
     "einsum(str equation, Tensor a, Tensor? b=None, Tensor? c=None, Tensor? d=None, Tensor? "
     "e=None)",
     run_einsum_spelt_out, Agreement::Accumulated},
    {kTorch, "tensordot(Tensor a, Tensor b, Any dims=2)", run_tensordot, Agreement::Accumulated},
    {kBoth | kInPlace, "tril(Tensor self, int diagonal=0)", run_tril},
    {kBoth | kInPlace, "triu(Tensor self, int diagonal=0)", run_triu},
    {kTorch, "tril_indices(int row, int col, int offset=0, *, Device? device=None)",
     run_triangle_indices<true>},
    {kTorch, "triu_indices(int row, int col, int offset=0, *, Device? device=None)",
     run_triangle_indices<false>},
    {kBoth, "diag(Tensor self, int diagonal=0)", run_diag},
    {kBoth, "trace(Tensor self)", run_trace, Agreement::Accumulated},
    {kLinalg, "vecdot(Tensor self, Tensor y, *, int dim=-1)", run_vecdot, Agreement::Accumulated},
    {kTorch, "cdist(Tensor x1, Tensor x2, float p=2.0)", run_cdist, Agreement::Accumulated},
};

}  // namespace

std::span<const OperatorRow> linear_algebra_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
