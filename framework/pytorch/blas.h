// SPDX-License-Identifier: Apache-2.0
// OpenBLAS, opened at the first matrix product: loading it takes longer than most references.
#pragma once

#include <cblas.h>

namespace fitest::pytorch {

struct BlasApi {
  decltype(&cblas_sgemm) sgemm = nullptr;
  decltype(&cblas_dgemm) dgemm = nullptr;
  decltype(&cblas_sgemv) sgemv = nullptr;
  decltype(&cblas_dgemv) dgemv = nullptr;
  decltype(&openblas_set_num_threads) set_threads = nullptr;
};

// Error (Environment) when the library is missing.
const BlasApi& blas();

}  // namespace fitest::pytorch
