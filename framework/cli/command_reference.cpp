// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "run/reference_profile.h"
#include "run/single_workload.h"
#include "tensor/safetensors.h"

namespace fitest {
namespace {

struct ReferenceCommand {
  std::string root;
  std::string definition;
  std::string workload;
  std::string axes;
  std::string engine = "builtin";
  std::string output;
  std::uint64_t seed = 0;
  double deadline_seconds = 600;
  std::size_t memory_bytes = ReferenceOptions{}.memory_limit_bytes;
  bool profile = false;
};

// "a=1,b=2"
AxisValues parse_axes(const std::string& text) {
  AxisValues axes;
  for (const std::string& part : split(text, ',')) {
    const std::size_t equals = part.find('=');
    const auto value = equals == std::string::npos
                           ? std::nullopt
                           : parse_integer(trim(std::string_view(part).substr(equals + 1)));
    if (!value) {
      fail(ErrorKind::Usage,
           fmt::format("--axes '{}': expected name=integer[,name=integer…]", text));
    }
    axes[std::string(trim(std::string_view(part).substr(0, equals)))] = *value;
  }
  return axes;
}

int run_reference_command(const ReferenceCommand& command) {
  CaseFilter filter;
  filter.definitions = {command.definition};
  const Dataset dataset = load_dataset(command.root, filter, false);
  const Definition& definition = definition_named(dataset, command.definition);
  const Workload workload = command.workload.empty()
                                ? workload_of_axes(definition, parse_axes(command.axes))
                                : workload_named(dataset, definition, command.workload);
  const InputRequest request{definition, workload, command.root, command.seed, 0};
  const std::vector<NamedTensor> inputs = make_inputs(request);
  check_constraints(request, inputs);
  ReferenceOptions options;
  options.engine = command.engine == "torch" ? ReferenceChoice::Torch : ReferenceChoice::Builtin;
  options.use_cache = false;
  options.time_limit_seconds = command.deadline_seconds;
  options.memory_limit_bytes = command.memory_bytes;
  pytorch::Profile profile;
  if (command.profile) options.profile = &profile;
  const ReferenceResult result = compute_reference(request, inputs, options);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const NamedTensor& output : result.outputs) {
    std::cout << fmt::format("{}  {} {}\n", output.name, name_of(output.tensor.dtype()),
                             to_string(output.tensor.shape()));
    tensors.emplace_back(output.name, output.tensor);
  }
  if (command.profile)
    std::cout << reference_profile_table(profile, *definition.reference_source) << '\n';
  const std::string engine =
      result.engine + (result.hardware.empty() ? "" : " on " + result.hardware);
  std::cout << fmt::format("{} in {:.3f} ms", engine, result.milliseconds);
  if (!command.output.empty()) {
    write_safetensors(command.output, tensors, {{"engine", result.engine}});
    std::cout << " -> " << command.output;
  }
  std::cout << '\n';
  return kExitPass;
}

}  // namespace

void add_reference_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ReferenceCommand>();
  CLI::App* command = app.add_subcommand("reference", "Run a Definition's reference alone");
  command->add_option("DATASET", options->root, "Dataset root")->required();
  command->add_option("--definition", options->definition, "Its name")->required();
  auto* workload = command->add_option("--workload", options->workload, "Prefix of a uuid");
  auto* axes = command->add_option("--axes", options->axes, "a=1,b=2; every input is random");
  workload->excludes(axes);
  command->add_option("--engine", options->engine, "Reference engine")
      ->check(CLI::IsMember({"builtin", "torch"}))
      ->capture_default_str();
  auto* output =
      command->add_option("--output", options->output, "safetensors file for the outputs");
  auto* profile =
      command->add_flag("--profile", options->profile,
                        "Show the time of every line and operator of the builtin engine");
  command->add_option("--seed", options->seed, "Seed of generated inputs")->capture_default_str();
  command
      ->add_option("--reference-timeout,--deadline", options->deadline_seconds,
                   "Seconds that it may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--reference-memory", options->memory_bytes,
                   "Memory that the builtin engine may use, as 512MiB or 8GiB")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber)
      ->default_str("16GiB");
  command->callback([options, workload, axes, output, profile, &chosen] {
    if (workload->count() + axes->count() == 0) {
      throw CLI::RequiredError("one of --workload and --axes");
    }
    if (output->count() + profile->count() == 0) {
      throw CLI::RequiredError("one of --output and --profile");
    }
    if (options->profile && options->engine != "builtin") {
      throw CLI::ValidationError("--profile", "needs --engine builtin");
    }
    chosen = [options] { return run_reference_command(*options); };
  });
}

}  // namespace fitest
