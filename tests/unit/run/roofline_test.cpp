// SPDX-License-Identifier: Apache-2.0
#include "run/roofline.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

TensorSpec tensor(const char* name, std::vector<std::string> shape, DType dtype) {
  TensorSpec spec;
  spec.name = name;
  spec.shape = std::move(shape);
  spec.dtype = dtype;
  return spec;
}

Definition gemm() {
  Definition definition;
  definition.name = "gemm_n128_k2048";
  definition.op_type = "gemm";
  definition.inputs = {tensor("A", {"M", "K"}, DType::Float16),
                       tensor("B", {"N", "K"}, DType::Float16)};
  definition.outputs = {tensor("C", {"M", "N"}, DType::Float16)};
  return definition;
}

const AxisValues kGemmAxes{{"M", 4096}, {"N", 128}, {"K", 2048}};

TEST(Work, CountsEachTensorOnce) {
  const Work work = work_of(gemm(), kGemmAxes);
  EXPECT_DOUBLE_EQ(work.bytes, 2.0 * (4096 * 2048 + 128 * 2048 + 4096 * 128));
  EXPECT_DOUBLE_EQ(work.flops.value(), 2.0 * 4096 * 128 * 2048);
  EXPECT_EQ(work.dtype, DType::Float16);
}

TEST(Work, OperationsAreUnknownWhereTheOpTypeDefinesNone) {
  Definition definition = gemm();
  definition.op_type = "moe";
  EXPECT_EQ(work_of(definition, kGemmAxes).flops, std::nullopt);
}

TEST(Work, OperationsAreUnknownWhereAnAxisIsMissing) {
  Definition definition = gemm();
  definition.op_type = "rmsnorm";
  EXPECT_EQ(work_of(definition, kGemmAxes).flops, std::nullopt);
}

TEST(Work, CacheCountsAsFarAsIndicesCanName) {
  Definition definition;
  definition.name = "gqa_paged_decode_h2_kv1_d8_ps1";
  definition.op_type = "gqa_paged";
  definition.inputs = {tensor("k_cache", {"num_pages", "head_dim"}, DType::BFloat16)};
  const Work work = work_of(definition, {{"num_pages", 1000},
                                         {"num_kv_indices", 10},
                                         {"head_dim", 8},
                                         {"num_qo_heads", 2},
                                         {"page_size", 1}});
  EXPECT_DOUBLE_EQ(work.bytes, 10 * 8 * 2);
  EXPECT_DOUBLE_EQ(work.flops.value(), 4.0 * 2 * 8 * 10);
}

TEST(RooflineOf, LongerOfBothTimesIsTheFloor) {
  const Work work{3e9, 2e12, DType::BFloat16};
  const Roofline by_memory = roofline_of(work, {3e12, 1e15}, 4);
  EXPECT_EQ(by_memory.bound, "matrix");
  EXPECT_DOUBLE_EQ(by_memory.floor_ms, 2);
  EXPECT_DOUBLE_EQ(by_memory.fraction, 0.5);
  EXPECT_EQ(roofline_of(work, {1e12, 1e15}, 4).bound, "memory");
}

TEST(RooflineOf, MatrixRateOfHalvesSaysNothingOfOtherDtypes) {
  const Roofline roofline = roofline_of({3e9, 2e12, DType::Float32}, {3e12, 1e15}, 4);
  EXPECT_EQ(roofline.bound, "memory");
  EXPECT_DOUBLE_EQ(roofline.fraction, 0.25);
}

}  // namespace
}  // namespace fitest
