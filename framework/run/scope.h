// SPDX-License-Identifier: Apache-2.0
// What names mean in a case's expressions: axes, scalars, tensors, `let` names, the device.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "device/device.h"
#include "run/case.h"
#include "schema/definition.h"
#include "schema/expression.h"
#include "tensor/argument.h"

namespace fitest {

struct CaseScope {
  AxisValues axes;
  const std::vector<NamedTensor>* inputs = nullptr;
  std::map<std::string, Shape> output_shapes;
  std::map<std::string, ExpressionValue> let;
  const DeviceProperties* device = nullptr;  // constraints see none

  // Refers to this object: valid as long as it lives.
  ExpressionScope expression_scope() const;
};

// The scope of a case's launch plan: its axes, `inputs` and output shapes on `device`. Refers to
// both arguments. Throws Error where the workload does not bind the Definition's axes.
CaseScope launch_scope(const Case& planned, const std::vector<NamedTensor>& inputs,
                       const DeviceProperties& device);

}  // namespace fitest
