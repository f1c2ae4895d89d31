// SPDX-License-Identifier: Apache-2.0
#include "tensor/convert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/tensor.h"

namespace fitest {
namespace {

std::uint32_t bits(float value) {
  return std::bit_cast<std::uint32_t>(value);
}

// Every code's value, every midpoint between neighbours, one ulp to either side of each, the
// overflow boundaries, and a spread of all other floats.
std::vector<float> probes(const FloatFormat& format) {
  std::vector<float> values;
  const auto add_around = [&](float value) {
    for (const float near :
         {value, std::nextafter(value, -INFINITY), std::nextafter(value, INFINITY)}) {
      values.push_back(near);
      values.push_back(-near);
    }
  };
  for (std::uint32_t code = 0; code <= format.max_finite; ++code) {
    const float value = decode(format, code);
    add_around(value);
    if (code < format.max_finite) add_around((value + decode(format, code + 1)) / 2);
  }
  add_around(decode(format, format.max_finite) +
             (decode(format, format.max_finite) - decode(format, format.max_finite - 1)) / 2);
  for (std::uint64_t word = 0; word < (std::uint64_t{1} << 32); word += 65521) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(word)));
  }
  return values;
}

template <FloatFormat kFormat, Overflow kOverflow>
void expect_encodes_as_small_float() {
  for (const float value : probes(kFormat)) {
    const auto code = encode_branch_free<kFormat, kOverflow>(value);
    ASSERT_EQ(code, encode(kFormat, value, kOverflow)) << std::hexfloat << value;
  }
}

TEST(Convert, EncodesEveryFormatAsSmallFloatDoes) {
  expect_encodes_as_small_float<kFloat16, Overflow::Infinity>();
  expect_encodes_as_small_float<kFloat16, Overflow::Saturate>();
  expect_encodes_as_small_float<kFloat8E4M3Fn, Overflow::Nan>();
  expect_encodes_as_small_float<kFloat8E4M3Fn, Overflow::Saturate>();
  expect_encodes_as_small_float<kFloat8E5M2, Overflow::Infinity>();
  expect_encodes_as_small_float<kFloat4E2M1, Overflow::Saturate>();
}

TEST(Convert, DecodesEveryHalfAsSmallFloatDoes) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto half = static_cast<std::uint16_t>(code);
    ASSERT_EQ(bits(half_to_float_branch_free(half)), bits(half_to_float(half))) << code;
  }
}

struct DtypeFormat {
  DType dtype;
  const FloatFormat* format;
  Overflow overflow;
};

class ConvertTensor : public ::testing::TestWithParam<DtypeFormat> {};

TEST_P(ConvertTensor, StoresInBulkWhatSmallFloatEncodes) {
  const auto& [dtype, format, overflow] = GetParam();
  const std::vector<float> values = probes(*format);
  Tensor tensor(dtype, {static_cast<std::int64_t>(values.size())});
  from_float(values, tensor, 0);
  std::vector<float> back(values.size());
  to_float(tensor, 0, back);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const float expected = decode(*format, encode(*format, values[i], overflow));
    if (std::isnan(expected)) {  // float_to_bfloat16 drops the sign of a NaN, as PyTorch does
      ASSERT_TRUE(std::isnan(back[i]));
      continue;
    }
    ASSERT_EQ(bits(back[i]), bits(expected)) << std::hexfloat << values[i];
    if (i % 997 == 0) {
      ASSERT_EQ(element_as_double(tensor, i), static_cast<double>(expected));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, ConvertTensor,
    ::testing::Values(DtypeFormat{DType::Float16, &kFloat16, Overflow::Infinity},
                      DtypeFormat{DType::BFloat16, &kBFloat16, Overflow::Infinity},
                      DtypeFormat{DType::Float8E4M3Fn, &kFloat8E4M3Fn, Overflow::Nan},
                      DtypeFormat{DType::Float8E5M2, &kFloat8E5M2, Overflow::Infinity},
                      DtypeFormat{DType::Float4E2M1, &kFloat4E2M1, Overflow::Saturate}),
    [](const auto& instance) { return std::string(name_of(instance.param.dtype)); });

TEST(Convert, ReadsAndWritesAnyRangeOfAFloat4Tensor) {
  Tensor whole(DType::Float4E2M1, {9});
  const std::vector<float> values{0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -6};
  from_float(values, whole, 0);
  for (std::size_t first = 0; first < values.size(); ++first) {
    for (std::size_t last = first; last <= values.size(); ++last) {
      Tensor part = whole.clone();
      const std::vector<float> minus(last - first, -1.0f);
      from_float(minus, part, first);
      std::vector<float> read(values.size());
      to_float(part, 0, read);
      for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_EQ(read[i], i >= first && i < last ? -1.0f : values[i]);
      }
    }
  }
}

TEST(Convert, ReadsFromTheMiddleOfALargeTensor) {
  Tensor tensor(DType::Float16, {300001});
  std::vector<float> values(300001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 2048);
  from_float(values, tensor, 0);
  std::vector<float> part(250000);
  to_float(tensor, 40001, part);
  for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], values[40001 + i]);
}

TEST(Convert, StoresDoublesExactlyWhereTheDtypeHoldsThem) {
  Tensor tensor(DType::Float64, {2});
  from_double(std::vector<double>{0.1, 1e300}, tensor, 0);
  EXPECT_EQ(tensor.as<double>()[0], 0.1);
  EXPECT_EQ(tensor.as<double>()[1], 1e300);
}

}  // namespace
}  // namespace fitest
