// SPDX-License-Identifier: Apache-2.0
// The pattern that outputs and workspaces hold before a launch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fitest::cuda {

// NaN as float32, float64, float16, bfloat16, float8 E4M3 and E5M2, in every element. Arithmetic
// does not produce it: NVIDIA GPUs return the canonical NaN (0x7FFFFFFF, 0x7FFF; PTX ISA, "NaN
// payloads"), and a sign flip of that is 0xFFFFFFFF. It is neither 0, -1 nor a small integer.
inline constexpr std::uint32_t kPoisonWord = 0xFFFF7FFF;

// Whole 4-byte words that still hold the pattern; a shorter rest at the end counts never.
std::uint64_t count_poisoned_words(std::span<const std::byte> bytes);

}  // namespace fitest::cuda
