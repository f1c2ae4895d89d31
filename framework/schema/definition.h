// SPDX-License-Identifier: Apache-2.0
// Definition: what a kernel computes
// (https://bench.flashinfer.ai/docs/flashinfer_trace/definition).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/dtype.h"
#include "document/value.h"
#include "schema/expression.h"

namespace fitest {

struct Axis {
  std::string name;
  std::optional<std::int64_t> constant;  // absent: variable, bound by the workload
  std::string description;
};

struct TensorSpec {
  std::string name;
  // Axis names; absent: a scalar ("shape": null).
  std::optional<std::vector<std::string>> shape;
  DType dtype = DType::Float32;
  bool optional = false;
  std::string description;
  SourceRange range;
};

struct Constraint {
  std::string text;
  SourceRange range;  // of the string in the document
};

struct Definition {
  std::string name;
  std::string op_type;
  std::string description;
  std::vector<std::string> tags;
  std::vector<Axis> axes;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
  std::vector<Constraint> constraints;
  std::string reference;       // PyTorch source
  SourcePtr reference_source;  // the same, named "<file>: reference" for messages
  Value document;              // as read, unknown keys included
  SourcePtr source;

  const Axis* find_axis(const std::string& axis) const;
};

using AxisValues = std::map<std::string, std::int64_t>;

// Reads a Definition; every problem goes to `diagnostics`, unknown keys as warnings.
std::optional<Definition> read_definition(const Value& document, Diagnostics& diagnostics);

// Constant axes and the given ones; Error (Input) names axes that are missing, unknown or negative.
AxisValues bind_axes(const Definition& definition, const AxisValues& variable);
// Extents of a tensor; empty for a scalar.
std::vector<std::int64_t> shape_of(const TensorSpec& spec, const AxisValues& axes);

}  // namespace fitest
