// SPDX-License-Identifier: Apache-2.0
// The cases of a dataset as GoogleTest tests, and a function of one's own that is checked against a
// Definition.
#include <fitest/gtest.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <vector>

namespace {

using fitest::MatchesDefinition;
using fitest::Problem;

// What a user tests: y = factor * x.
std::vector<float> scale(std::span<const float> x, double factor) {
  std::vector<float> y;
  for (const float value : x) y.push_back(value * static_cast<float>(factor));
  return y;
}

TEST(Scale, MatchesTheDefinitionOnRandomInputs) {
  Problem problem = Problem::of_axes(KERNELS, "scale_n256", {{"rows", 3}});
  problem.set_input("factor", std::vector<float>{2.5F});
  EXPECT_THAT(scale(problem.input<float>("x"), 2.5), MatchesDefinition(problem, "y"));
}

TEST(Scale, MatchesTheDefinitionOnAWorkload) {
  const Problem problem = Problem::of_workload(KERNELS, "scale_n256", "2222");
  EXPECT_EQ(problem.shape("y"), (std::vector<std::int64_t>{33, 256}));
  EXPECT_EQ(problem.scalar("factor"), -0.5);
  EXPECT_THAT(scale(problem.input<float>("x"), problem.scalar("factor")),
              MatchesDefinition(problem, "y"));
}

TEST(Scale, MatchesTheDefinitionOnOnesOwnInputs) {
  Problem problem = Problem::of_workload(KERNELS, "scale_n256", "1111");
  const std::vector<float> ones(problem.element_count("x"), 1.0F);
  problem.set_input("x", ones);
  EXPECT_THAT(std::vector<float>(256, 2.5F), MatchesDefinition(problem, "y"));
  EXPECT_THAT(std::vector<float>(256, 2.0F), testing::Not(MatchesDefinition(problem, "y")));
}

// These fail, to show how.
class DISABLED_Failures : public testing::Test {
 protected:
  Problem problem_ = Problem::of_workload(KERNELS, "scale_n256", "1111");
};

TEST_F(DISABLED_Failures, OneWrongElement) {
  std::vector<float> y = scale(problem_.input<float>("x"), problem_.scalar("factor"));
  y[17] = std::nanf("");
  EXPECT_THAT(y, MatchesDefinition(problem_, "y"));
}

TEST_F(DISABLED_Failures, WrongSize) {
  EXPECT_THAT(std::vector<float>(255), MatchesDefinition(problem_, "y"));
}

TEST_F(DISABLED_Failures, WrongType) {
  EXPECT_THAT(std::vector<double>(256), MatchesDefinition(problem_, "y"));
}

TEST_F(DISABLED_Failures, WrongName) {
  EXPECT_THAT(std::vector<float>(256), MatchesDefinition(problem_, "z"));
}

TEST(DISABLED_Problem, WrongAxes) {
  Problem::of_axes(KERNELS, "scale_n256", {{"row", 3}});
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const char* dataset = std::getenv("MY_DATASET");
  fitest::register_cases({.dataset = dataset == nullptr ? KERNELS : dataset, .device = "virtual"});
  return RUN_ALL_TESTS();
}
