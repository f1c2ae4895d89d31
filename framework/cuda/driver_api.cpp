// SPDX-License-Identifier: Apache-2.0
#include "cuda/driver_api.h"

namespace fitest::cuda {
namespace {

template <class Function>
Function* find(const DynamicLibrary& library, const char* symbol, const char* since,
               std::vector<std::string>& missing) {
  auto* function = library.find<Function>(symbol);
  if (function == nullptr) missing.push_back(std::string(symbol) + " (CUDA " + since + ")");
  return function;
}

}  // namespace

std::vector<std::string> load_driver_api(const DynamicLibrary& library, DriverApi& api) {
  std::vector<std::string> missing;
#define FITEST_CUDA(member, symbol, since, ...) \
  api.member = find<CudaResult(__VA_ARGS__)>(library, symbol, since, missing);
#include "cuda/driver_api.def"
#undef FITEST_CUDA
  return missing;
}

}  // namespace fitest::cuda
