// SPDX-License-Identifier: Apache-2.0
#include "check/config.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace fitest {
namespace {

using ::testing::HasSubstr;

ConfigSource parse(const std::string& text) {
  return ConfigSource::parse(make_source("eval.yaml", text));
}

std::string refusal(const std::string& text) {
  try {
    parse(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    return error.what();
  }
  return "no error";
}

TEST(Config, HasUpstreamsDefaults) {
  const EvaluationConfig config = ConfigSource().resolve("rmsnorm", "rmsnorm_h128");
  EXPECT_EQ(config.warmup_runs, 10);
  EXPECT_EQ(config.iterations, 50);
  EXPECT_EQ(config.num_trials, 3);
  EXPECT_EQ(config.tolerance.rtol, 0.01);
  EXPECT_EQ(config.tolerance.atol, 0.01);
  EXPECT_FALSE(config.tolerance.required_matched_ratio.has_value());
  EXPECT_EQ(config.timeout_seconds, 300);
  EXPECT_TRUE(config.profile_baseline);
  EXPECT_TRUE(config.extra.object().empty());
}

TEST(Config, RelaxesMixtureOfExpertsAndSampling) {
  EXPECT_EQ(ConfigSource().resolve("moe", "m").tolerance.required_matched_ratio, 0.95);
  const EvaluationConfig sampling = ConfigSource().resolve("sampling", "s");
  EXPECT_EQ(sampling.num_trials, 1);
  EXPECT_EQ(sampling.extra.find("sampling_validation_trials")->integer(), 100);
  EXPECT_EQ(sampling.extra.find("sampling_tvd_threshold")->number(), 0.2);
}

constexpr const char* kLayers = R"(
atol: 0.5
op_type_config:
  gemm:
    rtol: 0.1
    atol: 0.1
    num_trials: 7
    extra: {a: 1, b: 2}
definition_config:
  gemm_n128_k2048:
    rtol: 0.2
    warmup_runs: 0
    iterations: null
    extra: {b: 3}
)";

TEST(Config, LetsTheDefinitionWinOverTheOpTypeAndTheTopLevelOverBoth) {
  const EvaluationConfig config = parse(kLayers).resolve("gemm", "gemm_n128_k2048");
  EXPECT_EQ(config.tolerance.rtol, 0.2);
  EXPECT_EQ(config.tolerance.atol, 0.5);
  EXPECT_EQ(config.num_trials, 7);
  EXPECT_EQ(config.warmup_runs, 0);
  EXPECT_EQ(config.iterations, 50);
}

TEST(Config, MergesExtraMemberByMember) {
  const EvaluationConfig config = parse(kLayers).resolve("gemm", "gemm_n128_k2048");
  EXPECT_EQ(config.extra.find("a")->integer(), 1);
  EXPECT_EQ(config.extra.find("b")->integer(), 3);
}

TEST(Config, FromAFileReplacesTheBuiltInTables) {
  EXPECT_FALSE(parse("rtol: 0.3").resolve("moe", "m").tolerance.required_matched_ratio.has_value());
  EXPECT_EQ(parse("").resolve("moe", "m").iterations, 50);
}

TEST(Config, TakesSamplingParametersAtTheTopLevel) {
  const EvaluationConfig config = parse("sampling_tvd_threshold: 0.5").resolve("sampling", "s");
  EXPECT_EQ(config.extra.find("sampling_tvd_threshold")->number(), 0.5);
}

TEST(Config, NamesUnknownKeysWithTheirPlaceAndTheNearestKey) {
  const std::string message = refusal("rtol: 0.1\nmin_trials: 2\nnum_trails: 3\n");
  EXPECT_THAT(message, HasSubstr("eval.yaml:3:1"));
  EXPECT_THAT(message, HasSubstr("the evaluation config has no key \"num_trails\"; did you mean "
                                 "\"num_trials\"?"));
  EXPECT_THAT(message, HasSubstr("eval.yaml:2:1"));
  EXPECT_THAT(
      refusal("op_type_config:\n  moe:\n    rtool: 1\n"),
      HasSubstr("eval.yaml:3:5: error: op_type_config \"moe\" has no key \"rtool\"; did you "
                "mean \"rtol\"?"));
  EXPECT_THAT(refusal("extra: {}"), HasSubstr("has no key \"extra\""));
}

TEST(Config, RefusesValuesOutOfRange) {
  EXPECT_THAT(refusal("rtol: 0"), HasSubstr("\"rtol\" must be above 0, not 0"));
  EXPECT_THAT(refusal("iterations: 0"), HasSubstr("\"iterations\" must be above 0, not 0"));
  EXPECT_THAT(refusal("warmup_runs: -1"), HasSubstr("\"warmup_runs\" must be at least 0, not -1"));
  EXPECT_THAT(refusal("iterations: 1.5"), HasSubstr("\"iterations\" must be an integer"));
  EXPECT_THAT(refusal("atol: small"), HasSubstr("\"atol\" must be a number, not a string"));
  EXPECT_THAT(refusal("required_matched_ratio: 1.5"),
              HasSubstr("\"required_matched_ratio\" must be above 0 and at most 1, not 1.5"));
  EXPECT_THAT(refusal("op_type_config: [moe]"), HasSubstr("\"op_type_config\" must be an object"));
  EXPECT_THAT(refusal("[1, 2]"), HasSubstr("the evaluation config must be an object"));
}

TEST(Config, RefusesSelectionsRatherThanIgnoreThem) {
  EXPECT_THAT(refusal("definitions: [gemm]"), HasSubstr("choose cases with ctest -R"));
}

TEST(Config, LetsACommandLineOptionWin) {
  ConfigSource source = parse(kLayers);
  source.set("rtol", 0.25);
  source.set("num_trials", 2);
  const EvaluationConfig config = source.resolve("gemm", "gemm_n128_k2048");
  EXPECT_EQ(config.tolerance.rtol, 0.25);
  EXPECT_EQ(config.num_trials, 2);
  try {
    source.set("rtol", "much");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Usage);
    EXPECT_STREQ(error.what(), "\"rtol\" must be a number, not a string");
  }
}

}  // namespace
}  // namespace fitest
