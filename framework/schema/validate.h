// SPDX-License-Identifier: Apache-2.0
// Checks a whole dataset and counts what is in it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/source.h"

namespace fitest {

struct ValidationSummary {
  std::size_t definitions = 0;  // without errors
  std::size_t workloads = 0;
  std::size_t solutions = 0;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  Diagnostics diagnostics;
};

// A missing root is an Error (Environment).
ValidationSummary validate_dataset(const std::filesystem::path& root);

// "156 definitions, 663 workloads, 0 errors", with solutions where there are any.
std::string summary_line(const ValidationSummary& summary);

}  // namespace fitest
