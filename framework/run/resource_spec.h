// SPDX-License-Identifier: Apache-2.0
// The GPUs of this machine as CTest's resource specification
// (https://cmake.org/cmake/help/latest/manual/ctest.1.html#resource-specification-file).
#pragma once

#include <string>
#include <vector>

#include "cuda/device_choice.h"

namespace fitest {

// Slots of a GPU's resource "gpus": hundredths of it. A case that reserves all is alone on it.
inline constexpr int kSlotsPerGpu = 100;

// JSON: for each GPU an id (its UUID in the characters that CTest allows), kSlotsPerGpu slots of
// "gpus" and as many slots of "gpu_memory" as it has MiB. Empty without a GPU.
std::string resource_spec(const std::vector<cuda::VisibleDevice>& gpus);

}  // namespace fitest
