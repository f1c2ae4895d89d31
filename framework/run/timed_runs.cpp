// SPDX-License-Identifier: Apache-2.0
#include "run/timed_runs.h"

#include <fmt/format.h>

#include <chrono>

#include "measure/statistics.h"

namespace fitest {
namespace {

constexpr std::size_t kMaxSetBytes = std::size_t{4} << 30;  // of all sets' inputs together
// On average; a cheat shows in many calls, and a check costs as much as several of them.
constexpr unsigned kCallsPerCheck = 8;
constexpr unsigned kCallsPerLateCheck = 24;
constexpr std::size_t kEarlyChecks = 8;
constexpr double kRecheckBudgetMs = 300;
constexpr std::size_t kBytesJudgedAtOnce = std::size_t{8} << 20;

void mark(Verdict& verdict, std::size_t call, std::size_t set) {
  if (verdict.status == Status::Passed) return;
  verdict.message =
      fmt::format("timed call {} (input set {}) is wrong though the trials passed:\n{}", call,
                  set + 1, verdict.message);
}

}  // namespace

void TimedRuns::keep(std::vector<NamedTensor> inputs, std::vector<NamedTensor> expected) {
  if (!sets_.empty() && execution_.input_bytes() * (sets_.size() + 1) > kMaxSetBytes) return;
  execution_.keep_inputs();
  sets_.push_back({std::move(inputs), std::move(expected)});
}

std::vector<const std::vector<NamedTensor>*> TimedRuns::input_sets() const {
  std::vector<const std::vector<NamedTensor>*> inputs;
  inputs.reserve(sets_.size());
  for (const Set& set : sets_) inputs.push_back(&set.inputs);
  return inputs;
}

Timing TimedRuns::measure(const SamplingOptions& options) {
  Timing timing;
  timing.sets = sets_.size();
  timing.timer_reason = timer_reason_of(device_);
  DeviceUse use(device_, Use::Exclusive);
  timing.rates = rates_of(device_);
  timing.before = state_of(device_);
  timing.samples = fitest::measure([&] { return launch_once(timing, use); }, options);
  timing.after = state_of(device_);
  if (!timing.other_timer.empty()) {
    for (const std::size_t launch : timing.samples.launches) {
      if (launch < other_ms_.size()) timing.other_ms.push_back(other_ms_[launch]);
    }
  }
  if (!timing.fault && !timing.wrong && !last_checked_) recheck(timing, use);
  timing.launch_ms = summarize(launch_ms_).median;
  return timing;
}

double TimedRuns::launch_once(Timing& timing, DeviceUse& use) {
  if (timing.fault || timing.wrong) return 0;
  Execution::Timed timed = execution_.time_set(calls_++ % sets_.size());
  timing.fault = std::move(timed.fault);
  timing.timer = timed.elapsed.timer;
  if (const auto other = other_time_of(device_)) {
    timing.other_timer = other->timer;
    other_ms_.push_back(other->milliseconds);
  }
  launch_ms_.push_back(timed.launch_ms);
  // Chosen by chance, so that no kernel can count its calls and know.
  const unsigned rarity = timing.rechecked < kEarlyChecks ? kCallsPerCheck : kCallsPerLateCheck;
  last_checked_ = !timing.fault && recheck_ms_ < kRecheckBudgetMs && random_() % rarity == 0;
  if (last_checked_) recheck(timing, use);
  return timed.elapsed.milliseconds;
}

void TimedRuns::recheck(Timing& timing, DeviceUse& use) {
  const auto begin = std::chrono::steady_clock::now();
  const std::size_t used = (calls_ - 1) % sets_.size();
  const Set& set = sets_[used];
  ExecutionResult actual = execution_.collect();
  ++timing.rechecked;
  timing.fault = std::move(actual.fault);
  if (timing.fault) return;
  // Others may use the GPU while the host judges for long.
  const bool is_long = execution_.output_bytes() > kBytesJudgedAtOnce;
  if (is_long) use.release();
  Verdicts verdicts =
      evaluate(judging_.evaluator, {set.inputs, set.expected, actual.outputs}, judging_.tolerance);
  if (!actual.unwritten.empty() && verdicts.strict.status == Status::Passed) {
    verdicts.strict.status = Status::IncorrectNumerical;
    verdicts.strict.message = actual.unwritten.front();
  }
  if (verdicts.strict.status != Status::Passed) {
    mark(verdicts.strict, calls_, used);
    mark(verdicts.compat, calls_, used);
    timing.wrong = std::move(verdicts);
  }
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - begin;
  recheck_ms_ += spent.count();
  if (is_long && !timing.wrong) use.acquire();
}

}  // namespace fitest
