// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.h"

#include <chrono>

#include "measure/statistics.h"

namespace fitest {
namespace {

double steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

}  // namespace

double Samples::latency_ms() const {
  std::vector<double> medians;
  for (const std::vector<double>& trial : trials) {
    if (!trial.empty()) medians.push_back(summarize(trial).median);
  }
  return summarize(medians).mean;
}

std::vector<double> Samples::all() const {
  std::vector<double> joined;
  for (const std::vector<double>& trial : trials) {
    joined.insert(joined.end(), trial.begin(), trial.end());
  }
  return joined;
}

Samples measure(const std::function<double()>& launch, const SamplingOptions& options) {
  return measure(launch, options, steady_ms);
}

Samples measure(const std::function<double()>& launch, const SamplingOptions& options,
                const Clock& now_ms) {
  Samples samples;
  const double start = now_ms();
  for (int trial = 0; trial < options.trials; ++trial) {
    const double begin = now_ms();
    const double end = start + options.budget_ms * (trial + 1) / options.trials;
    const double warm = begin + (end - begin) / 3;
    for (int i = 0; i <= options.warmup && (i == 0 || now_ms() < warm); ++i) launch();
    std::vector<double>& taken = samples.trials.emplace_back();
    do {
      taken.push_back(launch());
    } while (static_cast<int>(taken.size()) < options.iterations && now_ms() < end);
  }
  return samples;
}

}  // namespace fitest
