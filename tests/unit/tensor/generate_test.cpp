// SPDX-License-Identifier: Apache-2.0
#include "tensor/generate.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "tensor/normal.h"
#include "tensor/random_words.h"

namespace fitest {
namespace {

const GeneratorKey kKey{
    .seed = 1, .definition = "d", .workload_uuid = "u", .input = "x", .trial = 2};

std::vector<float> draw(DType dtype, std::int64_t count) {
  const Tensor tensor = generate_random(dtype, {count}, kKey);
  std::vector<float> values(static_cast<std::size_t>(count));
  to_float(tensor, 0, values);
  return values;
}

double moment(const std::vector<float>& values, int power) {
  double sum = 0;
  for (const float value : values) sum += std::pow(static_cast<double>(value), power);
  return sum / static_cast<double>(values.size());
}

// Bounds are five standard errors of each moment.
TEST(GenerateRandom, DrawsStandardNormalMoments) {
  const auto values = draw(DType::Float32, 1 << 20);
  const double n = 1 << 20;
  EXPECT_NEAR(moment(values, 1), 0, 5 / std::sqrt(n));
  EXPECT_NEAR(moment(values, 2), 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(moment(values, 3), 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(moment(values, 4), 3, 5 * std::sqrt(96 / n));
}

// Kolmogorov and Smirnov's statistic against Φ; 1.95 / √n is exceeded once in a thousand draws.
TEST(GenerateRandom, FollowsTheNormalDistribution) {
  auto values = draw(DType::Float32, 1 << 20);
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double phi = std::erfc(-static_cast<double>(values[i]) / std::sqrt(2.0)) / 2;
    distance = std::max({distance, std::fabs(phi - static_cast<double>(i) / n),
                         std::fabs(phi - static_cast<double>(i + 1) / n)});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(n));
  EXPECT_LT(values.front(), -4.2f);
  EXPECT_GT(values.back(), 4.2f);
}

TEST(GenerateRandom, RoundsTheSameDrawsIntoHalfTypes) {
  const auto exact = draw(DType::Float32, 10007);
  const auto half = draw(DType::Float16, 10007);
  const auto brain = draw(DType::BFloat16, 10007);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    ASSERT_NEAR(half[i], exact[i], std::max(std::fabs(exact[i]) * 0x1p-11, 0x1p-25));
    ASSERT_NEAR(brain[i], exact[i], std::fabs(exact[i]) * 0x1p-8);
  }
}

TEST(GenerateRandom, ClampsNarrowFloatsToTwo) {
  for (const DType dtype : {DType::Float8E4M3Fn, DType::Float8E5M2, DType::Float4E2M1}) {
    const auto values = draw(dtype, 100001);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_EQ(*low, -2.0f);
    EXPECT_EQ(*high, 2.0f);
    EXPECT_NEAR(moment(values, 1), 0, 0.02);
    EXPECT_NEAR(moment(values, 2), 0.92, 0.03);
  }
}

TEST(GenerateRandom, DrawsWholeRangesOfIntegers) {
  const std::map<DType, float> bounds{
      {DType::Int8, 128}, {DType::Int16, 1024}, {DType::Int32, 1024}, {DType::Int64, 1024}};
  for (const auto& [dtype, bound] : bounds) {
    const auto values = draw(dtype, 200000);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_EQ(*low, -bound);
    EXPECT_EQ(*high, bound - 1);
    EXPECT_EQ(std::set<float>(values.begin(), values.end()).size(), 2 * bound);
    EXPECT_NEAR(moment(values, 1), -0.5, bound * 0.01);
  }
}

TEST(GenerateRandom, DrawsBoolsFairly) {
  const auto values = draw(DType::Bool, 100000);
  EXPECT_NEAR(moment(values, 1), 0.5, 0.01);
  EXPECT_THAT(std::set<float>(values.begin(), values.end()), ::testing::ElementsAre(0.0f, 1.0f));
}

TEST(GenerateRandom, HasNoDistributionForUnofficialDtypes) {
  try {
    generate_random(DType::UInt8, {1}, kKey);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "dtype uint8 has no random distribution");
  }
}

TEST(GenerateRandom, KeepsItsBits) {
  const auto digest = [](DType dtype) {
    const Tensor tensor = generate_random(dtype, {7, 30001}, kKey);
    const auto* text = reinterpret_cast<const char*>(tensor.data());
    return sha256_hex(std::string_view(text, tensor.size_bytes())).substr(0, 16);
  };
  EXPECT_EQ(digest(DType::Float32), "312c2e8e89aca465");
  EXPECT_EQ(digest(DType::Float16), "c69e2b4bab203617");
  EXPECT_EQ(digest(DType::BFloat16), "747f3a163865d55b");
  EXPECT_EQ(digest(DType::Float8E4M3Fn), "ed4c75c4ac59de38");
  EXPECT_EQ(digest(DType::Float4E2M1), "58ce867cbfcac931");
  EXPECT_EQ(digest(DType::Int64), "b673fc440e3034cb");
}

TEST(GenerateRandom, GivesEveryElementItsOwnWordWhateverTheSize) {
  const Tensor tensor = generate_random(DType::Float32, {3, 70001}, kKey);
  const RandomWords random(kKey);
  for (std::size_t i = 0; i < tensor.count(); i += 101) {
    ASSERT_EQ(tensor.as<float>()[i], normal_from_word(random.word(i)));
  }
}

TEST(GenerateRandom, DrawsScalarsAsTheFirstElement) {
  const Tensor tensor = generate_random(DType::BFloat16, {4}, kKey);
  EXPECT_EQ(generate_random_scalar(DType::BFloat16, kKey), element_as_double(tensor, 0));
  EXPECT_EQ(generate_random_scalar(DType::Int32, kKey),
            element_as_double(generate_random(DType::Int32, {}, kKey), 0));
}

}  // namespace
}  // namespace fitest
