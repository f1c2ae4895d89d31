// SPDX-License-Identifier: Apache-2.0
// What a person needs to look into a failed case, beside its Trace and attached to its CTest test.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "run/run_case.h"

namespace fitest {

// Words as one line for a POSIX shell.
std::string shell_line(const std::vector<std::string>& words);

// Removes what an earlier failure left: <trace stem>.log and .ptx.
void remove_failure_files(const std::filesystem::path& trace_file);

// Writes the log and, where the kernels compile, their PTX, and returns the CTest tags that attach
// them and tell the command that runs the case again. `program` is the fitest that compiles, in a
// process of its own; `dataset` the root.
struct FailedCase {
  const Case& planned;
  const CaseResult& result;
  std::filesystem::path trace_file;
  std::vector<std::string> command;  // that runs it again
  std::string suffix = {};           // as for ctest_measurements()
};
std::string attach_failure(const FailedCase& failed, const std::string& program,
                           const std::string& dataset);

}  // namespace fitest
