// SPDX-License-Identifier: Apache-2.0
// One workload of a definition: from the dataset, or made of axes alone.
#pragma once

#include <string>

#include "schema/dataset.h"

namespace fitest {

// Error (Usage) where there is none of that name.
const Definition& definition_named(const Dataset& dataset, const std::string& name);

// The definition's workload whose uuid begins so; Error (Usage) for none and for several.
const Workload& workload_named(const Dataset& dataset, const Definition& definition,
                               const std::string& prefix);

// Every input is random. Error (Input) names axes that are missing, unknown or negative.
Workload workload_of_axes(const Definition& definition, const AxisValues& axes);

}  // namespace fitest
