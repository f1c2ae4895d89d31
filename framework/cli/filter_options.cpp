// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/command.h"

namespace fitest {

void add_filter_options(CLI::App& command, CaseFilter& filter) {
  // One value an option: the dataset may follow it.
  const auto add_list = [&](const char* name, std::vector<std::string>& list, const char* help) {
    return command.add_option(name, list, help)->allow_extra_args(false);
  };
  add_list("--definition", filter.definitions, "Definitions by name; globs")->type_name("GLOB");
  add_list("--solution", filter.solutions, "Solutions by name; globs")->type_name("GLOB");
  add_list("--workload", filter.workloads, "Workloads by a prefix of their uuid")
      ->type_name("UUID");
  add_list("--op-type", filter.op_types, "Definitions by op_type; globs")->type_name("GLOB");
  add_list("--author", filter.authors, "Solutions by author; globs")->type_name("GLOB");
  command.add_option("--tier", filter.tier, "Only workloads of this tier")
      ->check(CLI::IsMember({"quick", "full"}));
}

Dataset read_selected(const std::string& root, const CaseFilter& filter) {
  DatasetFilter needed;
  if (!filter.definitions.empty()) {
    needed.definition = [&](const std::string& name) { return filter.selects_definition(name); };
  }
  return read_dataset(root, needed);
}

Dataset load_dataset(const std::string& root, const CaseFilter& filter, bool verbose) {
  Dataset dataset = read_selected(root, filter);
  if (verbose) std::cerr << dataset.diagnostics.render_all();
  dataset.diagnostics.throw_if_errors();
  return dataset;
}

}  // namespace fitest
