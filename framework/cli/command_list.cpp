// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "document/document.h"
#include "run/ctest_script.h"
#include "run/selection.h"

namespace fitest {
namespace {

struct ListOptions {
  std::string root;
  CaseFilter filter;
  bool json = false;
  bool ctest = false;
  bool verbose = false;
  std::string shard;
  std::string changed_since;
  CtestScriptOptions script;
};

Value json_of(const Case& planned) {
  Value::Array labels;
  for (const std::string& label : planned.labels()) labels.emplace_back(label);
  return Value::Object{{"name", Value(planned.name())},
                       {"definition", Value(planned.definition->name)},
                       {"solution", Value(planned.solution->name)},
                       {"workload", Value(planned.workload->uuid)},
                       {"labels", Value(std::move(labels))}};
}

// Definitions that no case covers are shown too, so that nothing seems lost.
void print_uncovered(const Dataset& dataset, const CaseFilter& filter,
                     const std::vector<Case>& cases) {
  std::map<std::string, std::size_t> covered;
  for (const Case& planned : cases) ++covered[planned.definition->name];
  std::map<std::string, std::size_t> workloads;
  for (const Workload& workload : dataset.workloads) ++workloads[workload.definition];
  for (const Definition& definition : dataset.definitions) {
    if (covered.contains(definition.name) || !filter.selects(definition)) continue;
    std::cout << fmt::format("{}  ({} workloads, no case)\n", definition.name,
                             workloads[definition.name]);
  }
}

struct Selection {
  std::vector<Case> cases;
  std::string summary;  // "shard 1/3: 12 of 40 cases"; empty when nothing is left out
};

// What this machine and this change need.
Selection select_cases(std::vector<Case> cases, const ListOptions& options) {
  const std::size_t total = cases.size();
  std::vector<std::string> reasons;
  if (!options.changed_since.empty()) {
    const std::filesystem::path root = options.root;
    cases = touched_cases(cases, root, changed_files(root, options.changed_since));
    reasons.push_back("changed since " + options.changed_since);
  }
  if (!options.shard.empty()) {
    const Shard shard = parse_shard(options.shard);
    std::erase_if(cases, [&](const Case& planned) { return !in_shard(planned.name(), shard); });
    reasons.push_back("shard " + options.shard);
  }
  if (reasons.empty()) return {std::move(cases), ""};
  std::string summary = fmt::format("{}: {} of {} cases", join(reasons, ", "), cases.size(), total);
  return {std::move(cases), std::move(summary)};
}

// A broken document does not hide the other documents' cases: it becomes a failing test of its own.
int print_ctest_script(const ListOptions& options) {
  const Dataset dataset = read_selected(options.root, options.filter);
  const Selection selection = select_cases(plan_cases(dataset, options.filter), options);
  if (!selection.summary.empty()) {
    std::cout << "message(" << cmake_argument("fitest: " + selection.summary) << ")\n";
  }
  if (!dataset.diagnostics.ok()) {
    std::cout << "fitest_add_sentinel(INVALID " << cmake_argument(dataset.diagnostics.render_all())
              << ")\n";
  }
  CtestScriptOptions script = options.script;
  script.program = std::filesystem::canonical("/proc/self/exe").string();
  script.dataset = std::filesystem::absolute(options.root).string();
  script.trace_folder = std::filesystem::absolute(script.trace_folder).string();
  std::cout << ctest_script(selection.cases, script);
  return kExitPass;
}

int list(const ListOptions& options) {
  if (options.ctest) return print_ctest_script(options);
  const Dataset dataset = load_dataset(options.root, options.filter, options.verbose);
  const Selection selection = select_cases(plan_cases(dataset, options.filter), options);
  const std::vector<Case>& cases = selection.cases;
  if (options.json) {
    Value::Array rows;
    for (const Case& planned : cases) rows.push_back(json_of(planned));
    std::cout << write_json(Value(std::move(rows))) << '\n';
    return kExitPass;
  }
  for (const Case& planned : cases) std::cout << planned.name() << '\n';
  if (selection.summary.empty()) {
    print_uncovered(dataset, options.filter, cases);
  } else {
    std::cout << selection.summary << '\n';
  }
  std::cout << fmt::format("{} definitions, {} workloads, {} solutions, {} cases\n",
                           dataset.definitions.size(), dataset.workloads.size(),
                           dataset.solutions.size(), cases.size());
  return kExitPass;
}

void add_script_options(CLI::App& command, ListOptions& options) {
  const char* group = "CTest script";
  command.add_flag("--ctest", options.ctest, "Print add_test() commands for CTest to include")
      ->group(group);
  command.add_option("--trace-dir", options.script.trace_folder, "Folder for one Trace a case")
      ->group(group);
  command
      .add_option("--timeout", options.script.timeout_seconds, "Seconds that CTest gives a case")
      ->check(CLI::PositiveNumber)
      ->group(group);
  const std::map<std::string, GroupBy> groups = {{"case", GroupBy::Case},
                                                 {"solution", GroupBy::Solution}};
  command.add_option("--group-by", options.script.group_by, "One test for each case or solution")
      ->transform(CLI::CheckedTransformer(groups))
      ->group(group);
  command.add_option("--launcher", options.script.launcher, "A word before the program's name")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--property", options.script.properties, "A test property: name, then value")
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--resource-groups", options.script.resource_groups,
                  "What CTest reserves for each test: 1,gpus:25")
      ->group(group);
  command.add_option("--prefix", options.script.prefix, "Of every test name")->group(group);
  command.add_option("--label", options.script.labels, "A further label")
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--run-argument", options.script.run_arguments, "Passed to `fitest run`")
      ->allow_extra_args(false)
      ->group(group);
}

}  // namespace

void add_list_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = app.add_subcommand("list", "List the cases of a dataset");
  command->add_option("DATASET", options->root, "Dataset root")->required();
  add_filter_options(*command, options->filter);
  command->add_option("--shard", options->shard, "i/n: the i-th of n parts of the cases")
      ->envname("FITEST_SHARD");
  command
      ->add_option("--changed-since", options->changed_since,
                   "Only cases that differ from this git revision")
      ->envname("FITEST_CHANGED_SINCE");
  command->add_flag("--json", options->json, "Print a JSON array of cases");
  command->add_flag("-v,--verbose", options->verbose, "Show warnings about the dataset");
  add_script_options(*command, *options);
  command->callback([options, &chosen] { chosen = [options] { return list(*options); }; });
}

}  // namespace fitest
