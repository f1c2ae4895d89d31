// SPDX-License-Identifier: Apache-2.0
#include <fitest/suite.h>
#include <fmt/format.h>

#include "base/error.h"
#include "cuda/ctest_reservation.h"
#include "run/plan.h"
#include "run/report.h"
#include "run/supervise.h"
#include "run/trace_properties.h"

namespace fitest {
namespace {

CaseFilter filter_of(const SuiteOptions& options) {
  CaseFilter filter;
  filter.definitions = options.definitions;
  filter.solutions = options.solutions;
  filter.workloads = options.workloads;
  filter.tier = options.tier;
  return filter;
}

void check_choice(const char* option, const std::string& value,
                  const std::vector<std::string>& choices) {
  for (const std::string& choice : choices) {
    if (value == choice) return;
  }
  fail(ErrorKind::Usage, fmt::format("SuiteOptions::{} is \"{}\"; expected {} or {}", option, value,
                                     choices[0], choices[1]));
}

RunOptions run_options(const SuiteOptions& options) {
  check_choice("policy", options.policy, {"strict", "compat"});
  if (!options.tier.empty()) check_choice("tier", options.tier, {"quick", "full"});
  check_device_name(options.device);
  RunOptions run;
  run.root = options.dataset;
  run.device.name = options.device;
  run.policy = options.policy == "compat" ? Policy::Compat : Policy::Strict;
  run.deadline_seconds = options.timeout_seconds;
  run.reference.time_limit_seconds = options.timeout_seconds;
  if (!options.config.empty()) {
    run.config = ConfigSource::read(options.config);
    run.config_given = true;
  }
  return run;
}

Dataset read_filtered(const SuiteOptions& options, const CaseFilter& filter) {
  DatasetFilter needed;
  needed.definition = [&](const std::string& name) { return filter.selects_definition(name); };
  return read_dataset(options.dataset, needed);
}

std::vector<SuiteCase> list_cases(const std::vector<Case>& planned) {
  std::vector<SuiteCase> cases;
  cases.reserve(planned.size());
  for (const Case& one : planned) {
    cases.push_back({one.definition->name, one.solution->name, one.workload_prefix,
                     one.solution->source->name()});
  }
  return cases;
}

}  // namespace

struct Suite::State {
  explicit State(const SuiteOptions& options)
      : run(run_options(options)),
        trace_dir(options.trace_dir),
        fork(options.fork),
        dataset(read_filtered(options, filter_of(options))),
        planned(plan_cases(dataset, filter_of(options))),
        cases(list_cases(planned)),
        problems(dataset.diagnostics.ok() ? "" : dataset.diagnostics.render_all()) {}

  RunOptions run;
  std::filesystem::path trace_dir;
  bool fork;
  Dataset dataset;
  std::vector<Case> planned;  // points into `dataset`
  std::vector<SuiteCase> cases;
  std::string problems;
};

Suite::Suite(const SuiteOptions& options) {
  cuda::bind_reserved_gpus();
  state_ = std::make_shared<const State>(options);
}

const std::vector<SuiteCase>& Suite::cases() const {
  return state_->cases;
}

const std::string& Suite::problems() const {
  return state_->problems;
}

CaseOutcome Suite::run(std::size_t index) const {
  const Case& planned = state_->planned.at(index);
  const std::filesystem::path trace = state_->trace_dir / planned.trace_path();
  const CaseResult result = state_->fork ? run_supervised(planned, state_->run, trace)
                                         : run_unsupervised(planned, state_->run, trace);
  CaseOutcome outcome;
  outcome.properties = trace_properties(result.trace);
  for (auto& property : outcome.properties) {
    // GoogleTest keeps this name for itself.
    if (property.first == "status") property.first = "verdict";
  }
  outcome.properties.emplace_back("trace", std::filesystem::absolute(trace).string());
  outcome.text = result.skipped ? *result.skipped : console_lines(planned, result);
  outcome.status = result.skipped            ? CaseStatus::Skipped
                   : result.exit_code() == 0 ? CaseStatus::Passed
                                             : CaseStatus::Failed;
  return outcome;
}

}  // namespace fitest
