// SPDX-License-Identifier: Apache-2.0
// Compares a kernel's outputs with the reference's.
#pragma once

#include <string>
#include <vector>

#include "check/evaluator_kind.h"
#include "check/policy.h"
#include "schema/trace.h"
#include "tensor/argument.h"

namespace fitest {

// Result under one policy. Passed or one of the Incorrect statuses.
struct Verdict {
  Status status = Status::Passed;
  double max_relative_error = 0;
  double max_absolute_error = 0;
  double matched_ratio = 1;
  // flashinfer-bench reports this trial at once; a later one cannot change the outcome.
  bool is_final = false;
  std::string message;  // for a failure: "output[3,17]: expected 1.5, got nan; 4 of 28672 …"
};

struct Verdicts {
  Verdict strict;
  Verdict compat;
  const Verdict& of(Policy policy) const { return policy == Policy::Strict ? strict : compat; }
};

// Default evaluator: `expected` from the reference (its own dtypes), `actual` from the kernel, both
// in the order of the Definition's outputs. One trial. A message has a line for each wrong output.
Verdicts evaluate_default(const std::vector<NamedTensor>& expected,
                          const std::vector<NamedTensor>& actual, const Tolerance& tolerance);

// Low-bit evaluator: the default one with a required matched ratio of 0.95 where none is set. The
// Trace's correctness.extra holds {"matched_ratio": …}.
Verdicts evaluate_low_bit(const std::vector<NamedTensor>& expected,
                          const std::vector<NamedTensor>& actual, const Tolerance& tolerance);

// What a special evaluator looks at: one trial's inputs as they were before the kernel ran, and the
// outputs of both sides.
struct Trial {
  const std::vector<NamedTensor>& inputs;
  const std::vector<NamedTensor>& expected;
  const std::vector<NamedTensor>& actual;
};

// Error (Unsupported) for the sampling evaluator, which launches the kernel itself
// (check/sampling.h). The DSA attention evaluator equals the default one for kernels that write all
// outputs in destination-passing style.
Verdicts evaluate(EvaluatorKind kind, const Trial& trial, const Tolerance& tolerance);

// Verdict over several trials, as upstream folds them.
Verdict fold(const Verdict& earlier, const Verdict& later);

}  // namespace fitest
