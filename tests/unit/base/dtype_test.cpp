// SPDX-License-Identifier: Apache-2.0
#include "base/dtype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace fitest {
namespace {

constexpr DType kAll[] = {
#define FITEST_DTYPE(enumerator, name, safetensors, bits, kind, official) DType::enumerator,
#include "base/dtype.def"
#undef FITEST_DTYPE
};

TEST(DType, TheElevenOfTheSchemaAreOfficial) {
  EXPECT_THAT(official_dtype_names(),
              ::testing::UnorderedElementsAre("float32", "float16", "bfloat16", "float8_e4m3fn",
                                              "float8_e5m2", "float4_e2m1", "int64", "int32",
                                              "int16", "int8", "bool"));
}

TEST(DType, EveryNameLeadsBackToItsType) {
  std::set<std::string_view> names;
  for (const DType dtype : kAll) {
    EXPECT_EQ(dtype_from_name(name_of(dtype)), dtype);
    EXPECT_EQ(dtype_from_safetensors_name(safetensors_name_of(dtype)), dtype);
    names.insert(name_of(dtype));
  }
  EXPECT_EQ(names.size(), std::size(kAll));
}

TEST(DType, OtherNamesAreUnknown) {
  for (const char* name : {"", "float", "Float32", "float8_e4m3", "F32"}) {
    EXPECT_EQ(dtype_from_name(name), std::nullopt) << name;
  }
  EXPECT_EQ(dtype_from_safetensors_name("float32"), std::nullopt);
}

TEST(DType, FactsOfSomeTypes) {
  EXPECT_EQ(bits_of(DType::BFloat16), 16u);
  EXPECT_EQ(bits_of(DType::Float4E2M1), 4u);
  EXPECT_EQ(bits_of(DType::Bool), 8u);
  EXPECT_EQ(kind_of(DType::Float8E5M2), DTypeKind::Float);
  EXPECT_EQ(kind_of(DType::Int8), DTypeKind::Signed);
  EXPECT_EQ(kind_of(DType::UInt64), DTypeKind::Unsigned);
  EXPECT_EQ(kind_of(DType::Bool), DTypeKind::Bool);
}

TEST(DType, FourBitTypesPackTwoToAByte) {
  EXPECT_EQ(bytes_for(DType::Float4E2M1, 0), 0u);
  EXPECT_EQ(bytes_for(DType::Float4E2M1, 7), 4u);
  EXPECT_EQ(bytes_for(DType::Float4E2M1, 8), 4u);
  EXPECT_EQ(bytes_for(DType::Float32, 3), 12u);
}

}  // namespace
}  // namespace fitest
