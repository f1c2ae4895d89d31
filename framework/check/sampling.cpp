// SPDX-License-Identifier: Apache-2.0
#include "check/sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"

namespace fitest {
namespace {

const NamedTensor* find(const std::vector<NamedTensor>& inputs, std::string_view name) {
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const NamedTensor& input) { return input.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

const NamedTensor& require(const std::vector<NamedTensor>& inputs, std::string_view name) {
  const NamedTensor* input = find(inputs, name);
  if (input == nullptr) {
    fail(ErrorKind::Input, fmt::format("the sampling evaluator needs an input \"{}\"", name));
  }
  return *input;
}

// A parameter of one row: an element of a vector, or one number for all rows.
double parameter(const std::vector<NamedTensor>& inputs, std::string_view name, std::size_t row) {
  const NamedTensor& input = require(inputs, name);
  if (input.is_scalar) return input.scalar_value;
  return element_as_double(input.tensor, input.tensor.count() == 1 ? 0 : row);
}

// Runs the kernel and keeps the books of both policies.
class SamplingRun {
 public:
  SamplingRun(const std::string& definition, const std::vector<NamedTensor>& inputs,
              const SamplingPlan& plan, const SamplerLaunch& launch)
      : inputs_(inputs), plan_(plan), launch_(launch), probs_(require(inputs, "probs").tensor) {
    const Shape& shape = probs_.shape();
    if (shape.empty() || shape.size() > 2 || probs_.count() == 0) {
      fail(ErrorKind::Input, fmt::format("the sampling evaluator needs \"probs\" of shape "
                                         "[batch_size, vocab_size], not {}",
                                         to_string(shape)));
    }
    vocabulary_ = static_cast<std::size_t>(shape.back());
    batch_ = probs_.count() / vocabulary_;
    compute_distributions(to_lower(definition));
  }

  SamplingResult run() {
    for (int trial = 0; trial < plan_.validation_trials && !ended(); ++trial) {
      if (!validate(launch_(inputs_))) return faulted();
    }
    if (ended() || frequencies_are_noise()) return std::move(result_);
    if (!count_tokens()) return faulted();
    if (!ended()) judge_frequencies();
    return std::move(result_);
  }

 private:
  // top-k and top-p apply where the Definition's name says so.
  void compute_distributions(const std::string& name) {
    const bool uses_k = name.find("top_k") != std::string::npos;
    const bool uses_p = name.find("top_k_top_p") != std::string::npos ||
                        (!uses_k && name.find("top_p") != std::string::npos);
    std::vector<TokenFilter> filters(batch_);
    for (std::size_t row = 0; row < batch_; ++row) {
      if (uses_k) filters[row].top_k = static_cast<std::int64_t>(parameter(inputs_, "top_k", row));
      if (uses_p) filters[row].top_p = parameter(inputs_, "top_p", row);
    }
    compat_.resize(batch_);
    strict_.resize(batch_);
    parallel_for(batch_, 1, [&](std::size_t begin, std::size_t end) {
      std::vector<float> row(vocabulary_);
      for (std::size_t i = begin; i < end; ++i) {
        to_float(probs_, i * vocabulary_, row);
        compat_[i] = compat_distribution(row, filters[i]);
        strict_[i] = strict_distribution(row, filters[i]);
      }
    });
  }

  bool ended() const {
    return result_.verdicts.strict.is_final && result_.verdicts.compat.is_final;
  }

  SamplingResult faulted() {
    Verdict verdict;
    verdict.status = Status::RuntimeError;
    verdict.is_final = true;
    verdict.message = "the kernel failed while it was asked for samples";
    return {{verdict, verdict}, {}};
  }

  static void refuse(Verdict& verdict, Status status, const std::string& message) {
    if (verdict.is_final) return;
    verdict.status = status;
    verdict.is_final = true;
    verdict.matched_ratio = 0;
    verdict.max_absolute_error = std::numeric_limits<double>::infinity();
    verdict.max_relative_error = std::numeric_limits<double>::infinity();
    verdict.message = message;
  }

  void check_shape(const Tensor& samples) {
    Shape expected = probs_.shape();
    expected.pop_back();
    if (samples.shape() == expected) return;
    refuse(result_.verdicts.strict, Status::IncorrectShape,
           fmt::format("samples: expected shape {}, got {}", to_string(expected),
                       to_string(samples.shape())));
  }

  // False after a fault.
  bool validate(const std::optional<Tensor>& samples) {
    if (!samples) return false;
    check_shape(*samples);
    for (std::size_t i = 0; i < samples->count() && !ended(); ++i) check_token(*samples, i);
    return true;
  }

  void check_token(const Tensor& samples, std::size_t index) {
    const std::int64_t token = element_as_integer(samples, index);
    const std::size_t row = index % batch_;
    if (token < 0 || token >= static_cast<std::int64_t>(vocabulary_)) {
      const std::string message = fmt::format(
          "samples[{}]: token {} is outside the vocabulary "
          "[0, {})",
          index, token, vocabulary_);
      refuse(result_.verdicts.strict, Status::IncorrectNumerical, message);
      refuse(result_.verdicts.compat, Status::IncorrectNumerical, message);
      return;
    }
    const auto position = static_cast<std::size_t>(token);
    const std::string message = fmt::format(
        "samples[{}]: token {} is not among those that row {} may draw", index, token, row);
    if (!strict_[row].allowed[position]) {
      refuse(result_.verdicts.strict, Status::IncorrectNumerical, message);
    }
    if (!compat_[row].allowed[position]) {
      refuse(result_.verdicts.compat, Status::IncorrectNumerical, message);
    }
  }

  // Upstream's rule: the noise of n samples of m tokens is about √(m / n).
  bool frequencies_are_noise() {
    std::size_t largest = 0;
    for (const TokenDistribution& row : compat_) {
      const auto is_drawn = [](double probability) { return probability > 0; };
      const auto tokens = std::count_if(row.probability.begin(), row.probability.end(), is_drawn);
      largest = std::max(largest, static_cast<std::size_t>(tokens));
    }
    const double share = static_cast<double>(largest) / static_cast<double>(plan_.samples_per_row);
    if (std::sqrt(share) <= plan_.tvd_threshold) return false;
    result_.extra = Value(Value::Object{});
    result_.extra.set("tvd_skipped", true);
    result_.extra.set("max_nucleus_size", static_cast<std::int64_t>(largest));
    return true;
  }

  // Every input with a batch dimension, `repeats` times over.
  std::vector<NamedTensor> repeated(std::size_t repeats) const {
    std::vector<NamedTensor> inputs = inputs_;
    for (NamedTensor& input : inputs) {
      if (input.is_scalar || input.tensor.shape().empty()) continue;
      Shape shape = input.tensor.shape();
      if (input.name == "probs" && shape.size() == 1) shape.insert(shape.begin(), 1);
      shape.front() *= static_cast<std::int64_t>(repeats);
      Tensor wide(input.tensor.dtype(), shape);
      const std::size_t size = input.tensor.size_bytes();
      for (std::size_t i = 0; i < repeats && size > 0; ++i) {
        std::memcpy(wide.data() + i * size, input.tensor.data(), size);
      }
      input.tensor = std::move(wide);
    }
    return inputs;
  }

  // False after a fault.
  bool count_tokens() {
    const std::size_t row_bytes = probs_.size_bytes() / batch_;
    const std::size_t rows =
        std::min(plan_.max_batch, plan_.max_bytes / std::max<std::size_t>(1, row_bytes));
    const std::size_t repeats = std::max<std::size_t>(1, rows / batch_);
    const std::vector<NamedTensor> inputs = repeated(repeats);
    counts_.assign(batch_ * vocabulary_, 0);
    for (drawn_ = 0; drawn_ < plan_.samples_per_row && !ended(); drawn_ += repeats) {
      const std::optional<Tensor> samples = launch_(inputs);
      if (!samples) return false;
      if (samples->count() != repeats * batch_) {
        refuse_both(Status::IncorrectShape,
                    fmt::format("samples: expected {} elements for a batch of {}, got {}",
                                repeats * batch_, repeats * batch_, samples->count()));
        break;
      }
      count(*samples);
    }
    return true;
  }

  void refuse_both(Status status, const std::string& message) {
    refuse(result_.verdicts.strict, status, message);
    refuse(result_.verdicts.compat, status, message);
  }

  void count(const Tensor& samples) {
    for (std::size_t i = 0; i < samples.count(); ++i) {
      const std::int64_t token = element_as_integer(samples, i);
      if (token < 0 || token >= static_cast<std::int64_t>(vocabulary_)) {
        check_token(samples, i);
        return;
      }
      ++counts_[i % batch_ * vocabulary_ + static_cast<std::size_t>(token)];
    }
  }

  struct Distance {
    double variation = 0;  // ½ Σ |frequency - probability|
    double noise = 0;      // what of it a faithful sampler shows on average
    double absolute = 0;
    double relative = 0;
  };

  Distance distance(std::size_t row, const TokenDistribution& expected) const {
    Distance result;
    const auto n = static_cast<double>(drawn_);
    for (std::size_t token = 0; token < vocabulary_; ++token) {
      const double p = expected.probability[token];
      const double difference = std::fabs(counts_[row * vocabulary_ + token] / n - p);
      result.variation += difference / 2;
      // E|X/n - p| of a binomial X is √(2p(1-p)/πn), and at most 2p where few draws are expected.
      result.noise += std::min(2 * p, std::sqrt(2 * p * (1 - p) / (std::numbers::pi * n))) / 2;
      result.absolute = std::max(result.absolute, difference);
      result.relative = std::max(result.relative, difference / (p + 1e-8));
    }
    return result;
  }

  void judge_frequencies() {
    Value::Array variations;
    double worst = 0;
    for (std::size_t row = 0; row < batch_; ++row) {
      const Distance compat = distance(row, compat_[row]);
      variations.emplace_back(compat.variation);
      worst = std::max(worst, compat.variation);
      judge(result_.verdicts.compat, row, compat, plan_.tvd_threshold);
      const Distance strict = distance(row, strict_[row]);
      judge(result_.verdicts.strict, row, strict, plan_.tvd_threshold + strict.noise);
    }
    result_.extra = Value(Value::Object{});
    result_.extra.set("tvd", worst);
    result_.extra.set("tvds_per_batch", std::move(variations));
  }

  void judge(Verdict& verdict, std::size_t row, const Distance& distance, double threshold) const {
    if (verdict.is_final) return;
    verdict.max_absolute_error = std::max(verdict.max_absolute_error, distance.absolute);
    verdict.max_relative_error = std::max(verdict.max_relative_error, distance.relative);
    if (distance.variation <= threshold || verdict.status != Status::Passed) return;
    verdict.status = Status::IncorrectNumerical;
    verdict.message = fmt::format(
        "row {}: the total variation distance of {} samples is {:.4f}, at "
        "most {:.4f} is allowed",
        row, drawn_, distance.variation, threshold);
  }

  const std::vector<NamedTensor>& inputs_;
  const SamplingPlan& plan_;
  const SamplerLaunch& launch_;
  const Tensor& probs_;
  std::size_t batch_ = 0;
  std::size_t vocabulary_ = 0;
  std::vector<TokenDistribution> compat_;
  std::vector<TokenDistribution> strict_;
  std::vector<std::uint32_t> counts_;
  std::size_t drawn_ = 0;  // samples of each row
  SamplingResult result_;
};

}  // namespace

SamplingPlan sampling_plan(const EvaluationConfig& config) {
  SamplingPlan plan;
  if (!config.extra.is_object()) return plan;
  const Value* trials = config.extra.find("sampling_validation_trials");
  if (trials != nullptr && trials->is_integer()) {
    plan.validation_trials = static_cast<int>(trials->integer());
  }
  const Value* threshold = config.extra.find("sampling_tvd_threshold");
  if (threshold != nullptr && threshold->is_number()) plan.tvd_threshold = threshold->number();
  return plan;
}

SamplingResult evaluate_sampling(const std::string& definition,
                                 const std::vector<NamedTensor>& inputs, const SamplingPlan& plan,
                                 const SamplerLaunch& launch) {
  return SamplingRun(definition, inputs, plan, launch).run();
}

}  // namespace fitest
