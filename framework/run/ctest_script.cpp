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

// Cases that one test runs, all of one Definition and one Solution.
using Group = std::vector<const Case*>;

std::vector<std::string> traces_of(const Group& group, const CtestScriptOptions& options) {
  std::vector<std::string> traces;
  for (const Case* planned : group) {
    traces.push_back(
        (std::filesystem::path(options.trace_folder) / planned->trace_path()).string());
  }
  return traces;
}

std::vector<std::string> command_of(const Group& group, const CtestScriptOptions& options) {
  const Case& first = *group.front();
  std::vector<std::string> command = options.launcher;
  command.insert(command.end(),
                 {options.program, "run", options.dataset, "--definition=" + first.definition->name,
                  "--solution=" + first.solution->name});
  for (const Case* planned : group) command.push_back("--workload=" + planned->workload->uuid);
  if (options.group_by == GroupBy::Case) {
    command.push_back("--trace=" + traces_of(group, options).front());
  } else {
    command.push_back("--trace-dir=" + options.trace_folder);
  }
  command.push_back(fmt::format("--deadline={:g}", deadline_within(options.timeout_seconds)));
  command.emplace_back("--ctest");
  command.insert(command.end(), options.run_arguments.begin(), options.run_arguments.end());
  return command;
}

// A semicolon would end a label: CTest's lists know no quotes inside.
std::string label_list(const Group& group, const CtestScriptOptions& options) {
  std::vector<std::string> labels = {"kernel"};
  const auto add = [&](const std::vector<std::string>& more) {
    for (const std::string& label : more) {
      if (std::find(labels.begin(), labels.end(), label) == labels.end()) labels.push_back(label);
    }
  };
  for (const Case* planned : group) add(planned->labels());
  add(options.labels);
  for (std::string& label : labels) std::replace(label.begin(), label.end(), ';', ',');
  return join(labels, ";");
}

// Few properties: CTest looks through all tests for each (research/ctest.md §3.1).
std::string test_of(const Group& group, const CtestScriptOptions& options) {
  const Case& first = *group.front();
  const bool by_case = options.group_by == GroupBy::Case;
  const std::string name = cmake_argument(
      options.prefix +
      (by_case ? first.name() : first.definition->name + "/" + first.solution->name));
  std::string text = "add_test(" + name;
  for (const std::string& argument : command_of(group, options)) {
    text += ' ' + cmake_argument(argument);
  }
  const auto property = [&text](const char* key, const std::string& value) {
    text += fmt::format(" {} {}", key, cmake_argument(value));
  };
  text += fmt::format(")\nset_tests_properties({} PROPERTIES TIMEOUT {:g} SKIP_RETURN_CODE {}",
                      name, options.timeout_seconds * static_cast<double>(group.size()), kSkipCode);
  property("LABELS", label_list(group, options));
  property("ATTACHED_FILES", join(traces_of(group, options), ";"));
  property("MEASUREMENT", "definition=" + first.definition->name);
  property("MEASUREMENT", "solution=" + first.solution->name);
  if (by_case) property("MEASUREMENT", "workload=" + first.workload->uuid);
  if (!options.resource_groups.empty()) property("RESOURCE_GROUPS", options.resource_groups);
  for (const std::string& word : options.properties) text += ' ' + cmake_argument(word);
  return text + ")\n";
}

// Cases come sorted by definition and solution.
std::vector<Group> groups_of(const std::vector<Case>& cases, GroupBy group_by) {
  std::vector<Group> groups;
  for (const Case& planned : cases) {
    const bool joins = group_by == GroupBy::Solution && !groups.empty() &&
                       groups.back().front()->solution == planned.solution;
    if (!joins) groups.emplace_back();
    groups.back().push_back(&planned);
  }
  return groups;
}

}  // namespace

std::string ctest_script(const std::vector<Case>& cases, const CtestScriptOptions& options) {
  std::string text;
  for (const Group& group : groups_of(cases, options.group_by)) text += test_of(group, options);
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
