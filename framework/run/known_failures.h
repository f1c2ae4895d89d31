// SPDX-License-Identifier: Apache-2.0
// Cases that are known to fail, each with a reason.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/run_case.h"

namespace fitest {

// Patterns are globs, the workload's a prefix of its uuid; empty ones match all.
struct KnownFailure {
  std::string definition;
  std::string solution;
  std::string workload;
  std::string architecture;  // "sm_90", "virtual"
  std::string reason;
};

// A YAML or JSON list of {definition, solution, workload, architecture, reason}, of which the
// reason and one pattern are required. Error (Input) shows every problem with line and column.
std::vector<KnownFailure> read_known_failures(const std::filesystem::path& file);

// "sm_90" or "virtual" of the device that ran the case; empty when it reached none.
std::string architecture_of(const Trace& trace);

// Rules on a result that a known failure matches: a failure is as expected and passes, a pass is
// unexpected and fails. A skipped case stays skipped.
void apply_known_failures(const std::vector<KnownFailure>& known, const Case& planned,
                          CaseResult& result);

}  // namespace fitest
