// SPDX-License-Identifier: Apache-2.0
#include "measure/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fitest {
namespace {

// Type 7: the value at (n - 1) p between the sorted samples.
double quantile(const std::vector<double>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = position - static_cast<double>(below);
  return sorted[below] + share * (sorted[above] - sorted[below]);
}

}  // namespace

SampleStatistics summarize(std::vector<double> samples) {
  SampleStatistics result;
  if (samples.empty()) return result;
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  result.count = samples.size();
  result.minimum = samples.front();
  result.maximum = samples.back();
  result.median = quantile(samples, 0.5);
  result.interquartile_range = quantile(samples, 0.75) - quantile(samples, 0.25);
  result.mean = std::accumulate(samples.begin(), samples.end(), 0.0) / count;
  double squares = 0;
  for (const double sample : samples) squares += (sample - result.mean) * (sample - result.mean);
  result.standard_deviation = samples.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
  return result;
}

double median_error(std::vector<double> samples) {
  constexpr std::size_t kFewest = 6;  // 2^-5 of sequences have all on one side of the median
  constexpr double kNormal95 = 1.959964;
  if (samples.size() < kFewest) return 1;
  std::sort(samples.begin(), samples.end());
  const auto count = static_cast<double>(samples.size());
  const double reach = kNormal95 * std::sqrt(count) / 2;
  const auto low = static_cast<std::size_t>(std::max(std::floor(count / 2 - reach), 0.0));
  const std::size_t high = samples.size() - 1 - low;
  const double median = quantile(samples, 0.5);
  return median > 0 ? (samples[high] - samples[low]) / (2 * median) : 1;
}

}  // namespace fitest
