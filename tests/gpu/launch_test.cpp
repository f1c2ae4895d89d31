// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "gpu/gpu_fixture.h"
#include "gpu/kernels.h"

namespace fitest::cuda {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

using GpuLaunch = GpuTest;

TEST_F(GpuLaunch, KernelComputes) {
  const std::vector<float> ones(1000, 1.5f);
  const BufferPtr x = allocate("x", 4000);
  const BufferPtr out = allocate("out", 4000);
  device_->upload(*x, std::as_bytes(std::span(ones)));
  const Launch add{
      "vector_add", {4, 1, 1}, {256, 1, 1},
      std::nullopt, 0,         {pointer(*x), pointer(*x), pointer(*out), argument("n", 1000u)}};
  ASSERT_EQ(launch(kVectorAdd, add), std::nullopt);
  ASSERT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_THAT(read<float>(*out), Each(3.0f));
}

TEST_F(GpuLaunch, ParametersAreReadFromTheImage) {
  const KernelInfo* kernel = module_of("vector_add", kVectorAdd).find("vector_add");
  ASSERT_NE(kernel, nullptr);
  EXPECT_THAT(kernel->parameter_bytes, ElementsAre(8, 8, 8, 4));
  EXPECT_GT(kernel->registers, 0);
  EXPECT_EQ(kernel->static_shared_bytes, 0u);
  EXPECT_THAT(module_of("vector_add", kVectorAdd).kernel_names(), ElementsAre("vector_add"));
}

TEST_F(GpuLaunch, AllOptInSharedMemoryCanBeUsed) {
  const std::size_t bytes = device_->properties().shared_memory_per_block;
  ASSERT_GT(bytes, 49152u);
  const BufferPtr out = allocate("out", 4);
  const Launch tail{
      "shared_tail", {1, 1, 1},
      {1, 1, 1},     std::nullopt,
      bytes,         {pointer(*out), argument("bytes", static_cast<std::uint32_t>(bytes))}};
  ASSERT_EQ(launch(kSharedTail, tail), std::nullopt);
  ASSERT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_THAT(read<std::uint32_t>(*out), ElementsAre(42));
}

TEST_F(GpuLaunch, MoreSharedMemoryThanThereIsIsRefusedByName) {
  const std::size_t bytes = device_->properties().shared_memory_per_block + 1;
  const BufferPtr out = allocate("out", 4);
  const Launch tail{"shared_tail", {1, 1, 1}, {1, 1, 1},
                    std::nullopt,  bytes,     {pointer(*out), argument("bytes", 4u)}};
  const auto fault = launch(kSharedTail, tail);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::InvalidLaunch);
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

class GpuCluster : public GpuTest, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(GpuCluster, KernelSeesItsCluster) {
  if (device_->properties().compute_major < 9) GTEST_SKIP() << "clusters need sm_90";
  const std::uint32_t blocks = GetParam();
  const BufferPtr out = allocate("out", std::size_t{4} * 2 * blocks);
  const Launch sized{"cluster_size", {2 * blocks, 1, 1}, {32, 1, 1}, Dim3{blocks, 1, 1}, 0,
                     {pointer(*out)}};
  ASSERT_EQ(launch(kClusterSize, sized), std::nullopt);
  ASSERT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_THAT(read<std::uint32_t>(*out), Each(blocks));
}

INSTANTIATE_TEST_SUITE_P(Sizes, GpuCluster, testing::Values(1u, 2u, 8u, 16u));

TEST_F(GpuLaunch, ClusterThatNoGpuHasIsRefusedAndTheGpuGoesOn) {
  if (device_->properties().compute_major < 9) GTEST_SKIP() << "clusters need sm_90";
  const BufferPtr out = allocate("out", 4 * 64);
  const Launch sized{"cluster_size", {64, 1, 1}, {32, 1, 1}, Dim3{64, 1, 1}, 0, {pointer(*out)}};
  const auto fault = launch(kClusterSize, sized);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::InvalidLaunch) << describe(*fault);
  EXPECT_THAT(fault->message, HasSubstr("cluster (64,1,1)"));
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

TEST_F(GpuLaunch, PtxThatDoesNotAssembleGivesTheLogOfTheDriver) {
  std::optional<Fault> fault;
  EXPECT_EQ(device_->load({Image::Kind::Ptx, kNonsense, "compute_70"}, fault), nullptr);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::Unsupported);
  EXPECT_THAT(fault->message, HasSubstr("frobnicate"));
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

TEST_F(GpuLaunch, PrintedTextIsCaptured) {
  const Launch greet{"greet", {1, 1, 1}, {2, 1, 1}, std::nullopt, 0, {}};
  ASSERT_EQ(launch(kGreet, greet), std::nullopt);
  ASSERT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_EQ(device_->take_output(), "hello 7\nhello 7\n");
}

TEST_F(GpuLaunch, CooperativeGridIsRefusedWithWhatFitsAndTheGpuGoesOn) {
  Launch greet{"greet", {100000, 1, 1}, {1024, 1, 1}, std::nullopt, 0, {}};
  greet.cooperative = true;
  const auto fault = launch(kGreet, greet);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::InvalidLaunch) << describe(*fault);
  const int fitting = 2 * device_->properties().sm_count;
  EXPECT_THAT(fault->message, HasSubstr("needs all of its 100000 blocks resident at once; 2 of"));
  EXPECT_THAT(fault->message, HasSubstr("so " + std::to_string(fitting) + " on the device's"));
  EXPECT_EQ(device_->synchronize(), std::nullopt);
}

}  // namespace
}  // namespace fitest::cuda
