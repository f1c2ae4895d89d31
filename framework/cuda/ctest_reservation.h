// SPDX-License-Identifier: Apache-2.0
// The GPUs that CTest reserved for this test (its property RESOURCE_GROUPS).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace fitest::cuda {

// Reads a variable of the environment; nothing when it is not set.
using ReadVariable = std::function<std::optional<std::string>(const std::string& name)>;

// The ids of the "gpus" resources of all groups, each once, in CTest's order. Empty without a
// reservation. Error (Usage) for a variable that CTest would not write so.
std::vector<std::string> reserved_gpus(const ReadVariable& variable);

// The CUDA_VISIBLE_DEVICES that shows these GPUs and no other. An id is a UUID ("gpu_0123abcd_…",
// as a CTest id must be written) or an index, which counts within `mask`: the
// CUDA_VISIBLE_DEVICES that a scheduler gave. Error (Usage) for a GPU outside of the mask.
std::string visible_devices(const std::vector<std::string>& ids,
                            const std::optional<std::string>& mask);

// Sets CUDA_VISIBLE_DEVICES to the reservation, once, for this process and its children; true where
// there is one. Call it before anything initialises CUDA.
bool bind_reserved_gpus();

}  // namespace fitest::cuda
