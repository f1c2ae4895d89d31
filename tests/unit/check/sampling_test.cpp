// SPDX-License-Identifier: Apache-2.0
#include "check/sampling.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error.h"
#include "base/philox.h"

namespace fitest {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<float> kRow{0.05f, 0.4f, 0.3f, 0.15f, 0.1f};

TEST(TokenDistribution, OfCompatKeepsTiesWithTheKthProbability) {
  const std::vector<float> row{0.2f, 0.4f, 0.2f, 0.2f};
  EXPECT_THAT(compat_distribution(row, {2, {}}).allowed, ElementsAre(true, true, true, true));
  EXPECT_THAT(compat_distribution(kRow, {2, {}}).allowed,
              ElementsAre(false, true, true, false, false));
  EXPECT_THAT(compat_distribution(kRow, {0, {}}).allowed,
              ElementsAre(true, true, true, true, true));
}

TEST(TokenDistribution, OfCompatKeepsWhatEndsWithinFivePercentOfP) {
  EXPECT_THAT(compat_distribution(kRow, {0, 0.66}).allowed,
              ElementsAre(false, true, true, false, false));
  EXPECT_THAT(compat_distribution(kRow, {0, 0.64}).allowed,
              ElementsAre(false, true, false, false, false));
  EXPECT_THAT(compat_distribution(kRow, {0, 0.1}).allowed,
              ElementsAre(false, true, false, false, false));
  EXPECT_THAT(compat_distribution(kRow, {0, 0.0}).allowed,
              ElementsAre(true, true, true, true, true));
}

TEST(TokenDistribution, OfStrictIncludesTheTokenThatCrossesP) {
  EXPECT_THAT(strict_distribution(kRow, {0, 0.64}).allowed,
              ElementsAre(false, true, true, false, false));
  EXPECT_THAT(strict_distribution(kRow, {0, 0.64}).probability,
              ElementsAre(0, DoubleNear(0.4 / 0.7, 1e-6), DoubleNear(0.3 / 0.7, 1e-6), 0, 0));
  EXPECT_THAT(strict_distribution(kRow, {0, 0.0}).allowed,
              ElementsAre(false, true, false, false, false));
}

TEST(TokenDistribution, OfStrictRenormalisesTheTopKBeforeTopP) {
  // 0.4 and 0.3 become 0.57 and 0.43: with p = 0.5 the first token alone crosses.
  EXPECT_THAT(strict_distribution(kRow, {2, 0.5}).allowed,
              ElementsAre(false, true, false, false, false));
  EXPECT_THAT(strict_distribution(kRow, {0, 0.5}).allowed,
              ElementsAre(false, true, true, false, false));
}

NamedTensor make(const std::string& name, DType dtype, const Shape& shape,
                 const std::vector<float>& values) {
  Tensor tensor(dtype, shape);
  from_float(values, tensor, 0);
  return {.name = name, .tensor = tensor};
}

// Two rows of kRow.
std::vector<NamedTensor> make_inputs(float top_p) {
  std::vector<float> probs = kRow;
  probs.insert(probs.end(), kRow.begin(), kRow.end());
  return {make("probs", DType::Float32, {2, 5}, probs),
          make("top_p", DType::Float32, {2}, {top_p, top_p})};
}

// Draws from the given probabilities.
class FakeSampler {
 public:
  explicit FakeSampler(std::vector<double> probability) : probability_(std::move(probability)) {}
  std::optional<Tensor> operator()(const std::vector<NamedTensor>& inputs) {
    ++launches;
    const Tensor& probs = inputs.front().tensor;
    Tensor samples(DType::Int64, {probs.shape().front()});
    for (std::int64_t& sample : samples.as<std::int64_t>()) sample = draw();
    return samples;
  }
  int launches = 0;

 private:
  std::int64_t draw() {
    double u = philox4x32_10({counter_++, 0, 0, 0}, {1, 2})[0] * 0x1p-32;
    for (std::size_t token = 0; token < probability_.size(); ++token) {
      u -= probability_[token];
      if (u < 0) return static_cast<std::int64_t>(token);
    }
    return -1;
  }
  std::vector<double> probability_;
  std::uint32_t counter_ = 0;
};

SamplingResult judge(FakeSampler& sampler, float top_p) {
  SamplingPlan plan;
  plan.samples_per_row = 20'000;
  plan.max_batch = 1000;
  return evaluate_sampling("top_p_sampling_from_probs_v5", make_inputs(top_p), plan,
                           [&](const std::vector<NamedTensor>& inputs) { return sampler(inputs); });
}

TEST(Sampling, PassesAFaithfulSampler) {
  FakeSampler sampler({0, 0.4 / 0.7, 0.3 / 0.7, 0, 0});
  const SamplingResult result = judge(sampler, 0.66f);
  EXPECT_EQ(result.verdicts.strict.status, Status::Passed) << result.verdicts.strict.message;
  EXPECT_EQ(result.verdicts.compat.status, Status::Passed) << result.verdicts.compat.message;
  EXPECT_LT(result.extra.find("tvd")->number(), 0.02);
  EXPECT_EQ(result.extra.find("tvds_per_batch")->array().size(), 2u);
  EXPECT_EQ(sampler.launches, 100 + 20'000 / 500);
}

TEST(Sampling, RefusesTokensOutsideTheNucleus) {
  FakeSampler sampler({0.1, 0.5, 0.4, 0, 0});
  const SamplingResult result = judge(sampler, 0.66f);
  for (const Policy policy : {Policy::Strict, Policy::Compat}) {
    const Verdict& verdict = result.verdicts.of(policy);
    EXPECT_EQ(verdict.status, Status::IncorrectNumerical);
    EXPECT_TRUE(std::isinf(verdict.max_absolute_error));
    EXPECT_THAT(verdict.message, HasSubstr("token 0 is not among those that row"));
  }
  EXPECT_TRUE(result.extra.is_null());
}

TEST(Sampling, RefusesTokensOutsideTheVocabulary) {
  FakeSampler sampler({0, 0, 0, 0, 0});
  EXPECT_THAT(judge(sampler, 0.66f).verdicts.compat.message,
              HasSubstr("samples[0]: token -1 is outside the vocabulary [0, 5)"));
  EXPECT_EQ(sampler.launches, 1);
}

TEST(Sampling, RefusesTheWrongFrequencies) {
  FakeSampler sampler({0, 0.2, 0.8, 0, 0});
  const SamplingResult result = judge(sampler, 0.66f);
  EXPECT_EQ(result.verdicts.compat.status, Status::IncorrectNumerical);
  EXPECT_EQ(result.verdicts.strict.status, Status::IncorrectNumerical);
  EXPECT_THAT(result.verdicts.strict.message,
              HasSubstr("row 0: the total variation distance of 20000 samples is 0.3"));
  EXPECT_NEAR(result.extra.find("tvd")->number(), 0.8 - 0.3 / 0.7, 0.02);
}

TEST(Sampling, AcceptsTheCrossingTokenUnderStrictWhereUpstreamRefusesIt) {
  FakeSampler sampler({0, 0.4 / 0.7, 0.3 / 0.7, 0, 0});
  const SamplingResult result = judge(sampler, 0.6f);
  EXPECT_EQ(result.verdicts.strict.status, Status::Passed) << result.verdicts.strict.message;
  EXPECT_EQ(result.verdicts.compat.status, Status::IncorrectNumerical);
}

TEST(Sampling, CountsNoFrequenciesThatWouldBeNoise) {
  FakeSampler sampler({0, 0.2, 0.8, 0, 0});
  SamplingPlan plan;
  plan.samples_per_row = 49;  // √(2 / 49) is above 0.2
  const SamplingResult result =
      evaluate_sampling("top_p_sampling", make_inputs(0.66f), plan, std::ref(sampler));
  EXPECT_EQ(result.verdicts.compat.status, Status::Passed);
  EXPECT_EQ(sampler.launches, 100);
  EXPECT_EQ(result.extra.find("max_nucleus_size")->integer(), 2);
}

TEST(Sampling, StopsAtAFault) {
  const SamplingResult result = evaluate_sampling(
      "sampling", make_inputs(1), {}, [](const std::vector<NamedTensor>&) { return std::nullopt; });
  EXPECT_EQ(result.verdicts.strict.status, Status::RuntimeError);
}

TEST(Sampling, NamesAParameterThatIsMissing) {
  FakeSampler sampler({1});
  try {
    evaluate_sampling("top_k_sampling", make_inputs(1), {}, std::ref(sampler));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the sampling evaluator needs an input \"top_k\"");
  }
}

TEST(Sampling, TakesItsPlanFromTheConfig) {
  const SamplingPlan plan = sampling_plan(ConfigSource().resolve("sampling", "s"));
  EXPECT_EQ(plan.validation_trials, 100);
  EXPECT_EQ(plan.tvd_threshold, 0.2);
  EXPECT_EQ(plan.samples_per_row, 500'000u);
}

}  // namespace
}  // namespace fitest
