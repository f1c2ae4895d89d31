// SPDX-License-Identifier: Apache-2.0
// What an error code of the CUDA driver means (driver_errors.def).
#pragma once

#include <string>

#include "cuda/driver_api.h"
#include "device/fault.h"

namespace fitest::cuda {

// "CUDA_ERROR_ILLEGAL_ADDRESS (700): an illegal memory access was encountered"
std::string words_of(const DriverApi& api, CudaResult result);

FaultKind fault_kind(CudaResult result);

// True when no later call in this context can succeed.
bool poisons_context(CudaResult result);

}  // namespace fitest::cuda
