// SPDX-License-Identifier: Apache-2.0
// Workload: axes and inputs of one call
// (https://bench.flashinfer.ai/docs/flashinfer_trace/workload).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/definition.h"

namespace fitest {

enum class InputKind : std::uint8_t { Random, Scalar, Safetensors, Generated };

struct InputSpec {
  std::string name;
  InputKind kind = InputKind::Random;
  double scalar = 0;         // Scalar
  std::string path;          // Safetensors: relative to the dataset root
  std::string tensor_key;    // Safetensors
  std::string generator;     // Generated: "indptr", "permutation", "uniform", …
  Value::Object parameters;  // Generated: the other members
  SourceRange range;
};

struct Workload {
  std::string definition;
  std::string uuid;
  AxisValues axes;  // variable axes only
  std::vector<InputSpec> inputs;
  std::vector<std::string> tags;  // fitest's own: "quick" puts the workload into that tier
  Value document;                 // the row as read
  SourcePtr source;
  SourceRange range;

  const InputSpec* find_input(const std::string& name) const;
};

// Reads one row: a Trace whose solution and evaluation are null, or the authoring form
// {definition, uuid, axes, inputs}.
std::optional<Workload> read_workload(const Value& document, Diagnostics& diagnostics);

// Problems of a workload that need its definition: axes that are missing or unknown, inputs that
// are unknown or of the wrong kind.
void check_workload(const Workload& workload, const Definition& definition,
                    Diagnostics& diagnostics);

// Puts the inputs into the Definition's order; those that the row leaves out are random, optional
// ones stay out.
void complete_inputs(Workload& workload, const Definition& definition);

}  // namespace fitest
