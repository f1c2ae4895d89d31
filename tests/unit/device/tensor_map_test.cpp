// SPDX-License-Identifier: Apache-2.0
#include "device/tensor_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using testing::ElementsAre;

TensorMap tile_of_matrix() {
  TensorMap map;
  map.dtype = DType::BFloat16;
  map.shape = {4096, 2048};
  map.stride_bytes = dense_stride_bytes(map.dtype, map.shape);
  map.box = {64, 64};
  map.step = {1, 1};
  map.swizzle = 3;
  return map;
}

TEST(TensorMap, TileOfAMatrixIsFine) {
  EXPECT_EQ(problem_of(tile_of_matrix()), std::nullopt);
}

TEST(TensorMap, DenseStridesAreOfAllButTheLastDimension) {
  EXPECT_THAT(dense_stride_bytes(DType::Float16, {2, 3, 8}), ElementsAre(48, 16));
  EXPECT_THAT(dense_stride_bytes(DType::Float32, {5}), ElementsAre());
}

struct BrokenRule {
  const char* name;
  void (*change)(TensorMap&);
  const char* problem;
};
class BrokenTensorMap : public testing::TestWithParam<BrokenRule> {};

TEST_P(BrokenTensorMap, IsToldWhichRuleItBreaks) {
  TensorMap map = tile_of_matrix();
  GetParam().change(map);
  EXPECT_EQ(problem_of(map), GetParam().problem);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BrokenTensorMap,
    testing::Values(BrokenRule{"rank", [](TensorMap& map) { map.shape.assign(6, 16); },
                               "the tensor has 6 dimensions, a tensor map 1 to 5"},
                    BrokenRule{"box_rank", [](TensorMap& map) { map.box = {64}; },
                               "box has 1 dimensions, the tensor 2"},
                    BrokenRule{"step_rank", [](TensorMap& map) { map.step = {1}; },
                               "step has 1 dimensions, the tensor 2"},
                    BrokenRule{"stride_rank", [](TensorMap& map) { map.stride_bytes.clear(); },
                               "stride_bytes has 0 dimensions, expected 1: all but the last"},
                    BrokenRule{"extent", [](TensorMap& map) { map.shape[0] = 0; },
                               "extent 0 is 0, expected 1 to 2^32"},
                    BrokenRule{"box", [](TensorMap& map) { map.box[0] = 257; },
                               "box extent 0 is 257, expected 1 to 256"},
                    BrokenRule{"step", [](TensorMap& map) { map.step[1] = 9; },
                               "step 1 is 9, expected 1 to 8"},
                    BrokenRule{"stride", [](TensorMap& map) { map.stride_bytes[0] = 4098; },
                               "stride 0 is 4098 bytes, expected a multiple of 16 below 2^40"},
                    BrokenRule{"row", [](TensorMap& map) { map.box[1] = 12; },
                               "a row of the box has 24 bytes, expected a multiple of 16"},
                    BrokenRule{"swizzle", [](TensorMap& map) { map.box[1] = 128; },
                               "a row of the box has 256 bytes, swizzle 128B allows 128"},
                    BrokenRule{"interleave", [](TensorMap& map) { map.interleave = 1; },
                               "interleave needs 3 dimensions or more, the tensor has 2"},
                    BrokenRule{"fill",
                               [](TensorMap& map) {
                                 map.dtype = DType::Int16;
                                 map.fill = 1;
                               },
                               "fill nan needs a floating-point dtype, not int16"},
                    BrokenRule{"dtype", [](TensorMap& map) { map.dtype = DType::Float4E2M1; },
                               "dtype float4_e2m1 has no tensor map"}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace fitest
