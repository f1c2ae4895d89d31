// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include "base/temporary_folder.h"
#include "cli/command.h"
#include "run/compile_case.h"
#include "run/report.h"
#include "run/selection.h"
#include "run/supervise.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kDeadlineSeconds = 60;

struct HookOptions {
  std::string root = ".";
  std::vector<std::string> files;
  std::vector<std::string> targets = {"compute_80"};
  std::string checks = "all";
};

bool can_compile(const Solution& solution) {
  return solution.launch.has_value();
}

double size_of(const Workload& workload) {
  double size = 1;
  for (const auto& [name, value] : workload.axes) size *= std::max(1.0, static_cast<double>(value));
  return size;
}

// Files come relative to the current folder, as git and pre-commit give them.
std::vector<fs::path> inside(const std::string& root, const std::vector<std::string>& files) {
  std::vector<fs::path> names;
  names.reserve(files.size());
  for (const std::string& file : files) {
    names.push_back(fs::absolute(file).lexically_normal().lexically_relative(
        fs::absolute(root).lexically_normal()));
  }
  return names;
}

// Of each solution that the files touch, the case with the fewest elements.
std::vector<Case> smallest_touched(const Dataset& dataset, const HookOptions& options) {
  std::map<const Solution*, Case> smallest;
  std::vector<const Solution*> order;
  const std::vector<Case> cases =
      touched_cases(plan_cases(dataset, {}), options.root, inside(options.root, options.files));
  for (const Case& planned : cases) {
    if (!can_compile(*planned.solution)) continue;
    const auto [entry, added] = smallest.try_emplace(planned.solution, planned);
    if (added) order.push_back(planned.solution);
    if (size_of(*planned.workload) < size_of(*entry->second.workload)) entry->second = planned;
  }
  std::vector<Case> chosen;
  chosen.reserve(order.size());
  for (const Solution* solution : order) chosen.push_back(smallest.at(solution));
  return chosen;
}

int hook_compile(const HookOptions& options) {
  const Dataset dataset = load_dataset(options.root, {}, false);
  bool failed = false;
  for (const Case& planned : smallest_touched(dataset, options)) {
    for (const std::string& target : options.targets) {
      const CompileResult result = compile_case(planned, options.root, target);
      std::cout << fmt::format("{}  {} for {}\n", result.succeeded ? "compiles" : "FAILS   ",
                               planned.solution->name, target);
      if (!result.succeeded) std::cout << result.log << '\n';
      failed = failed || !result.succeeded;
    }
  }
  return failed ? kExitFail : kExitPass;
}

int hook_check(const HookOptions& options) {
  check_request({"virtual", options.checks});
  const Dataset dataset = load_dataset(options.root, {}, false);
  RunOptions run;
  run.root = options.root;
  run.device = {"virtual", options.checks};
  run.deadline_seconds = kDeadlineSeconds;
  const TemporaryFolder traces;  // a hook keeps no Trace
  bool failed = false;
  for (const Case& planned : smallest_touched(dataset, options)) {
    const CaseResult result = run_supervised(planned, run, traces.path() / planned.trace_path());
    std::cout << console_lines(planned, result);
    failed = failed || result.exit_code() == kExitFail;
  }
  return failed ? kExitFail : kExitPass;
}

CLI::App* add_hook(CLI::App& hooks, HookOptions& options, const char* name, const char* help) {
  CLI::App* hook = hooks.add_subcommand(name, help);
  hook->add_option("--dataset", options.root, "Dataset root")->capture_default_str();
  hook->add_option("FILES", options.files, "Changed files")->required();
  return hook;
}

}  // namespace

void add_hook_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<HookOptions>();
  CLI::App* hooks = app.add_subcommand("hook", "What a commit hook does with changed files");
  hooks->require_subcommand(1);
  CLI::App* compiling =
      add_hook(*hooks, *options, "compile", "Compile the solutions that they touch");
  compiling->add_option("--target", options->targets, "compute_80, sm_90a, …; more than one")
      ->allow_extra_args(false)
      ->capture_default_str();
  compiling->callback(
      [options, &chosen] { chosen = [options] { return hook_compile(*options); }; });
  CLI::App* checking =
      add_hook(*hooks, *options, "check", "Run the smallest case of each on the virtual device");
  checking->add_option("--check", options->checks, "Checks, as for `fitest run`")
      ->capture_default_str();
  checking->callback([options, &chosen] { chosen = [options] { return hook_check(*options); }; });
  hooks->footer("Exit codes: 0 good, or nothing to do; 1 a solution is bad; 2 wrong usage.");
}

}  // namespace fitest
