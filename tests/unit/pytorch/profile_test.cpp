// SPDX-License-Identifier: Apache-2.0
#include "pytorch/profile.h"

#include <gtest/gtest.h>

#include <numeric>

#include "pytorch/engine.h"

namespace fitest::pytorch {
namespace {

const char* const kReference = R"(import torch

def scale(x):
    return x * 2

def run(x):
    for i in range(3):
        x = scale(x)
    y = torch.exp(x)
    return y[0] + y.sum()
)";

class Profiles : public testing::Test {
 protected:
  void SetUp() override {
    Tensor tensor(DType::Float32, {4});
    outputs_ = run_reference(make_source("r", kReference), {{"x", tensor}}, Limits{}, profile_);
  }
  const ProfileRow* find_line(std::size_t line) const {
    for (const ProfileRow& row : lines_) {
      if (row.line == line) return &row;
    }
    return nullptr;
  }
  const ProfileRow* find_operator(const std::string& name) const {
    for (const ProfileRow& row : operators_) {
      if (row.name == name) return &row;
    }
    return nullptr;
  }

  Profile profile_;
  std::vector<Tensor> outputs_;
  std::vector<ProfileRow> lines_;
  std::vector<ProfileRow> operators_;
};

TEST_F(Profiles, CountEveryLineAsOftenAsItRan) {
  lines_ = profile_.lines();
  ASSERT_NE(find_line(4), nullptr);
  EXPECT_EQ(find_line(4)->calls, 3U);
  EXPECT_EQ(find_line(7)->calls, 1U);
  EXPECT_EQ(find_line(8)->calls, 3U);
  EXPECT_EQ(find_line(10)->calls, 1U);
  EXPECT_EQ(find_line(5), nullptr);
}

TEST_F(Profiles, CountOperatorsByNameAndPythonsOwnBySpelling) {
  operators_ = profile_.operators();
  ASSERT_NE(find_operator("exp"), nullptr);
  EXPECT_EQ(find_operator("exp")->calls, 1U);
  EXPECT_EQ(find_operator("sum")->calls, 1U);
  EXPECT_EQ(find_operator("*")->calls, 3U);
  EXPECT_EQ(find_operator("+")->calls, 1U);
  EXPECT_EQ(find_operator("[]")->calls, 1U);
}

TEST_F(Profiles, TheLinesAddUpToTheWholeAndTheSlowestIsFirst) {
  lines_ = profile_.lines();
  const double sum =
      std::accumulate(lines_.begin(), lines_.end(), 0.0,
                      [](double total, const ProfileRow& row) { return total + row.milliseconds; });
  EXPECT_NEAR(sum, profile_.milliseconds(), 1e-6 * sum);
  for (std::size_t i = 1; i < lines_.size(); ++i) {
    EXPECT_GE(lines_[i - 1].milliseconds, lines_[i].milliseconds);
  }
}

TEST_F(Profiles, ChangeNoResult) {
  Tensor tensor(DType::Float32, {4});
  const auto plain = run_reference(make_source("r", kReference), {{"x", tensor}}, Limits{});
  EXPECT_EQ(plain.at(0).as<float>()[0], outputs_.at(0).as<float>()[0]);
}

}  // namespace
}  // namespace fitest::pytorch
