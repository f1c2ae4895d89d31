// SPDX-License-Identifier: Apache-2.0
// The `fitest` program: parses the command line and runs one subcommand.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "base/error.h"
#include "cli/command.h"

namespace {

int exit_code_of(const fitest::Error& error) {
  return error.kind() == fitest::ErrorKind::Usage ? fitest::kExitUsage : fitest::kExitFail;
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
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? fitest::kExitPass : fitest::kExitUsage;
  }
  try {
    return chosen();
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
