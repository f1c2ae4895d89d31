// SPDX-License-Identifier: Apache-2.0
// A Solution's launch plan with every expression evaluated for one case.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compile/compiler.h"
#include "device/device.h"
#include "device/tensor_map.h"
#include "run/scope.h"
#include "schema/solution.h"

namespace fitest {

struct PlannedWorkspace {
  std::string name;
  std::size_t size_bytes = 0;
  bool zero_filled = false;
};

// A pointer to a tensor or workspace, bytes passed by value, or a tensor map of a tensor.
struct PlannedArgument {
  std::string name;
  bool is_pointer = false;
  std::vector<std::byte> bytes;  // by value only
  std::optional<TensorMap> tensor_map = std::nullopt;
};

struct PlannedKernel {
  std::string name_expression;  // as NVRTC is asked for it
  Dim3 grid;
  Dim3 block;
  std::optional<Dim3> cluster;
  std::size_t dynamic_shared_bytes = 0;
  std::vector<PlannedArgument> arguments;
  bool cooperative = false;
};

struct ResolvedPlan {
  std::vector<std::string> defines;  // "NAME=value"
  std::vector<PlannedWorkspace> workspaces;
  std::vector<PlannedKernel> kernels;

  std::vector<std::string> name_expressions() const;
  // A kernel takes one: it needs hardware.
  bool has_tensor_map() const;
};

// Error (Input) that points into the solution's document. `scope` supplies axes, inputs, output
// shapes and the device; the plan's `let` names are added to it.
ResolvedPlan resolve_plan(const Solution& solution, const Definition& definition, CaseScope scope);

}  // namespace fitest
