// SPDX-License-Identifier: Apache-2.0
// A subcommand of `fitest`: its options, and what it does.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "run/plan.h"
#include "run/run_case.h"

namespace CLI {
class App;
}

namespace fitest {

// Exit codes of every subcommand.
inline constexpr int kExitPass = 0;
inline constexpr int kExitFail = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitSkip = 77;

// Adds the subcommand; `chosen` becomes its action when the user names it.
using Action = std::function<int()>;
void add_list_command(CLI::App& app, Action& chosen);
void add_validate_command(CLI::App& app, Action& chosen);
void add_run_command(CLI::App& app, Action& chosen);
void add_compile_command(CLI::App& app, Action& chosen);
void add_reference_command(CLI::App& app, Action& chosen);
void add_hook_command(CLI::App& app, Action& chosen);
void add_report_command(CLI::App& app, Action& chosen);
void add_resources_command(CLI::App& app, Action& chosen);
void add_doctor_command(CLI::App& app, Action& chosen);

// --definition --solution --workload --op-type --author --tier.
void add_filter_options(CLI::App& command, CaseFilter& filter);

// Reads the definitions that the filter names, and what belongs to them; problems stay in
// Dataset.diagnostics.
Dataset read_selected(const std::string& root, const CaseFilter& filter);

// The same. Warnings go to stderr in verbose mode; errors always, and end in
// an Error.
Dataset load_dataset(const std::string& root, const CaseFilter& filter, bool verbose);

}  // namespace fitest
