// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "check/sampling.h"

namespace fitest {
namespace {

constexpr double kCompatSlack = 0.05;
constexpr double kStrictSlack = 1e-3;

std::vector<std::size_t> descending_order(std::span<const float> row) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t left, std::size_t right) { return row[left] > row[right]; });
  return order;
}

bool filters_top_k(const TokenFilter& filter, std::size_t vocabulary) {
  return filter.top_k > 0 && filter.top_k < static_cast<std::int64_t>(vocabulary);
}

void normalize(std::vector<double>& probability) {
  const double sum = std::accumulate(probability.begin(), probability.end(), 0.0);
  if (sum > 0) {
    for (double& value : probability) value /= sum;
  }
}

}  // namespace

TokenDistribution compat_distribution(std::span<const float> row, const TokenFilter& filter) {
  TokenDistribution result{std::vector<bool>(row.size(), true), std::vector<double>(row.size())};
  const std::vector<std::size_t> order = descending_order(row);
  if (filters_top_k(filter, row.size())) {
    const float pivot = row[order[static_cast<std::size_t>(filter.top_k) - 1]];
    for (std::size_t i = 0; i < row.size(); ++i) result.allowed[i] = row[i] >= pivot;
  }
  if (filter.top_p && *filter.top_p > 0 && *filter.top_p < 1) {
    double cumulative = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      cumulative += row[order[rank]];
      if (rank > 0 && cumulative > *filter.top_p + kCompatSlack)
        result.allowed[order[rank]] = false;
    }
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    result.probability[i] = result.allowed[i] ? static_cast<double>(row[i]) : 0;
  }
  normalize(result.probability);
  return result;
}

TokenDistribution strict_distribution(std::span<const float> row, const TokenFilter& filter) {
  TokenDistribution result{std::vector<bool>(row.size(), false), std::vector<double>(row.size())};
  const std::vector<std::size_t> order = descending_order(row);
  std::size_t kept = row.size();
  if (filters_top_k(filter, row.size())) kept = static_cast<std::size_t>(filter.top_k);
  double total = 0;
  for (std::size_t rank = 0; rank < kept; ++rank) total += row[order[rank]];
  const double top_p = filter.top_p.value_or(1.0);
  double before = 0;
  for (std::size_t rank = 0; rank < kept; ++rank) {
    const std::size_t token = order[rank];
    if (rank > 0 && (top_p <= 0 || (top_p < 1 && before > top_p + kStrictSlack))) break;
    result.allowed[token] = row[token] > 0 || rank == 0;
    if (rank == 0 || top_p >= 1 || before <= top_p) result.probability[token] = row[token];
    before += row[token] / total;
  }
  // Which of several equal probabilities is the k-th is the sampler's choice.
  if (kept > 0 && kept < row.size() && result.allowed[order[kept - 1]]) {
    for (std::size_t rank = kept; rank < row.size() && row[order[rank]] == row[order[kept - 1]];
         ++rank) {
      result.allowed[order[rank]] = true;
    }
  }
  normalize(result.probability);
  return result;
}

}  // namespace fitest
