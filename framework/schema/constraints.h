// SPDX-License-Identifier: Apache-2.0
// Constraints of a Definition, evaluated for one Workload.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "schema/definition.h"
#include "schema/workload.h"

namespace fitest {

// Element of an integer input by flat index.
using ElementFunction =
    std::function<std::optional<std::int64_t>(const std::string& input, std::int64_t index)>;

// Axes, scalar inputs and shapes of the case as names of an expression. The Definition and the
// Workload must outlive the scope.
ExpressionScope scope_of(const Definition& definition, const Workload& workload,
                         const ElementFunction& element = nullptr);

// Reports every constraint that does not hold, with the values of its names, at the Workload's
// row. Without `element`, constraints that use elements of tensors are left out.
void check_constraints(const Definition& definition, const Workload& workload,
                       const ElementFunction& element, Diagnostics& diagnostics);

}  // namespace fitest
