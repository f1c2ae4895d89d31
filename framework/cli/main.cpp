// SPDX-License-Identifier: Apache-2.0
// The `fitest` program: parses the command line and runs one subcommand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"

namespace {

int exit_code_of(const fitest::Error& error) {
  return error.kind() == fitest::ErrorKind::Usage ? fitest::kExitUsage : fitest::kExitFail;
}

// CLI11 would only say that some subcommand is required.
void check_subcommand(const CLI::App& app, const std::string& word) {
  const std::vector<const CLI::App*> commands = app.get_subcommands({});
  std::vector<std::string> names(commands.size());
  std::transform(commands.begin(), commands.end(), names.begin(),
                 [](const CLI::App* command) { return command->get_name(); });
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  const auto meant = fitest::nearest(word, names);
  fitest::fail(fitest::ErrorKind::Usage,
               "there is no command '" + word + "'" +
                   (meant ? "; did you mean '" + *meant + "'?"
                          : ": expected one of " + fitest::join(names, ", ")));
}

int run(int argc, char** argv) {
  CLI::App app{"Tests GPU kernels the way CTest tests programs.", "fitest"};
  app.set_version_flag("--version", std::string("fitest ") + FITEST_VERSION);
  app.require_subcommand(1);
  fitest::Action chosen;
  fitest::add_list_command(app, chosen);
  fitest::add_validate_command(app, chosen);
  fitest::add_run_command(app, chosen);
  fitest::add_compile_command(app, chosen);
  fitest::add_reference_command(app, chosen);
  fitest::add_report_command(app, chosen);
  fitest::add_resources_command(app, chosen);
  fitest::add_hook_command(app, chosen);
  fitest::add_doctor_command(app, chosen);
  try {
    if (argc > 1 && argv[1][0] != '-') check_subcommand(app, argv[1]);
    app.parse(argc, argv);
    return chosen();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? fitest::kExitPass : fitest::kExitUsage;
  } catch (const fitest::Error& error) {
    std::cerr << error.what() << '\n';
    return exit_code_of(error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "fitest: " << error.what() << '\n';
  } catch (...) {
    std::cerr << "fitest: unknown error\n";
  }
  return fitest::kExitFail;
}
