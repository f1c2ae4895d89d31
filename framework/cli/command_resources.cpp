// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/command.h"
#include "cuda/device_choice.h"
#include "cuda/driver.h"
#include "run/resource_spec.h"

namespace fitest {
namespace {

int print_resources() {
  const cuda::Driver& driver = cuda::installed_driver();
  if (!driver.usable()) {
    std::cerr << "no GPU: " << driver.problem << '\n';
    return kExitPass;
  }
  const std::string spec = resource_spec(cuda::list_devices(driver.api));
  if (spec.empty()) std::cerr << "no GPU: the NVIDIA driver shows none\n";
  std::cout << spec;
  return kExitPass;
}

}  // namespace

void add_resources_command(CLI::App& app, Action& chosen) {
  CLI::App* command = app.add_subcommand(
      "resources", "Print the GPUs that this process may use as CTest's resource specification");
  command->footer("Prints nothing on a machine without a GPU. Exit code: 0.");
  command->callback([&chosen] { chosen = print_resources; });
}

}  // namespace fitest
