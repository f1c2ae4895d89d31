// SPDX-License-Identifier: Apache-2.0
// Cases as the text of a script that CTest includes: one add_test() each.
#pragma once

#include <string>
#include <vector>

#include "run/case.h"

namespace fitest {

struct CtestScriptOptions {
  std::string program;                     // absolute path of the `fitest` that runs a case
  std::string dataset;                     // absolute path of its root
  std::string trace_folder;                // absolute
  std::string prefix;                      // of every test name
  std::vector<std::string> labels;         // besides "kernel" and the case's own
  std::vector<std::string> run_arguments;  // further ones for `fitest run`: "--device=virtual"
  double timeout_seconds = 600;            // after which CTest kills the test
};

// Each test runs one case by its full workload uuid, with a deadline that ends it before CTest
// kills it, and attaches its Trace.
std::string ctest_script(const std::vector<Case>& cases, const CtestScriptOptions& options);

// What the runner allows itself of a CTest timeout: enough less to kill the case and record it.
double deadline_within(double timeout_seconds);

// Text as one argument of a CMake command, whatever it holds: a bracket argument.
std::string cmake_argument(const std::string& text);

}  // namespace fitest
