// SPDX-License-Identifier: Apache-2.0
// Gathers what is known about a case while it runs, and makes its Trace.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "check/evaluator.h"
#include "compile/compiler.h"
#include "device/device.h"
#include "measure/sampler.h"
#include "run/reference_timing.h"
#include "run/run_case.h"
#include "run/timed_runs.h"

namespace fitest {

class TraceFacts {
 public:
  void begin(const Case& planned, Policy policy, std::uint64_t seed);
  void device(const DeviceProperties& properties);
  // Of the virtual device, with its seed.
  void schedule(const std::string& schedule);
  void reference(const ReferenceResult& result);
  void compiled(const CompileResult& result, const std::string& target);
  void kernels(const std::vector<KernelInfo>& kernels);
  // One object for each launch of the plan.
  void profile(Value::Array launches) { trace_.fitest.set("profile", Value(std::move(launches))); }
  void verdicts(const Verdicts& verdicts);
  void fault(const Fault& fault);
  // Everything that the launches did wrong, when that is more than the fault.
  void hazards(const std::vector<Fault>& hazards);
  void performance(const Samples& samples, const std::string& timer, double reference_ms);
  // After reference(): how long it takes on the GPU.
  void reference_timing(const ReferenceTiming& timing);
  // After performance(): how it was measured.
  void timing(const Timing& timing);
  // After performance(): what the case cannot do without, and how near its time comes to it.
  void roofline(const Work& work, const std::optional<DeviceRates>& rates);
  // Passed without being timed, as asked for.
  void untimed();
  // Wall time that a step of the case took, added up over its trials.
  void add_step(const std::string& name, double milliseconds);
  // What the kernels printed; goes to the log.
  void device_output(const std::string& text) { log_ += text; }

  CaseResult finish(Status status, const std::string& message);
  CaseResult skipped(const std::string& reason);

 private:
  Trace trace_;
  Environment environment_;
  std::string log_;
  std::optional<Verdict> verdict_;  // under the policy that decides
  std::optional<Performance> performance_;
  std::map<std::string, double> steps_ms_;
  Policy policy_ = Policy::Strict;
};

// {uuid, axes, inputs} of the official format, also for workloads in the authoring form.
Value workload_document(const Workload& workload, const Definition& definition);

// "2026-01-31T12:00:00.123456", local time as upstream writes it.
std::string local_timestamp();

}  // namespace fitest
