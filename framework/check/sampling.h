// SPDX-License-Identifier: Apache-2.0
// Judges a sampler by the tokens that it may draw and by how often it draws them.
#pragma once

#include <functional>
#include <optional>

#include "check/config.h"
#include "check/evaluator.h"

namespace fitest {

// Runs the kernel on inputs whose batch is a multiple of the workload's (rows repeated) and gives
// the samples, or nothing after a fault. Inputs that come again share the storage of the last ones.
using SamplerLaunch = std::function<std::optional<Tensor>(const std::vector<NamedTensor>& inputs)>;

// How often to draw.
struct SamplingPlan {
  int validation_trials = 100;
  double tvd_threshold = 0.2;
  std::size_t samples_per_row = 500'000;
  std::size_t max_batch = 10'000;        // rows of one launch,
  std::size_t max_bytes = 256ull << 20;  // and the bytes of their probabilities
};
// From extra.sampling_validation_trials and extra.sampling_tvd_threshold.
SamplingPlan sampling_plan(const EvaluationConfig& config);

struct SamplingResult {
  Verdicts verdicts;
  // Upstream's correctness.extra: {tvd, tvds_per_batch}, or {tvd_skipped, max_nucleus_size} where
  // so many tokens are allowed that the noise of the frequencies would pass the threshold. Null
  // when it got not so far.
  Value extra;
};

// Which tokens a row may draw, and the probability of each.
struct TokenDistribution {
  std::vector<bool> allowed;
  std::vector<double> probability;
};

// The filter of one row: top-k where 0 < top_k < vocabulary, top-p where it is given.
struct TokenFilter {
  std::int64_t top_k = 0;
  std::optional<double> top_p;
};

// flashinfer-bench's mask: ties with the k-th probability stay; top-p keeps the tokens whose
// cumulative probability, over the unfiltered row, is at most p + 0.05, and one at least.
TokenDistribution compat_distribution(std::span<const float> row, const TokenFilter& filter);
// What the references draw from: top-p over the renormalised top-k, the token that crosses p
// included, and the most probable token alone for p <= 0. Tokens within 1e-3 of p are allowed.
TokenDistribution strict_distribution(std::span<const float> row, const TokenFilter& filter);

// One trial. `definition` is the name that says how the tokens are filtered: "top_k_top_p",
// "top_k", "top_p". Under strict, the noise that a faithful sampler would show is added to the
// threshold of the total variation distance.
SamplingResult evaluate_sampling(const std::string& definition,
                                 const std::vector<NamedTensor>& inputs, const SamplingPlan& plan,
                                 const SamplerLaunch& launch);

}  // namespace fitest
