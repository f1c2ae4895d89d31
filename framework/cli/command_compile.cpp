// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/file.h"
#include "cli/command.h"
#include "run/compile_case.h"

namespace fitest {
namespace {

struct CompileCommand {
  std::string root;
  CaseFilter filter;
  std::string target = "compute_80";
  std::string output;
};

int compile_command(const CompileCommand& command) {
  const Dataset dataset = load_dataset(command.root, command.filter, false);
  const std::vector<Case> cases = plan_cases(dataset, command.filter);
  if (cases.size() != 1) {
    fail(ErrorKind::Usage,
         fmt::format("{} cases of {} are selected instead of one; name its --definition, "
                     "--solution and --workload",
                     cases.size(), command.root));
  }
  if (!cases.front().solution->launch) {
    fail(ErrorKind::Usage,
         fmt::format("solution '{}' has no launch plan: fitest does not compile it",
                     cases.front().solution->name));
  }
  const CompileResult result = compile_case(cases.front(), command.root, command.target);
  std::cerr << result.log;
  if (!result.succeeded) return kExitFail;
  if (command.output.empty()) {
    std::cout << result.code;
  } else {
    write_file_atomically(command.output, result.code);
  }
  return kExitPass;
}

}  // namespace

void add_compile_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<CompileCommand>();
  CLI::App* command = app.add_subcommand("compile", "Print the PTX of one case's kernels");
  command->add_option("DATASET", options->root, "Dataset root")->required();
  add_filter_options(*command, options->filter);
  command->add_option("--target", options->target, "compute_80 for PTX, sm_90a for a cubin")
      ->capture_default_str();
  command->add_option("--output", options->output, "Write it to this file");
  command->footer("Exit codes: 0 compiled, 1 it does not compile, 2 wrong usage.");
  command->callback(
      [options, &chosen] { chosen = [options] { return compile_command(*options); }; });
}

}  // namespace fitest
