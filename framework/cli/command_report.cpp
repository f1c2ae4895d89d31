// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>

#include "base/file.h"
#include "cli/command.h"
#include "document/document.h"
#include "run/ci_reports.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGitlabFile = "gl-code-quality-report.json";

struct ReportOptions {
  std::string traces;
  std::string dataset;
  std::string junit;
  CaseFilter filter;
};

ReportedCase reported_from(Trace trace) {
  const Value* uuid = trace.workload.find("uuid");
  return {trace.definition, trace.solution,
          uuid != nullptr && uuid->is_string() ? uuid->string() : "", std::move(trace), ""};
}

// Every Trace below the folder, in the order of their paths.
std::vector<ReportedCase> read_traces(const std::string& folder) {
  if (!fs::is_directory(folder)) {
    fail(ErrorKind::Usage, fmt::format("{}: there is no such folder of Traces", folder));
  }
  std::set<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.insert(entry.path());
  }
  if (files.empty()) fail(ErrorKind::Usage, fmt::format("{} holds no Trace", folder));
  Diagnostics diagnostics;
  std::vector<ReportedCase> cases;
  for (const fs::path& file : files) {
    auto trace = read_trace(read_document(file, diagnostics), diagnostics);
    if (trace) cases.push_back(reported_from(*std::move(trace)));
  }
  diagnostics.throw_if_errors();
  return cases;
}

// The dataset says which cases there should be, and where their sources are.
std::vector<ReportedCase> join_dataset(const std::vector<ReportedCase>& traces,
                                       const ReportOptions& options) {
  const Dataset dataset = load_dataset(options.dataset, options.filter, false);
  std::vector<ReportedCase> cases;
  for (const Case& planned : plan_cases(dataset, options.filter)) {
    ReportedCase reported{planned.definition->name, planned.solution->name, planned.workload->uuid,
                          std::nullopt, ""};
    const auto found = std::find_if(traces.begin(), traces.end(), [&](const ReportedCase& trace) {
      return trace.definition == reported.definition && trace.solution == reported.solution &&
             trace.workload == reported.workload;
    });
    if (found != traces.end()) reported.trace = found->trace;
    const fs::path document(planned.solution->source->name());
    reported.source_folder = document.lexically_normal().parent_path().string();
    cases.push_back(std::move(reported));
  }
  return cases;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && std::string(value) == "true";
}

int report(const ReportOptions& options) {
  std::vector<ReportedCase> cases = read_traces(options.traces);
  if (!options.dataset.empty()) cases = join_dataset(cases, options);
  if (!options.junit.empty()) write_file_atomically(options.junit, junit_xml(cases));
  if (is_set("GITHUB_ACTIONS")) std::cout << github_annotations(cases);
  if (is_set("GITLAB_CI")) {
    write_file_atomically(kGitlabFile, gitlab_code_quality(cases));
    std::cout << fmt::format("wrote {}\n", kGitlabFile);
  }
  std::cout << fmt::format("{} cases reported\n", cases.size());
  return kExitPass;
}

}  // namespace

void add_report_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand("report", "Tell continuous integration about Traces");
  command->add_option("TRACES", options->traces, "Folder of Traces")->required();
  command->add_option("--junit", options->junit, "Write JUnit XML to this file");
  command->add_option("--dataset", options->dataset,
                      "Dataset root: its cases without a Trace are reported as not run");
  add_filter_options(*command, options->filter);
  command->footer(
      "With GITHUB_ACTIONS=true, failures are printed as annotations; with GITLAB_CI=true they "
      "are\n"
      "written to gl-code-quality-report.json. Exit codes: 0 reported, 1 a Trace is broken, 2 "
      "wrong\n"
      "usage: what failed is in the report.");
  command->callback([options, &chosen] { chosen = [options] { return report(*options); }; });
}

}  // namespace fitest
