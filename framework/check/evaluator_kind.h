// SPDX-License-Identifier: Apache-2.0
// Which evaluator judges a Definition, chosen as flashinfer-bench chooses it.
#pragma once

#include <string_view>

#include "schema/definition.h"

namespace fitest {

enum class EvaluatorKind : std::uint8_t { Default, Sampling, LowBit, DsaAttention, DsaTopK };

// "default", "sampling", "low-bit", "DSA attention", "DSA top-k"
std::string_view name_of(EvaluatorKind kind);

// Error (Input) where more than one of the special evaluators claims the Definition.
EvaluatorKind choose_evaluator(const Definition& definition);

}  // namespace fitest
