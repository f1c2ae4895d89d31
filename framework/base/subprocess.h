// SPDX-License-Identifier: Apache-2.0
// A child process run to its end, with its output captured and a time limit.
#pragma once

#include <string>
#include <vector>

namespace fitest {

struct SubprocessResult {
  int exit_code = -1;      // as a shell says it: 128 + signal for a killed child, 127 not found
  bool timed_out = false;  // the child and its process group were killed
  std::string output;      // stdout and stderr together, 1 MiB at most
};

// argv[0] is looked up in PATH; stdin is empty.
SubprocessResult run_subprocess(const std::vector<std::string>& argv, double timeout_seconds);

}  // namespace fitest
