// SPDX-License-Identifier: Apache-2.0
// Judges the indices that a DSA top-k indexer chose by the scores that they stand for.
#pragma once

#include "check/evaluator.h"

namespace fitest {

// Output 0 alone: every index >= 0 must be a token of its sequence and occur once; the scores at
// the chosen indices, sorted, must match those at the reference's within the tolerance. Unlike
// flashinfer-bench, scores come from the inputs as they were before the kernel ran.
// Error (Input) names an input that is missing or does not fit the others.
Verdicts evaluate_dsa_top_k(const Trial& trial, const Tolerance& tolerance);

}  // namespace fitest
