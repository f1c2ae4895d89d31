// SPDX-License-Identifier: Apache-2.0
#include "check/dsa_top_k.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/small_float.h"
#include "tensor/generate.h"

namespace fitest {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kPageSize = 4;
constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kWidth = 8;
constexpr std::int64_t kTopK = 6;

// Two sequences of 11 and 3 tokens in six pages.
struct Fixture {
  std::vector<NamedTensor> inputs;
  Tensor indices{DType::Int32, {2, kTopK}};

  Fixture() {
    const auto key = [](const char* name) { return GeneratorKey{7, "d", "u", name, 0}; };
    add("q_index_fp8", generate_random(DType::Float8E4M3Fn, {2, kHeads, kWidth}, key("q")));
    add("k_index_cache_fp8", generate({"deep_gemm_fp8_cache", {}, {}}, DType::Int8,
                                      {6, kPageSize, 1, kWidth + 4}, key("k")));
    add("weights",
        generate({"uniform", {{"low", 0.5}}, {}}, DType::Float32, {2, kHeads}, key("w")));
    add("seq_lens", integers({2}, {11, 3}));
    add("block_table", integers({2, 3}, {5, 0, 3, 2, 1, 4}));
    choose_best();
  }

  void add(const char* name, Tensor tensor) {
    inputs.push_back({.name = name, .tensor = std::move(tensor)});
  }

  static Tensor integers(const Shape& shape, const std::vector<std::int32_t>& values) {
    Tensor tensor(DType::Int32, shape);
    std::copy(values.begin(), values.end(), tensor.as<std::int32_t>().begin());
    return tensor;
  }

  // As the Definition's reference computes it.
  double score(std::size_t sequence, std::size_t token) const {
    const auto cache = inputs[1].tensor.as<std::uint8_t>();
    const std::uint8_t* page = cache.data() + token / kPageSize * kPageSize * (kWidth + 4);
    float scale = 0;
    std::memcpy(&scale, page + kPageSize * kWidth + token % kPageSize * 4, 4);
    double sum = 0;
    for (std::size_t head = 0; head < kHeads; ++head) {
      double dot = 0;
      for (std::size_t i = 0; i < kWidth; ++i) {
        const std::size_t q = (sequence * kHeads + head) * kWidth + i;
        dot += element_as_double(inputs[0].tensor, q) *
               static_cast<double>(e4m3fn_to_float(page[token % kPageSize * kWidth + i]) * scale);
      }
      sum += std::max(0.0, dot) * element_as_double(inputs[2].tensor, sequence * kHeads + head);
    }
    return sum;
  }

  void choose_best() {
    const std::vector<std::vector<std::size_t>> tokens = {{20, 21, 22, 23, 0, 1, 2, 3, 12, 13, 14},
                                                          {8, 9, 10}};
    for (std::size_t sequence = 0; sequence < 2; ++sequence) {
      std::vector<std::size_t> order = tokens[sequence];
      std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        return score(sequence, left) > score(sequence, right);
      });
      for (std::size_t i = 0; i < kTopK; ++i) {
        indices.as<std::int32_t>()[sequence * kTopK + i] =
            i < order.size() ? static_cast<std::int32_t>(order[i]) : -1;
      }
    }
  }

  Verdict judge(const Tensor& actual) const {
    const std::vector<NamedTensor> expected{{.name = "topk_indices", .tensor = indices}};
    const std::vector<NamedTensor> got{{.name = "topk_indices", .tensor = actual}};
    return evaluate(EvaluatorKind::DsaTopK, {inputs, expected, got}, {}).strict;
  }
};

TEST(DsaTopK, AcceptsTheSameIndicesInAnyOrder) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  std::reverse(actual.as<std::int32_t>().begin(), actual.as<std::int32_t>().begin() + kTopK);
  const Verdict verdict = fixture.judge(actual);
  EXPECT_EQ(verdict.status, Status::Passed) << verdict.message;
  EXPECT_EQ(verdict.max_absolute_error, 0);
}

TEST(DsaTopK, RefusesATokenWithALowerScore) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  const auto row = actual.as<std::int32_t>().first(kTopK);
  for (const std::int32_t token : {20, 21, 22, 23, 0, 1, 2, 3, 12, 13, 14}) {
    if (std::find(row.begin(), row.end(), token) == row.end()) {
      row[0] = token;
      break;
    }
  }
  const Verdict verdict = fixture.judge(actual);
  EXPECT_EQ(verdict.status, Status::IncorrectNumerical);
  EXPECT_FALSE(verdict.is_final);
  EXPECT_THAT(verdict.message, HasSubstr("topk_indices: the score at rank 0 of sequence 0 is"));
}

TEST(DsaTopK, RefusesTokensBeyondTheSequence) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  actual.as<std::int32_t>()[0] = 15;  // on the last page, but past the length
  const Verdict verdict = fixture.judge(actual);
  EXPECT_EQ(verdict.message, "topk_indices[0, 0]: 15 is no token of sequence 0, which has 11");
  EXPECT_TRUE(std::isinf(verdict.max_absolute_error));
  EXPECT_TRUE(verdict.is_final);
}

TEST(DsaTopK, RefusesTokensOfAnotherSequence) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  actual.as<std::int32_t>()[kTopK] = 20;
  EXPECT_THAT(fixture.judge(actual).message, HasSubstr("20 is no token of sequence 1"));
  actual.as<std::int32_t>()[kTopK] = 1 << 30;
  EXPECT_EQ(fixture.judge(actual).status, Status::IncorrectNumerical);
}

TEST(DsaTopK, RefusesDuplicates) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  actual.as<std::int32_t>()[1] = actual.as<std::int32_t>()[0];
  EXPECT_THAT(fixture.judge(actual).message, HasSubstr("occurs more than once for sequence 0"));
}

TEST(DsaTopK, RefusesPaddingInThePlaceOfATokenAndMissingPadding) {
  const Fixture fixture;
  Tensor actual = fixture.indices.clone();
  actual.as<std::int32_t>()[kTopK - 1] = -1;
  const Verdict verdict = fixture.judge(actual);
  EXPECT_EQ(verdict.status, Status::IncorrectNumerical);
  EXPECT_TRUE(std::isinf(verdict.max_relative_error));
  EXPECT_THAT(verdict.message, HasSubstr("is -inf, expected"));
}

TEST(DsaTopK, ChecksShapeAndDtypeFirst) {
  const Fixture fixture;
  EXPECT_EQ(fixture.judge(Tensor(DType::Int32, {2, 5})).status, Status::IncorrectShape);
  EXPECT_EQ(fixture.judge(Tensor(DType::Int64, {2, kTopK})).status, Status::IncorrectDtype);
}

TEST(DsaTopK, NamesAnInputThatIsMissing) {
  Fixture fixture;
  fixture.inputs.pop_back();
  try {
    fixture.judge(fixture.indices);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the DSA top-k evaluator needs an input \"block_table\"");
  }
}

TEST(Evaluate, SaysThatSamplingNeedsLaunches) {
  try {
    evaluate(EvaluatorKind::Sampling, {{}, {}, {}}, {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
  }
}

}  // namespace
}  // namespace fitest
