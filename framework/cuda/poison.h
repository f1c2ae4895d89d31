// SPDX-License-Identifier: Apache-2.0
// The pattern that outputs and workspaces hold before a launch.
#pragma once

#include <cstdint>

namespace fitest::cuda {

// NaN as float32, float64, float16, bfloat16, float8 E4M3 and E5M2, in every element. Arithmetic
// does not produce it: NVIDIA GPUs return the canonical NaN (0x7FFFFFFF, 0x7FFF; PTX ISA, "NaN
// payloads"), and a sign flip of that is 0xFFFFFFFF. It is neither 0, -1 nor a small integer.
// Only a whole word is evidence that nothing was written: its halves are NaNs that arithmetic
// makes.
inline constexpr std::uint32_t kPoisonWord = 0xFFFF7FFF;

}  // namespace fitest::cuda
