// SPDX-License-Identifier: Apache-2.0
// Runs a case in a child process, so that no crash, hang or kill loses its result.
#pragma once

#include <filesystem>

#include "run/run_case.h"

namespace fitest {

// Writes a provisional Trace (TIMEOUT: "did not finish"), runs the case in a child, kills it after
// options.deadline_seconds and a grace, writes the final Trace over the provisional one. The torch
// engine of options.reference stays with this process, which lends it to the child.
CaseResult run_supervised(const Case& planned, const RunOptions& options,
                          const std::filesystem::path& trace_file);

// The case in this process, for debuggers.
CaseResult run_unsupervised(const Case& planned, const RunOptions& options,
                            const std::filesystem::path& trace_file);

}  // namespace fitest
