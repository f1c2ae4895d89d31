// SPDX-License-Identifier: Apache-2.0
#include "schema/validate.h"

#include <fmt/format.h>

namespace fitest {
namespace {

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

ValidationSummary summarize(const Dataset& dataset) {
  ValidationSummary summary;
  summary.definitions = dataset.definitions.size();
  summary.workloads = dataset.workloads.size();
  summary.solutions = dataset.solutions.size();
  summary.errors = dataset.diagnostics.error_count();
  summary.warnings = dataset.diagnostics.warning_count();
  return summary;
}

std::string summary_line(const ValidationSummary& summary) {
  std::string line = counted(summary.definitions, "definition");
  if (summary.solutions > 0) line += ", " + counted(summary.solutions, "solution");
  return line + ", " + counted(summary.workloads, "workload") + ", " +
         counted(summary.errors, "error");
}

}  // namespace fitest
