// SPDX-License-Identifier: Apache-2.0
#include "pytorch/blas.h"

#include "base/dynamic_library.h"
#include "base/error.h"

namespace fitest::pytorch {
namespace {

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
  auto library = DynamicLibrary::open({"libopenblas.so.0", FITEST_OPENBLAS}, &reason);
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

}  // namespace

const BlasApi& blas() {
  static const LoadedBlas* loaded = load();
  return loaded->api;
}

}  // namespace fitest::pytorch
