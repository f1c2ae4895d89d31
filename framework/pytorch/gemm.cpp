// SPDX-License-Identifier: Apache-2.0
#include "pytorch/gemm.h"

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <type_traits>
#include <utility>

#include "base/dynamic_library.h"
#include "base/error.h"

namespace fitest::pytorch {
namespace {

template <class T>
bool is_transposed(const MatrixView<T>& m) {
  return m.column_stride != 1 && m.columns != 1;
}

template <class T>
blasint leading(const MatrixView<T>& m) {
  const bool transposed = is_transposed(m);
  const std::int64_t stride = transposed ? m.column_stride : m.row_stride;
  const std::int64_t least = transposed ? m.rows : m.columns;
  const std::int64_t extent = transposed ? m.columns : m.rows;
  return static_cast<blasint>(extent <= 1 ? std::max<std::int64_t>(least, 1)
                                          : std::max(stride, least));
}

template <class T>
CBLAS_TRANSPOSE order(const MatrixView<T>& m) {
  return is_transposed(m) ? CblasTrans : CblasNoTrans;
}

template <class T>
blasint narrow(T value) {
  return static_cast<blasint>(value);
}

// One row or one column: a matrix-vector product, which reads the matrix once.
template <class T, class Gemv>
bool as_gemv(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c,
             const Gemv& gemv) {
  if (c.rows == 1) {
    const bool transposed = is_transposed(b);
    const auto rows = narrow(transposed ? b.columns : b.rows);
    const auto columns = narrow(transposed ? b.rows : b.columns);
    gemv(transposed ? CblasNoTrans : CblasTrans, rows, columns, b.data, leading(b), a.data,
         narrow(std::max<std::int64_t>(a.column_stride, 1)), c.data, blasint{1});
    return true;
  }
  if (c.columns == 1) {
    const bool transposed = is_transposed(a);
    const auto rows = narrow(transposed ? a.columns : a.rows);
    const auto columns = narrow(transposed ? a.rows : a.columns);
    gemv(transposed ? CblasTrans : CblasNoTrans, rows, columns, a.data, leading(a), b.data,
         narrow(std::max<std::int64_t>(b.row_stride, 1)), c.data,
         narrow(std::max<std::int64_t>(c.row_stride, 1)));
    return true;
  }
  return false;
}

struct BlasApi {
  decltype(&cblas_sgemm) sgemm = nullptr;
  decltype(&cblas_dgemm) dgemm = nullptr;
  decltype(&cblas_sgemv) sgemv = nullptr;
  decltype(&cblas_dgemv) dgemv = nullptr;
  decltype(&openblas_set_num_threads) set_threads = nullptr;
};

// Keeps the library open: its threads outlive every call.
struct LoadedBlas {
  DynamicLibrary library;
  BlasApi api;

  explicit LoadedBlas(DynamicLibrary opened) : library(std::move(opened)) {
    api.sgemm = library.find<decltype(cblas_sgemm)>("cblas_sgemm");
    api.dgemm = library.find<decltype(cblas_dgemm)>("cblas_dgemm");
    api.sgemv = library.find<decltype(cblas_sgemv)>("cblas_sgemv");
    api.dgemv = library.find<decltype(cblas_dgemv)>("cblas_dgemv");
    api.set_threads = library.find<decltype(openblas_set_num_threads)>("openblas_set_num_threads");
  }
  bool complete() const {
    return api.sgemm != nullptr && api.dgemm != nullptr && api.sgemv != nullptr &&
           api.dgemv != nullptr && api.set_threads != nullptr;
  }
};

const LoadedBlas* load() {
  std::string reason;
  auto library = DynamicLibrary::open({"libopenblas.so.0", "libopenblas.so"}, &reason);
  if (!library) {
    fail(ErrorKind::Environment,
         "matrix products need OpenBLAS: " + reason + "; install libopenblas0");
  }
  static const LoadedBlas loaded(std::move(*library));
  if (!loaded.complete()) {
    fail(ErrorKind::Environment, loaded.library.path() + " is no OpenBLAS: it lacks functions");
  }
  return &loaded;
}

// OpenBLAS, opened at the first product: loading it takes longer than most references.
// Error (Environment) when the library is missing.
const BlasApi& blas() {
  static const LoadedBlas* loaded = load();
  return loaded->api;
}

// Of the products to come; 0 leaves OpenBLAS its own choice.
std::atomic<int> wanted_threads{0};

const BlasApi& loaded_blas() {
  const BlasApi& api = blas();
  const int threads = wanted_threads.exchange(0);
  if (threads > 0) api.set_threads(threads);
  return api;
}

template <class T>
bool clear_if_empty(const MatrixView<const T>& a, const MatrixView<T>& c) {
  if (c.rows == 0 || c.columns == 0) return true;
  if (a.columns > 0) return false;
  for (std::int64_t i = 0; i < c.rows; ++i) {
    std::fill(c.data + i * c.row_stride, c.data + i * c.row_stride + c.columns, T{0});
  }
  return true;
}

// By the library's products of one type: of matrices, and of a matrix and a vector.
template <class T, class Gemm, class Gemv>
void multiply(const MatrixView<const T>& a, const MatrixView<const T>& b, const MatrixView<T>& c,
              std::pair<Gemm, Gemv> routines) {
  const auto gemv = [&](auto trans, blasint m, blasint n, const T* matrix, blasint lda, const T* x,
                        blasint incx, T* y, blasint incy) {
    routines.second(CblasRowMajor, trans, m, n, T{1}, matrix, lda, x, incx, T{0}, y, incy);
  };
  if (as_gemv<T>(a, b, c, gemv)) return;
  routines.first(CblasRowMajor, order(a), order(b), narrow(c.rows), narrow(c.columns),
                 narrow(a.columns), T{1}, a.data, leading(a), b.data, leading(b), T{0}, c.data,
                 narrow(c.row_stride));
}

}  // namespace

void gemm(const MatrixView<const float>& a, const MatrixView<const float>& b,
          const MatrixView<float>& c) {
  if (clear_if_empty(a, c)) return;
  const BlasApi& api = loaded_blas();
  multiply(a, b, c, std::pair{api.sgemm, api.sgemv});
}

void gemm(const MatrixView<const double>& a, const MatrixView<const double>& b,
          const MatrixView<double>& c) {
  if (clear_if_empty(a, c)) return;
  const BlasApi& api = loaded_blas();
  multiply(a, b, c, std::pair{api.dgemm, api.dgemv});
}

void gemm(const MatrixView<const std::int64_t>& a, const MatrixView<const std::int64_t>& b,
          const MatrixView<std::int64_t>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i) {
    for (std::int64_t j = 0; j < c.columns; ++j) {
      std::uint64_t total = 0;
      for (std::int64_t k = 0; k < a.columns; ++k) {
        total += static_cast<std::uint64_t>(a.data[i * a.row_stride + k * a.column_stride]) *
                 static_cast<std::uint64_t>(b.data[k * b.row_stride + j * b.column_stride]);
      }
      c.data[i * c.row_stride + j * c.column_stride] = static_cast<std::int64_t>(total);
    }
  }
}

void set_gemm_threads(int threads) {
  wanted_threads = threads;
}

}  // namespace fitest::pytorch
