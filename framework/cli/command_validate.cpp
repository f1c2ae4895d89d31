// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "schema/validate.h"

namespace fitest {
namespace {

struct ValidateOptions {
  std::string root;
  bool quiet = false;
};

int validate(const ValidateOptions& options) {
  const ValidationSummary summary = validate_dataset(options.root);
  for (const Diagnostic& diagnostic : summary.diagnostics.list()) {
    if (options.quiet && diagnostic.severity == Severity::Warning) continue;
    std::cerr << render(diagnostic);
  }
  if (summary.warnings > 0) std::cout << fmt::format("{} warnings\n", summary.warnings);
  std::cout << summary_line(summary) << '\n';
  return summary.errors == 0 ? kExitPass : kExitFail;
}

}  // namespace

void add_validate_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = app.add_subcommand("validate", "Check every document of a dataset");
  command->add_option("DATASET", options->root, "Dataset root")->required();
  command->add_flag("-q,--quiet", options->quiet, "Show errors only");
  command->footer("Exit codes: 0 no error, 1 errors, 2 wrong usage.");
  command->callback([options, &chosen] { chosen = [options] { return validate(*options); }; });
}

}  // namespace fitest
