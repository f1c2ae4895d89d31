// SPDX-License-Identifier: Apache-2.0
// Takes the samples of a kernel's running time: warm-up, iterations, trials, within a budget.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace fitest {

struct SamplingOptions {
  int warmup = 10;
  int iterations = 50;
  int trials = 3;
  double budget_ms = 30'000;  // of wall time for everything, warm-up included
  // A trial goes on past its iterations until the median is known this well (see median_error) or
  // it has run this long; 0: it does not go on.
  double precision = 0;
  double precision_budget_ms = 0;
};

struct Samples {
  std::vector<std::vector<double>> trials;  // milliseconds
  std::vector<std::size_t> launches = {};   // which launch gave each sample, warm-up counted
  // Mean over the trials of each trial's median, as flashinfer-bench reports it; 0 without samples.
  double latency_ms() const;
  // The samples of every trial, in order.
  std::vector<double> all() const;
};

// Milliseconds since any fixed point.
using Clock = std::function<double()>;

// Each trial: one untimed launch, the warm-up, then the samples. `launch` launches once and returns
// the milliseconds that took on the device. Trials share the budget evenly; of its share a trial
// spends no more than a third on warm-up, and takes one sample even when nothing is left.
Samples measure(const std::function<double()>& launch, const SamplingOptions& options);
Samples measure(const std::function<double()>& launch, const SamplingOptions& options,
                const Clock& now_ms);

}  // namespace fitest
