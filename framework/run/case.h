// SPDX-License-Identifier: Apache-2.0
// Case: one Definition × Solution × Workload.
#pragma once

#include <string>
#include <vector>

#include "schema/dataset.h"

namespace fitest {

// Points into the Dataset that it was planned from.
struct Case {
  const Definition* definition = nullptr;
  const Solution* solution = nullptr;
  const Workload* workload = nullptr;
  std::string workload_prefix;  // shortest unique prefix of the uuid, 8 characters or more

  // "<definition>/<solution>/<workload prefix>"
  std::string name() const;
  // op_type, definition, author, model tags, tier: what `ctest -L` selects by.
  std::vector<std::string> labels() const;
  // "quick" for a workload with that tag, else "full".
  std::string tier() const;
  // Where the Trace goes below a folder: "<definition>/<solution>/<workload prefix>.json".
  std::string trace_path() const;
};

}  // namespace fitest
