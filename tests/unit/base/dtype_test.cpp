// SPDX-License-Identifier: Apache-2.0
#include "base/dtype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::ElementsAre;

TEST(DTypeTest, TheSchemaHasElevenNames) {
  EXPECT_THAT(official_dtype_names(),
              ElementsAre("float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2",
                          "float4_e2m1", "int64", "int32", "int16", "int8", "bool"));
}

TEST(DTypeTest, EveryOfficialNameIsFoundAgain) {
  for (const std::string& name : official_dtype_names()) {
    const auto dtype = dtype_from_name(name);
    ASSERT_TRUE(dtype) << name;
    EXPECT_TRUE(is_official(*dtype));
    EXPECT_EQ(name_of(*dtype), name);
    EXPECT_EQ(dtype_from_safetensors_name(safetensors_name_of(*dtype)), dtype);
  }
}

TEST(DTypeTest, OtherNamesAreNone) {
  EXPECT_FALSE(dtype_from_name("half"));
  EXPECT_FALSE(dtype_from_safetensors_name("F12"));
  EXPECT_FALSE(is_official(DType::Float64));
}

TEST(DTypeTest, PackedElementsTakeHalfAByteRoundedUp) {
  EXPECT_EQ(bytes_for(DType::Float4E2M1, 3), 2u);
  EXPECT_EQ(bytes_for(DType::Float4E2M1, 4), 2u);
  EXPECT_EQ(bytes_for(DType::BFloat16, 3), 6u);
  EXPECT_EQ(bytes_for(DType::Int64, 0), 0u);
}

}  // namespace
}  // namespace fitest
