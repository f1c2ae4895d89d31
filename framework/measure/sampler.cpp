// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.h"

#include <algorithm>
#include <chrono>

#include "measure/statistics.h"

namespace fitest {
namespace {

double steady_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

// Sorting for the median's error costs; every few samples are often enough.
constexpr std::size_t kSamplesBetweenLooks = 10;

bool needs_more(const std::vector<double>& taken, const SamplingOptions& options, bool in_budget,
                bool may_refine) {
  if (static_cast<int>(taken.size()) < options.iterations) return in_budget;
  if (!may_refine || options.precision <= 0) return false;
  return taken.size() % kSamplesBetweenLooks != 0 || median_error(taken) > options.precision;
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
  std::size_t launched = 0;
  const double start = now_ms();
  for (int trial = 0; trial < options.trials; ++trial) {
    const double begin = now_ms();
    const double end = start + options.budget_ms * (trial + 1) / options.trials;
    const double warm = begin + (end - begin) / 3;
    for (int i = 0; i <= options.warmup && (i == 0 || now_ms() < warm); ++i, ++launched) launch();
    std::vector<double>& taken = samples.trials.emplace_back();
    const double refined = std::min(end, now_ms() + options.precision_budget_ms);
    do {
      taken.push_back(launch());
      samples.launches.push_back(launched++);
    } while (needs_more(taken, options, now_ms() < end, now_ms() < refined));
  }
  return samples;
}

}  // namespace fitest
