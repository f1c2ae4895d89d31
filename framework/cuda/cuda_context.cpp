// SPDX-License-Identifier: Apache-2.0
#include "cuda/cuda_context.h"

#include <fmt/format.h>

#include "base/error.h"
#include "cuda/driver_error.h"

namespace fitest::cuda {

CudaContext::CudaContext(const DriverApi& api, CudaDeviceId device) : api_(api), device_(device) {
  CudaContextHandle handle = nullptr;
  require(api_.context_retain(&handle, device_), "retaining the GPU's primary context");
  if (const CudaResult result = api_.context_set_current(handle); result != CudaResult::Success) {
    api_.context_release(device_);
    require(result, "making the GPU's primary context current");
  }
}

CudaContext::~CudaContext() {
  if (!lost_) api_.context_release(device_);
}

std::optional<Fault> CudaContext::check(CudaResult result, std::string_view doing,
                                        const std::string& kernel) {
  if (lost_) return lost_;
  if (result == CudaResult::Success) return std::nullopt;
  Fault fault;
  fault.kind = fault_kind(result);
  fault.message = fmt::format("{} failed: {}", doing, words_of(api_, result));
  fault.kernel = kernel;
  if (poisons_context(result)) lose(fault);
  return fault;
}

void CudaContext::require(CudaResult result, std::string_view doing) {
  if (const auto fault = check(result, doing)) {
    fail(ErrorKind::Environment, fitest::describe(*fault));
  }
}

void CudaContext::lose(const Fault& fault) {
  if (!lost_) lost_ = fault;
}

}  // namespace fitest::cuda
