// SPDX-License-Identifier: Apache-2.0
// Tensor maps as the driver encodes them.
#pragma once

#include "cuda/cuda_context.h"
#include "device/tensor_map.h"

namespace fitest::cuda {

// Error (Unsupported) where the GPU has no tensor maps or the driver refuses this one.
EncodedTensorMap encode_tensor_map(CudaContext& context, const TensorMap& map, CudaAddress address);

}  // namespace fitest::cuda
