// SPDX-License-Identifier: Apache-2.0
// Measures a solution that passed, in a way that leaves it nothing to remember: inputs rotate over
// the sets of its trials at the same addresses, outputs and workspaces are poisoned before every
// call, and the outputs of calls that it cannot foresee are judged again.
#pragma once

#include <random>
#include <vector>

#include "check/evaluator.h"
#include "device/hardware.h"
#include "measure/sampler.h"
#include "run/device_rates.h"
#include "run/execution.h"

namespace fitest {

// What to judge a timed call by.
struct Judging {
  EvaluatorKind evaluator = EvaluatorKind::Default;
  Tolerance tolerance;
};

struct Timing {
  Samples samples;
  std::string timer;
  std::string timer_reason;      // why that one
  std::vector<double> other_ms;  // the same samples by the other timer, if there is one
  std::string other_timer;
  double launch_ms = 0;       // of host time for queueing the launches, median
  std::size_t sets = 0;       // of inputs
  std::size_t rechecked = 0;  // calls whose outputs were judged
  std::optional<DeviceRates> rates;
  std::optional<DeviceState> before;
  std::optional<DeviceState> after;
  std::optional<Fault> fault;
  std::optional<Verdicts> wrong;  // of the first timed call that was not right; its message says so
};

class TimedRuns {
 public:
  TimedRuns(Device& device, Execution& execution, Judging judging)
      : device_(device), execution_(execution), judging_(judging) {}

  // One more set, whose inputs the execution holds now; left out when memory for sets is used up.
  void keep(std::vector<NamedTensor> inputs, std::vector<NamedTensor> expected);
  // What was kept, in the order in which calls use it.
  std::vector<const std::vector<NamedTensor>*> input_sets() const;
  // At least one set was kept. Ends at the first fault or wrong output.
  Timing measure(const SamplingOptions& options);

 private:
  struct Set {
    std::vector<NamedTensor> inputs;
    std::vector<NamedTensor> expected;
  };
  double launch_once(Timing& timing, DeviceUse& use);
  void recheck(Timing& timing, DeviceUse& use);

  Device& device_;
  Execution& execution_;
  Judging judging_;
  std::vector<Set> sets_;
  std::vector<double> launch_ms_;
  std::vector<double> other_ms_;
  std::size_t calls_ = 0;
  double recheck_ms_ = 0;
  bool last_checked_ = false;
  std::random_device random_;
};

}  // namespace fitest
