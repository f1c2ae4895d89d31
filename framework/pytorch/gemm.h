// SPDX-License-Identifier: Apache-2.0
// One matrix product on raw strided memory.
#pragma once

#include <cstdint>

namespace fitest::pytorch {

// rows × columns elements, strides in elements.
template <class T>
struct MatrixView {
  T* data;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t row_stride;
  std::int64_t column_stride;
};

// c = a·b. For float and double one stride of a and of b must be 1 (or their extent 1) and c
// row-major; int64 takes any.
void gemm(const MatrixView<const float>& a, const MatrixView<const float>& b,
          const MatrixView<float>& c);
void gemm(const MatrixView<const double>& a, const MatrixView<const double>& b,
          const MatrixView<double>& c);
void gemm(const MatrixView<const std::int64_t>& a, const MatrixView<const std::int64_t>& b,
          const MatrixView<std::int64_t>& c);

// Threads of the BLAS for the products that follow on this process.
void set_gemm_threads(int threads);

}  // namespace fitest::pytorch
