// SPDX-License-Identifier: Apache-2.0
// What a dataset holds, counted.
#pragma once

#include <cstddef>
#include <string>

#include "schema/dataset.h"

namespace fitest {

struct ValidationSummary {
  std::size_t definitions = 0;  // without errors
  std::size_t workloads = 0;
  std::size_t solutions = 0;
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

ValidationSummary summarize(const Dataset& dataset);

// "156 definitions, 663 workloads, 0 errors", with solutions where there are any.
std::string summary_line(const ValidationSummary& summary);

}  // namespace fitest
