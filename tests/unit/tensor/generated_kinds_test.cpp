// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "base/small_float.h"
#include "tensor/generate.h"

namespace fitest {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const GeneratorKey kKey{
    .seed = 1, .definition = "d", .workload_uuid = "u", .input = "x", .trial = 0};

GeneratorSpec spec(const std::string& kind, const std::map<std::string, double>& numbers = {}) {
  return {.kind = kind, .numbers = numbers, .texts = {}};
}

std::vector<double> values_of(const Tensor& tensor) {
  std::vector<double> values(tensor.count());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = element_as_double(tensor, i);
  return values;
}

std::vector<double> make(const GeneratorSpec& spec, DType dtype, const Shape& shape) {
  return values_of(generate(spec, dtype, shape, kKey));
}

std::string refusal(const GeneratorSpec& spec, DType dtype, const Shape& shape) {
  try {
    generate(spec, dtype, shape, kKey);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    return error.what();
  }
  return "no error";
}

TEST(Generate, FillsConstantsZerosAndOnes) {
  EXPECT_THAT(make(spec("constant", {{"value", -2.5}}), DType::Float4E2M1, {5}), Each(-2.0));
  EXPECT_THAT(make(spec("constant", {{"value", 7}}), DType::Int32, {5000}), Each(7.0));
  EXPECT_THAT(make(spec("zeros"), DType::BFloat16, {3}), Each(0.0));
  EXPECT_THAT(make(spec("ones"), DType::Bool, {3}), Each(1.0));
}

TEST(Generate, CountsWithArange) {
  EXPECT_THAT(make(spec("arange"), DType::Int64, {4}), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(make(spec("arange", {{"start", 1}, {"step", 0.5}}), DType::Float32, {3}),
              ElementsAre(1, 1.5, 2));
}

TEST(Generate, DrawsUniformAndNormalWithTheirParameters) {
  const auto uniform = make(spec("uniform", {{"low", -3}, {"high", 5}}), DType::Float32, {100000});
  EXPECT_GE(*std::min_element(uniform.begin(), uniform.end()), -3);
  EXPECT_LE(*std::max_element(uniform.begin(), uniform.end()), 5);
  EXPECT_NEAR(std::accumulate(uniform.begin(), uniform.end(), 0.0) / 1e5, 1, 0.05);
  const auto normal = make(spec("normal", {{"mean", 10}, {"std", 2}}), DType::Float32, {100000});
  const double mean = std::accumulate(normal.begin(), normal.end(), 0.0) / 1e5;
  double variance = 0;
  for (const double value : normal) variance += (value - mean) * (value - mean) / 1e5;
  EXPECT_NEAR(mean, 10, 0.04);
  EXPECT_NEAR(variance, 4, 0.1);
}

TEST(Generate, DrawsIntegersUpToButNotIncludingHigh) {
  const auto values = make(spec("randint", {{"low", -2}, {"high", 3}}), DType::Int32, {1000});
  EXPECT_THAT(std::set<double>(values.begin(), values.end()), ElementsAre(-2, -1, 0, 1, 2));
}

TEST(Generate, PermutesWithoutRepetition) {
  auto values = make(spec("permutation", {{"of", 1000}}), DType::Int32, {10, 100});
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(values[static_cast<std::size_t>(i)], i);
  const auto part = make(spec("permutation", {{"of", 1 << 20}}), DType::Int64, {50});
  EXPECT_EQ(std::set<double>(part.begin(), part.end()).size(), 50u);
  EXPECT_GT(*std::max_element(part.begin(), part.end()), 1000);
}

TEST(Generate, PermutesUniformly) {
  std::map<std::vector<double>, int> seen;
  GeneratorKey key = kKey;
  for (key.trial = 0; key.trial < 6000; ++key.trial) {
    ++seen[values_of(generate(spec("permutation", {{"of", 3}}), DType::Int32, {3}, key))];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [order, count] : seen) EXPECT_NEAR(count, 1000, 150);
}

void expect_offsets(const std::vector<double>& offsets, double total, double min) {
  EXPECT_EQ(offsets.front(), 0);
  EXPECT_EQ(offsets.back(), total);
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    ASSERT_GE(offsets[i] - offsets[i - 1], min);
  }
}

TEST(Generate, CutsATotalIntoSegments) {
  for (const std::int64_t rows : {1, 2, 3, 5, 64, 1000}) {
    for (const double total : {0.0, 1.0, 7.0, 1000.0, 123456.0}) {
      expect_offsets(make(spec("indptr", {{"total", total}}), DType::Int32, {rows + 1}), total, 0);
    }
    const double total = 3.0 * static_cast<double>(rows) + 17;
    expect_offsets(make(spec("indptr", {{"total", total}, {"min", 3}}), DType::Int64, {rows + 1}),
                   total, 3);
  }
  EXPECT_THAT(make(spec("indptr", {{"total", 0}}), DType::Int32, {1}), ElementsAre(0));
}

TEST(Generate, LeavesSomeRowsOfAnIndptrEmptyAndOthersOfDifferentLengths) {
  const auto offsets = make(spec("indptr", {{"total", 1e6}}), DType::Int32, {65});
  std::multiset<double> lengths;
  for (std::size_t i = 1; i < offsets.size(); ++i) lengths.insert(offsets[i] - offsets[i - 1]);
  EXPECT_EQ(lengths.count(0), 8u);
  EXPECT_GT(*lengths.rbegin(), 2 * 1e6 / 64);
}

TEST(Generate, MakesRowsOfSoftmaxSumToOne) {
  const auto values = make(spec("softmax"), DType::Float32, {3, 1000});
  for (std::size_t row = 0; row < 3; ++row) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(1000 * row);
    EXPECT_NEAR(std::accumulate(begin, begin + 1000, 0.0), 1, 1e-5);
    // exp of a normal variate: the largest of a thousand is some forty times the mean of e^½.
    EXPECT_GT(*std::max_element(begin, begin + 1000), 0.005);
    EXPECT_GT(*std::min_element(begin, begin + 1000), 0);
  }
}

TEST(Generate, CachesCosinesThenSinesForRope) {
  const auto values = make(spec("rope_cos_sin", {{"base", 500000}}), DType::Float32, {4096, 64});
  for (const std::size_t position : {0u, 1u, 17u, 4095u}) {
    for (std::size_t j = 0; j < 32; ++j) {
      const double angle =
          static_cast<double>(position) * std::pow(500000.0, -static_cast<double>(j) / 32);
      EXPECT_NEAR(values[position * 64 + j], std::cos(angle), 1e-7);
      EXPECT_NEAR(values[position * 64 + 32 + j], std::sin(angle), 1e-7);
    }
  }
}

TEST(Generate, SortsRowsAndKeepsScalesPositive) {
  const auto sorted = make(spec("sorted", {{"high", 50}}), DType::Int32, {2, 300});
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.begin() + 300));
  EXPECT_TRUE(std::is_sorted(sorted.begin() + 300, sorted.end()));
  EXPECT_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
  EXPECT_THAT(make(spec("fp8_block_scale"), DType::Float32, {1000}),
              Each(::testing::AllOf(::testing::Ge(0x1p-5), ::testing::Le(0x1p-2))));
}

TEST(Generate, WritesOddRowsOfFloat4WithoutTouchingTheirNeighbours) {
  const auto values = make(spec("sorted", {{"high", 7}}), DType::Float4E2M1, {999, 3});
  for (std::size_t row = 0; row < 999; ++row) {
    ASSERT_LE(values[3 * row], values[3 * row + 1]);
    ASSERT_LE(values[3 * row + 1], values[3 * row + 2]);
  }
}

// The packing of flashinfer-bench: codes of all tokens of a page, then their scales; every token's
// largest key becomes 448.
TEST(Generate, PacksTheKeyCacheOfDeepGemm) {
  const Tensor cache = generate(spec("deep_gemm_fp8_cache"), DType::Int8, {3, 64, 1, 132}, kKey);
  double squares = 0;
  for (std::size_t page = 0; page < 3; ++page) {
    const auto bytes = cache.as<std::uint8_t>().subspan(page * 64 * 132, 64 * 132);
    for (std::size_t token = 0; token < 64; ++token) {
      float scale = 0;
      std::memcpy(&scale, bytes.data() + 64 * 128 + token * 4, 4);
      float largest = 0;
      for (std::size_t i = 0; i < 128; ++i) {
        const float code = e4m3fn_to_float(bytes[token * 128 + i]);
        largest = std::max(largest, std::fabs(code));
        squares += std::pow(static_cast<double>(code * scale), 2);
      }
      ASSERT_EQ(largest, 448.0f);
      ASSERT_GT(scale, 1.5f / 448);
      ASSERT_LT(scale, 6.0f / 448);
    }
  }
  EXPECT_NEAR(squares / (3 * 64 * 128), 1, 0.05);
  EXPECT_THAT(refusal(spec("deep_gemm_fp8_cache"), DType::Int8, {3, 64, 132}),
              HasSubstr("needs int8 of shape [num_pages, page_size, 1, head_dim + 4]"));
}

// SHA-256 of each kind's bytes: a change of any of them changes what every user tests with.
TEST(Generate, KeepsItsBits) {
  const auto digest = [](const GeneratorSpec& what, DType dtype, const Shape& shape) {
    const Tensor tensor = generate(what, dtype, shape, kKey);
    const auto* text = reinterpret_cast<const char*>(tensor.data());
    return sha256_hex(std::string_view(text, tensor.size_bytes())).substr(0, 16);
  };
  EXPECT_EQ(digest(spec("uniform"), DType::Float32, {10001}), "735eef49d6e3f4d5");
  EXPECT_EQ(digest(spec("normal"), DType::BFloat16, {10001}), "3bc7f10b72328f50");
  EXPECT_EQ(digest(spec("randint", {{"high", 100}}), DType::Int32, {10001}), "f2ad13ebb3806e9c");
  EXPECT_EQ(digest(spec("permutation", {{"of", 2000}}), DType::Int32, {1001}), "4a833c828b70d34b");
  EXPECT_EQ(digest(spec("indptr", {{"total", 99999}}), DType::Int32, {65}), "d9a45ca76be4673b");
  EXPECT_EQ(digest(spec("softmax"), DType::Float32, {4, 1000}), "a30291ca20654313");
  EXPECT_EQ(digest(spec("rope_cos_sin"), DType::Float32, {2048, 64}), "f8ea91a6fcb9b895");
  EXPECT_EQ(digest(spec("deep_gemm_fp8_cache"), DType::Int8, {3, 64, 1, 132}), "e9e7c313013c6ee8");
}

TEST(Generate, NamesTheNearestKindAndParameter) {
  EXPECT_EQ(refusal(spec("unifrom"), DType::Float32, {1}),
            "unknown kind \"unifrom\"; did you mean \"uniform\"?");
  EXPECT_THAT(refusal(spec("zipf-like"), DType::Float32, {1}), HasSubstr("known kinds are arange"));
  EXPECT_EQ(refusal(spec("indptr", {{"totel", 1}}), DType::Int32, {2}),
            "kind \"indptr\": unknown parameter \"totel\"; did you mean \"total\"?");
  EXPECT_EQ(refusal(spec("zeros", {{"value", 1}}), DType::Int32, {2}),
            "kind \"zeros\": unknown parameter \"value\"; it takes none");
  EXPECT_EQ(refusal(spec("constant"), DType::Int32, {2}),
            "kind \"constant\": the parameter \"value\" is missing");
  EXPECT_EQ(refusal({"constant", {}, {{"value", "one"}}}, DType::Int32, {2}),
            "kind \"constant\": \"value\" must be a number, not \"one\"");
}

TEST(Generate, RefusesWhatTheDtypeOrShapeCannotHold) {
  EXPECT_THAT(refusal(spec("constant", {{"value", 300}}), DType::Int8, {1}),
              HasSubstr("the value 300 does not fit int8"));
  EXPECT_THAT(refusal(spec("arange"), DType::Int8, {200}),
              HasSubstr("the last value 199 does not fit int8"));
  EXPECT_THAT(refusal(spec("normal"), DType::Int8, {1}),
              HasSubstr("needs a floating-point dtype, not int8"));
  EXPECT_THAT(refusal(spec("permutation", {{"of", 5}}), DType::Float32, {1}),
              HasSubstr("needs an integer dtype, not float32"));
  EXPECT_THAT(refusal(spec("permutation", {{"of", 5}}), DType::Int32, {2, 3}),
              HasSubstr("shape [2, 3] has 6 elements, but only 5 different values exist"));
  EXPECT_THAT(refusal(spec("indptr", {{"total", 5}, {"min", 3}}), DType::Int32, {3}),
              HasSubstr("2 rows of at least 3 are more than \"total\" 5"));
  EXPECT_THAT(refusal(spec("indptr", {{"total", 5e9}}), DType::Int32, {3}),
              HasSubstr("\"total\" 5000000000 does not fit int32"));
  EXPECT_THAT(refusal(spec("indptr", {{"total", 5}}), DType::Int32, {3, 3}),
              HasSubstr("needs a shape [rows + 1], not [3, 3]"));
  EXPECT_THAT(refusal(spec("randint", {{"low", 5}, {"high", 5}}), DType::Int32, {3}),
              HasSubstr("\"low\" 5 must be below \"high\" 5"));
  EXPECT_THAT(refusal(spec("randint", {{"high", 2.5}}), DType::Int32, {3}),
              HasSubstr("\"high\" must be an integer, not 2.5"));
}

}  // namespace
}  // namespace fitest
