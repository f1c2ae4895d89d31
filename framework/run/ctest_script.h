// SPDX-License-Identifier: Apache-2.0
// Cases as the text of a script that CTest includes: one add_test() each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "run/case.h"

namespace fitest {

enum class GroupBy : std::uint8_t { Case, Solution };

struct CtestScriptOptions {
  std::string program;                     // absolute path of the `fitest` that runs a case
  std::string dataset;                     // absolute path of its root
  std::string trace_folder;                // absolute
  std::string prefix;                      // of every test name
  std::vector<std::string> labels;         // besides "kernel" and the case's own
  std::vector<std::string> run_arguments;  // further ones for `fitest run`: "--device=virtual"
  std::vector<std::string> launcher;       // before the program: {"srun", "-n1"}
  std::vector<std::string> properties;     // of every test: name, value, name, value, …
  std::string resource_groups;   // RESOURCE_GROUPS of every test: "1,gpus:25"; may be empty
  double timeout_seconds = 600;  // for one case, after which CTest kills the test
  GroupBy group_by = GroupBy::Case;
};

// Each test runs its cases by their full workload uuids, with a deadline that ends a case before
// CTest kills the test, and attaches their Traces. By solution, the workloads of one solution are
// one test, <definition>/<solution>, which has the time of all.
std::string ctest_script(const std::vector<Case>& cases, const CtestScriptOptions& options);

// What the runner allows itself of a CTest timeout: enough less to kill the case and record it.
double deadline_within(double timeout_seconds);

// Text as one argument of a CMake command, whatever it holds: a bracket argument.
std::string cmake_argument(const std::string& text);

}  // namespace fitest
