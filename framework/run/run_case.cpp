// SPDX-License-Identifier: Apache-2.0
#include "run/run_case.h"

#include <fmt/format.h>

#include "compile/compiler.h"
#include "device/hardware.h"
#include "measure/sampler.h"
#include "run/compile_case.h"
#include "run/execution.h"
#include "run/inputs.h"
#include "run/profile.h"
#include "run/reference_timing.h"
#include "run/resolved_plan.h"
#include "run/timed_runs.h"
#include "run/trace_facts.h"
#include "tensor/safetensors.h"

namespace fitest {
namespace {

constexpr int kExitPass = 0;
constexpr int kExitFail = 1;
constexpr int kExitSkip = 77;
constexpr double kMedianPrecision = 0.005;
constexpr double kPrecisionBudgetMs = 8;  // a trial

// Why this solution cannot be tried by fitest at all.
std::optional<std::string> reason_to_skip(const Case& planned) {
  const EvaluatorKind evaluator = choose_evaluator(*planned.definition);
  if (evaluator == EvaluatorKind::Sampling) {
    return fmt::format("definition '{}' needs the {} evaluator, which fitest run cannot drive yet",
                       planned.definition->name, name_of(evaluator));
  }
  const Solution& solution = *planned.solution;
  if (solution.launch) return std::nullopt;
  if (solution.language == "cuda" && solution.binding == "nvrtc") return std::nullopt;
  return fmt::format(
      "solution '{}' has language '{}' and binding '{}': fitest runs "
      "language cuda with binding nvrtc and a launch plan; a host entry point needs "
      "flashinfer-bench",
      solution.name, solution.language, solution.binding.empty() ? "none" : solution.binding);
}

// An endless loop is a timeout, whoever noticed it first.
Status status_of(const Fault& fault) {
  // A GPU that stands still runs into the deadline.
  const bool endless = fault.kind == FaultKind::TimeLimit ||
                       fault.kind == FaultKind::BudgetExceeded || fault.kind == FaultKind::Deadlock;
  return endless ? Status::Timeout : Status::RuntimeError;
}

std::string compile_target(const DeviceProperties& device) {
  const char* prefix = device.kind == "virtual" ? "compute_" : "sm_";
  const char* suffix = device.kind != "virtual" && device.compute_major >= 9 ? "a" : "";
  return fmt::format("{}{}{}{}", prefix, device.compute_major, device.compute_minor, suffix);
}

// Adds the time of its life to a step's.
class StepClock {
 public:
  StepClock(TraceFacts& facts, const char* step) : facts_(facts), step_(step) {}
  StepClock(const StepClock&) = delete;
  StepClock& operator=(const StepClock&) = delete;
  ~StepClock() {
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - begin_;
    facts_.add_step(step_, taken.count());
  }

 private:
  TraceFacts& facts_;
  const char* step_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// Runs one case step by step; the first step that goes wrong decides the status.
class CaseRun {
 public:
  CaseRun(const Case& planned, const RunOptions& options) : case_(planned), options_(options) {}

  CaseResult run() {
    facts_.begin(case_, options_.policy, options_.seed);
    try {
      if (auto reason = reason_to_skip(case_)) return facts_.skipped(*reason);
      run_steps();
      if (skip_reason_) return facts_.skipped(*skip_reason_);
    } catch (const Error& error) {
      fail_with(error.kind() == ErrorKind::Compile ? Status::CompileError : Status::RuntimeError,
                error.what());
    } catch (const std::bad_alloc&) {
      fail_with(Status::RuntimeError, "out of host memory");
    }
    return facts_.finish(status_, message_);
  }

 private:
  void run_steps() {
    {
      const StepClock clock(facts_, "open_device");
      device_ = open_device(options_.device);
    }
    device_->set_deadline(
        std::chrono::steady_clock::now() +
        std::chrono::milliseconds(static_cast<std::int64_t>(options_.deadline_seconds * 1000)));
    facts_.device(device_->properties());
    reference_ = options_.reference;
    if (reference_.torch == nullptr) reference_.torch = &own_torch_;
    if (!is_virtual()) {
      reference_.gpu = {device_->properties().uuid, device_->properties().name};
    }
    if (is_virtual()) facts_.schedule(options_.device.schedule);
    config_ = options_.config.resolve(case_.definition->op_type, case_.definition->name);
    // Interpreting a kernel again gives the same bits; a user's config still decides.
    if (is_virtual() && !options_.config_given) {
      config_.num_trials = 1;
      config_.warmup_runs = 0;
      config_.iterations = 1;
    }
    if (!options_.timed) config_.num_trials = 1;
    for (int trial = 0; trial < trial_count(); ++trial) {
      if (!run_trial(static_cast<std::uint64_t>(trial))) break;
    }
    facts_.verdicts(verdicts_);
    facts_.device_output(device_->take_output());
    note_hazards();
    if (status_ == Status::Passed) measure_launches();
  }

  bool is_timed() const { return options_.timed && (!is_virtual() || options_.config_given); }
  // Timing rotates over the trials' inputs: it needs two sets.
  int trial_count() const { return is_timed() && config_.num_trials < 2 ? 2 : config_.num_trials; }
  bool is_virtual() const { return device_->properties().kind == "virtual"; }

  // False when no further trial makes sense.
  bool run_trial(std::uint64_t trial) {
    const InputRequest request{*case_.definition, *case_.workload, options_.root, options_.seed,
                               trial};
    const std::vector<NamedTensor> inputs = inputs_of(request);
    const ReferenceResult expected = reference_of(request, inputs);
    if (!execution_ && !build(inputs)) return false;
    ExecutionResult actual = launch_once(inputs);
    if (trial == 0) note_profiles();
    if (actual.fault) {
      fail_with_fault(*actual.fault);
      return false;
    }
    last_elapsed_ = actual.elapsed;
    if (trial == 0) save_outputs(actual.outputs);
    if (!judge({inputs, expected.outputs, actual.outputs}, actual)) return false;
    if (is_timed() && status_ == Status::Passed) timed_runs_->keep(inputs, expected.outputs);
    return true;
  }

  void save_outputs(const std::vector<NamedTensor>& outputs) const {
    if (options_.outputs_folder.empty()) return;
    std::vector<std::pair<std::string, Tensor>> tensors;
    tensors.reserve(outputs.size());
    for (const NamedTensor& output : outputs) tensors.emplace_back(output.name, output.tensor);
    write_safetensors(options_.outputs_folder / (case_.name() + ".safetensors"), tensors);
  }

  ExecutionResult launch_once(const std::vector<NamedTensor>& inputs) {
    const StepClock clock(facts_, "run");
    const DeviceUse use(*device_, Use::Shared);
    execution_->set_inputs(inputs);
    return execution_->run();
  }

  std::vector<NamedTensor> inputs_of(const InputRequest& request) {
    const StepClock clock(facts_, "inputs");
    std::vector<NamedTensor> inputs = make_inputs(request);
    check_constraints(request, inputs);
    return inputs;
  }

  ReferenceResult reference_of(const InputRequest& request,
                               const std::vector<NamedTensor>& inputs) {
    const StepClock clock(facts_, "reference");
    try {
      ReferenceResult expected = compute_reference(request, inputs, reference_);
      // A time on the CPU says nothing about one on the GPU.
      reference_ms_ = is_virtual() ? expected.milliseconds : 0;
      reference_on_gpu_ = !expected.hardware.empty();
      facts_.reference(expected);
      return expected;
    } catch (const Error& error) {
      fail(error.kind() == ErrorKind::Compile ? ErrorKind::Input : error.kind(),
           fmt::format("the reference of {} could not be run:\n{}", case_.definition->name,
                       error.what()));
    }
  }

  // Compiles and loads; false after a compile error.
  bool build(const std::vector<NamedTensor>& inputs) {
    const StepClock clock(facts_, "compile_and_load");
    const CaseScope scope = launch_scope(case_, inputs, device_->properties());
    const ResolvedPlan plan = resolve_plan(*case_.solution, *case_.definition, scope);
    if (plan.has_tensor_map() && !is_hardware(*device_)) {
      skip_reason_ = fmt::format(
          "solution '{}' copies with tensor maps (TMA), which need a GPU of sm_90 or newer; this "
          "is the virtual device",
          case_.solution->name);
      return false;
    }
    const std::string target = compile_target(device_->properties());
    const CompileResult image = compile(compile_request(*case_.solution, plan, target));
    facts_.compiled(image, target);
    if (!image.succeeded) {
      fail_with(Status::CompileError, image.log);
      return false;
    }
    const DeviceUse use(*device_, Use::Shared);
    execution_.emplace(*device_, *case_.definition, scope.axes);
    execution_->prepare(image, target, plan);
    timed_runs_.emplace(*device_, *execution_,
                        Judging{choose_evaluator(*case_.definition), config_.tolerance});
    facts_.kernels(execution_->kernel_infos());
    if (options_.device.profile && is_virtual()) {
      resources_ = read_resources(*case_.solution, plan);
    }
    return true;
  }

  // Of the first trial's launches.
  void note_profiles() {
    const std::vector<LaunchProfile> profiles = device_->take_profiles();
    if (profiles.empty()) return;
    Value::Array launches;
    for (const LaunchProfile& profile : profiles) {
      launches.push_back(profile_value(profile, resources_, *case_.solution));
    }
    facts_.profile(std::move(launches));
  }

  bool judge(const Trial& trial, const ExecutionResult& actual) {
    const StepClock clock(facts_, "check");
    Verdicts verdicts = evaluate(choose_evaluator(*case_.definition), trial, config_.tolerance);
    if (!actual.unwritten.empty() && verdicts.strict.status == Status::Passed) {
      verdicts.strict.status = Status::IncorrectNumerical;
      verdicts.strict.message = actual.unwritten.front();
    } else if (!actual.unwritten.empty()) {
      verdicts.strict.message += "\n" + actual.unwritten.front();
    }
    verdicts_ = judged_ ? Verdicts{fold(verdicts_.strict, verdicts.strict),
                                   fold(verdicts_.compat, verdicts.compat)}
                        : verdicts;
    judged_ = true;
    const Verdict& verdict = verdicts_.of(options_.policy);
    if (verdict.status != Status::Passed) fail_with(verdict.status, verdict.message);
    return verdict.status == Status::Passed || verdict.status == Status::IncorrectNumerical;
  }

  Timing measure(const SamplingOptions& sampling) {
    const StepClock clock(facts_, "time");
    return timed_runs_->measure(sampling);
  }

  void measure_launches() {
    if (!options_.timed) return facts_.untimed();
    if (!is_timed()) {
      facts_.performance({{{last_elapsed_.milliseconds}}}, last_elapsed_.timer, reference_ms_);
      return;
    }
    const SamplingOptions sampling{config_.warmup_runs,
                                   config_.iterations,
                                   config_.num_trials,
                                   options_.deadline_seconds * 500,
                                   is_virtual() ? 0 : kMedianPrecision,
                                   kPrecisionBudgetMs};
    const Timing timing = measure(sampling);
    if (timing.fault) return fail_with_fault(*timing.fault);
    if (reference_on_gpu_ && !timing.wrong) measure_reference(sampling);
    facts_.performance(timing.samples, timing.timer, reference_ms_);
    facts_.timing(timing);
    facts_.roofline(work_of(*case_.definition, bind_axes(*case_.definition, case_.workload->axes)),
                    timing.rates);
    if (!timing.wrong) return;
    // Its errors are the ones to show; folding would keep a trial's 0 before a NaN.
    if (timing.wrong->strict.status != Status::Passed) verdicts_.strict = timing.wrong->strict;
    if (timing.wrong->compat.status != Status::Passed) verdicts_.compat = timing.wrong->compat;
    facts_.verdicts(verdicts_);
    const Verdict& verdict = verdicts_.of(options_.policy);
    if (verdict.status != Status::Passed) fail_with(verdict.status, verdict.message);
  }

  void measure_reference(SamplingOptions sampling) {
    sampling.budget_ms = options_.deadline_seconds * 200;
    const InputRequest request{*case_.definition, *case_.workload, options_.root, options_.seed, 0};
    const ReferenceTiming timing =
        time_reference(request, timed_runs_->input_sets(), reference_, sampling);
    facts_.reference_timing(timing);
    reference_ms_ = timing.latency_ms;
  }

  void fail_with_fault(const Fault& fault) {
    facts_.fault(fault);
    facts_.device_output(device_->take_output());
    const std::vector<Fault> hazards = device_->take_hazards();
    facts_.hazards(hazards);
    fail_with(status_of(fault), hazards.empty() ? describe(fault) : describe(hazards));
  }

  // Of launches that did not fail: what is no failure by itself.
  void note_hazards() {
    const std::vector<Fault> hazards = device_->take_hazards();
    if (hazards.empty()) return;
    facts_.hazards(hazards);
    facts_.device_output(describe(hazards) + "\n");
  }

  void fail_with(Status status, const std::string& message) {
    status_ = status;
    message_ = message;
  }

  const Case& case_;
  const RunOptions& options_;
  TraceFacts facts_;
  EvaluationConfig config_;
  DevicePtr device_;
  std::optional<Execution> execution_;  // destroyed before its device
  std::optional<TimedRuns> timed_runs_;
  Verdicts verdicts_;
  bool judged_ = false;
  GpuResources resources_;
  ElapsedTime last_elapsed_;
  ReferenceOptions reference_;
  TorchHost own_torch_;
  double reference_ms_ = 0;
  bool reference_on_gpu_ = false;
  std::optional<std::string> skip_reason_;
  Status status_ = Status::Passed;
  std::string message_;
};

}  // namespace

int CaseResult::exit_code() const {
  if (skipped) return kExitSkip;
  if (ruling) return ruling->passes ? kExitPass : kExitFail;
  const bool passed = trace.evaluation && trace.evaluation->status == Status::Passed;
  return passed ? kExitPass : kExitFail;
}

CaseResult run_case(const Case& planned, const RunOptions& options) {
  return CaseRun(planned, options).run();
}

CaseResult ended_case(const Case& planned, const RunOptions& options, Status status,
                      const std::string& message) {
  TraceFacts facts;
  facts.begin(planned, options.policy, options.seed);
  return facts.finish(status, message);
}

}  // namespace fitest
