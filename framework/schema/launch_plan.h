// SPDX-License-Identifier: Apache-2.0
// Reads the launch plan of a Solution (DESIGN §3).
#pragma once

#include <string>
#include <vector>

#include "schema/solution.h"

namespace fitest {

LaunchPlan read_launch_plan(const Value& plan, Diagnostics& diagnostics);

// The parts of a kernel name like "scale<{threads}>": text, expression, text, ...; odd indices are
// the expressions inside braces. Nothing when the braces do not match.
std::optional<std::vector<std::string>> split_placeholders(const std::string& text);

}  // namespace fitest
