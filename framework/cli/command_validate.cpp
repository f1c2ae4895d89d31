// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "pytorch/engine.h"
#include "schema/validate.h"

namespace fitest {
namespace {

struct ValidateOptions {
  std::string root;
  bool quiet = false;
};

// What the builtin engine's parser says of the references: errors in their text, and, as warnings,
// syntax that it lacks.
void check_references(const Dataset& dataset, bool quiet, ValidationSummary& summary) {
  for (const Definition& definition : dataset.definitions) {
    try {
      pytorch::parse_reference(definition.reference_source);
    } catch (const Error& error) {
      const bool is_warning = error.kind() == ErrorKind::Unsupported;
      ++(is_warning ? summary.warnings : summary.errors);
      if (!is_warning || !quiet) std::cerr << error.what() << '\n';
    }
  }
}

int validate(const ValidateOptions& options) {
  const Dataset dataset = read_dataset(options.root);
  ValidationSummary summary = summarize(dataset);
  for (const Diagnostic& diagnostic : dataset.diagnostics.list()) {
    if (options.quiet && diagnostic.severity == Severity::Warning) continue;
    std::cerr << render(diagnostic);
  }
  check_references(dataset, options.quiet, summary);
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
