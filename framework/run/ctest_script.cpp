// SPDX-License-Identifier: Apache-2.0
#include "run/ctest_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace fitest {
namespace {

// Exit code by which the runner says that a case could not be tried here.
constexpr int kSkipCode = 77;

std::vector<std::string> command_of(const Case& planned, const CtestScriptOptions& options,
                                    const std::string& trace) {
  std::vector<std::string> command = {
      options.program,
      "run",
      options.dataset,
      "--definition=" + planned.definition->name,
      "--solution=" + planned.solution->name,
      "--workload=" + planned.workload->uuid,
      "--trace=" + trace,
      fmt::format("--deadline={:g}", deadline_within(options.timeout_seconds)),
      "--ctest"};
  command.insert(command.end(), options.run_arguments.begin(), options.run_arguments.end());
  return command;
}

// A semicolon would end a label: CTest's lists know no quotes inside.
std::string label_list(const Case& planned, const CtestScriptOptions& options) {
  std::vector<std::string> labels = {"kernel"};
  const std::vector<std::string> own = planned.labels();
  labels.insert(labels.end(), own.begin(), own.end());
  labels.insert(labels.end(), options.labels.begin(), options.labels.end());
  for (std::string& label : labels) std::replace(label.begin(), label.end(), ';', ',');
  return join(labels, ";");
}

// Few properties: CTest looks through all tests for each (research/ctest.md §3.1).
std::string test_of(const Case& planned, const CtestScriptOptions& options) {
  const std::string trace =
      (std::filesystem::path(options.trace_folder) / planned.trace_path()).string();
  const std::string name = cmake_argument(options.prefix + planned.name());
  std::string text = "add_test(" + name;
  for (const std::string& argument : command_of(planned, options, trace)) {
    text += ' ' + cmake_argument(argument);
  }
  const auto measurement = [](const std::string& key, const std::string& value) {
    return " MEASUREMENT " + cmake_argument(key + "=" + value);
  };
  text += fmt::format(
      ")\nset_tests_properties({} PROPERTIES TIMEOUT {:g} SKIP_RETURN_CODE {} LABELS {} "
      "ATTACHED_FILES {}",
      name, options.timeout_seconds, kSkipCode, cmake_argument(label_list(planned, options)),
      cmake_argument(trace));
  text += measurement("definition", planned.definition->name);
  text += measurement("solution", planned.solution->name);
  text += measurement("workload", planned.workload->uuid);
  return text + ")\n";
}

}  // namespace

std::string ctest_script(const std::vector<Case>& cases, const CtestScriptOptions& options) {
  std::string text;
  for (const Case& planned : cases) text += test_of(planned, options);
  return text;
}

double deadline_within(double timeout_seconds) {
  const double reserve = std::clamp(timeout_seconds * 0.1, 1.0, 15.0);
  return std::max(timeout_seconds - reserve, timeout_seconds * 0.5);
}

std::string cmake_argument(const std::string& text) {
  std::string fence;
  while ((text + "]").find("]" + fence + "]") != std::string::npos) fence += '=';
  // CMake drops a newline right after the opening bracket.
  const std::string guard = text.starts_with('\n') ? "\n" : "";
  return "[" + fence + "[" + guard + text + "]" + fence + "]";
}

}  // namespace fitest
