// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace fitest {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Tensor, StartsAsZeroesAlignedTo256Bytes) {
  for (const std::int64_t count : {1, 3, 1000, 1 << 14}) {
    const Tensor tensor(DType::Float32, {count});
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data()) % 256, 0u);
    EXPECT_THAT(tensor.bytes(), Each(std::byte{0}));
  }
}

TEST(Tensor, CopiesShareStorageAndClonesDoNot) {
  Tensor tensor(DType::Int32, {2});
  Tensor copy = tensor;
  Tensor clone = tensor.clone();
  tensor.as<std::int32_t>()[1] = 7;
  EXPECT_EQ(copy.as<std::int32_t>()[1], 7);
  EXPECT_EQ(clone.as<std::int32_t>()[1], 0);
  EXPECT_EQ(clone.shape(), tensor.shape());
}

TEST(Tensor, PacksTwoFloat4ElementsToAByteLowNibbleFirst) {
  Tensor tensor(DType::Float4E2M1, {3});
  const std::vector<float> values{1.0f, -6.0f, 0.5f};
  from_float(values, tensor, 0);
  EXPECT_THAT(tensor.as<std::uint8_t>(), ElementsAre(0xF2, 0x01));
  EXPECT_EQ(element_as_double(tensor, 1), -6.0);
  from_float(std::vector<float>{2.0f}, tensor, 1);
  EXPECT_THAT(tensor.as<std::uint8_t>(), ElementsAre(0x42, 0x01));
}

TEST(Tensor, MayBeEmpty) {
  const Tensor tensor(DType::BFloat16, {4, 0, 3});
  EXPECT_EQ(tensor.count(), 0u);
  EXPECT_EQ(tensor.size_bytes(), 0u);
  EXPECT_EQ(to_string(tensor.shape()), "[4, 0, 3]");
  to_float(tensor, 0, {});
}

TEST(Tensor, WithoutDimensionsHoldsOneElement) {
  EXPECT_EQ(Tensor(DType::Float32, {}).count(), 1u);
  EXPECT_EQ(Tensor().count(), 0u);
}

TEST(Tensor, RefusesNegativeExtentsAndSizesThatOverflow) {
  EXPECT_EQ(message_of([] {
              Tensor(DType::Float32, {2, -1});
            }),
            "shape [2, -1] has a negative extent");
  const std::int64_t huge = std::int64_t{1} << 32;
  EXPECT_THAT(message_of([&] {
                element_count({huge, huge});
              }),
              HasSubstr("more elements than 64 bits can count"));
  EXPECT_THAT(message_of([&] {
                Tensor(DType::Float64, {huge, huge / 4});
              }),
              HasSubstr("larger than the address space"));
  EXPECT_THAT(message_of([&] { Tensor(DType::Float32, {huge, 1 << 24}); }), HasSubstr("no memory"));
  EXPECT_EQ(element_count({huge, huge, 0}), 0u);
}

TEST(Tensor, HoldsAScalarOfEachDtype) {
  for (const DType dtype :
       {DType::Float64, DType::Float32, DType::Float16, DType::BFloat16, DType::Float8E4M3Fn,
        DType::Float8E5M2, DType::Float8E8M0Fnu, DType::Float4E2M1, DType::Int64, DType::Int32,
        DType::Int16, DType::Int8, DType::UInt64, DType::UInt32, DType::UInt16, DType::UInt8,
        DType::Bool}) {
    const Tensor tensor = scalar_tensor(dtype, 1);
    EXPECT_EQ(element_as_double(tensor, 0), 1.0) << name_of(dtype);
    EXPECT_EQ(element_as_integer(tensor, 0), 1) << name_of(dtype);
    float value = 0;
    to_float(tensor, 0, std::span(&value, 1));
    EXPECT_EQ(value, 1.0f) << name_of(dtype);
  }
}

TEST(Tensor, KeepsIntegersThatAFloatCannotHold) {
  EXPECT_EQ(element_as_integer(scalar_tensor(DType::Int64, 0x1.0000000000001p+53), 0),
            (std::int64_t{1} << 53) + 2);
  EXPECT_EQ(element_as_integer(scalar_tensor(DType::Int32, 16777217), 0), 16777217);
  Tensor tensor(DType::Int64, {1});
  tensor.as<std::int64_t>()[0] = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(element_as_integer(tensor, 0), std::numeric_limits<std::int64_t>::max());
}

TEST(Tensor, RoundsToEvenAndSaturatesWhenStoringIntegers) {
  Tensor tensor(DType::Int8, {6});
  from_float(std::vector<float>{2.5f, 3.5f, -2.5f, 1e9f, -1e9f, std::nanf("")}, tensor, 0);
  EXPECT_THAT(tensor.as<std::int8_t>(), ElementsAre(2, 4, -2, 127, -128, 0));
  EXPECT_EQ(element_as_integer(scalar_tensor(DType::Int64, 1e30), 0),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(element_as_integer(scalar_tensor(DType::Int64, -1e30), 0),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(element_as_double(scalar_tensor(DType::UInt8, -3), 0), 0.0);
  EXPECT_EQ(element_as_integer(scalar_tensor(DType::Float32, INFINITY), 0),
            std::numeric_limits<std::int64_t>::max());
}

TEST(Tensor, TakesAnythingButZeroAsTrue) {
  Tensor tensor(DType::Bool, {4});
  from_float(std::vector<float>{0.0f, 0.25f, -0.0f, std::nanf("")}, tensor, 0);
  EXPECT_THAT(tensor.as<std::uint8_t>(), ElementsAre(0, 1, 0, 1));
}

}  // namespace
}  // namespace fitest
