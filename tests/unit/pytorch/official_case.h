// SPDX-License-Identifier: Apache-2.0
// An official definition on a workload of tests/pytorch or tests/bench/pytorch.
#pragma once

#include "document/value.h"
#include "schema/definition.h"
#include "tensor/argument.h"

namespace fitest::pytorch {

// The definition's own text; a workload's `replace` makes a shape-reduced twin of it.
SourcePtr reference_of(const Definition& definition, const fitest::Value& workload);
std::vector<NamedTensor> arguments_of(const Definition& definition, const fitest::Value& workload);

}  // namespace fitest::pytorch
