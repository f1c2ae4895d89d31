// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <numeric>

#include "gpu/gpu_fixture.h"
#include "gpu/kernels.h"

namespace fitest::cuda {
namespace {

using GpuMemory = GpuTest;

TEST_F(GpuMemory, UploadedBytesComeBackAtAnySize) {
  for (const std::size_t size : {1u, 3u, 4096u, 10000019u}) {
    const BufferPtr buffer = allocate("x", size);
    std::vector<std::uint8_t> sent(size);
    std::iota(sent.begin(), sent.end(), std::uint8_t{0});
    device_->upload(*buffer, std::as_bytes(std::span(sent)));
    EXPECT_EQ(read<std::uint8_t>(*buffer), sent) << size;
    EXPECT_EQ(buffer->address() % 256, 0u);
  }
}

TEST_F(GpuMemory, PoisonedFloatsAreNanAndCounted) {
  const BufferPtr buffer = allocate("y", 4004);
  device_->poison(*buffer);
  for (const float value : read<float>(*buffer)) ASSERT_TRUE(std::isnan(value));
  EXPECT_EQ(device_->unwritten_bytes(*buffer), 4004u);
}

TEST_F(GpuMemory, KernelThatStopsEarlyLeavesUnwrittenBytes) {
  const BufferPtr x = allocate("x", 4096);
  const BufferPtr out = allocate("out", 4096);
  device_->upload(*x, std::vector<std::byte>(4096));
  device_->poison(*out);
  const Launch half{
      "vector_add", {2, 1, 1}, {256, 1, 1},
      std::nullopt, 0,         {pointer(*x), pointer(*x), pointer(*out), argument("n", 1024u)}};
  ASSERT_EQ(launch(kVectorAdd, half), std::nullopt);
  ASSERT_EQ(device_->synchronize(), std::nullopt);
  EXPECT_EQ(device_->unwritten_bytes(*out), 2048u);
  EXPECT_EQ(device_->check_guards(*out), std::nullopt);
}

TEST_F(GpuMemory, WriteBehindTheBufferIsFound) {
  const BufferPtr y = allocate("y", 1000);
  const Launch store{"store_at", {1, 1, 1},
                     {1, 1, 1},  std::nullopt,
                     0,          {pointer(*y), argument("offset", std::int64_t{1000})}};
  ASSERT_EQ(launch(kStoreAt, store), std::nullopt);
  const auto fault = device_->check_guards(*y);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::OutOfBounds);
  EXPECT_EQ(fault->offset, 1000);
  EXPECT_EQ(fault->kernel, "store_at");
}

TEST_F(GpuMemory, WriteBeforeTheBufferIsFound) {
  const BufferPtr y = allocate("y", 1000);
  const Launch store{"store_at",   {1, 1, 1}, {1, 1, 1},
                     std::nullopt, 0,         {pointer(*y), argument("offset", std::int64_t{-8})}};
  ASSERT_EQ(launch(kStoreAt, store), std::nullopt);
  const auto fault = device_->check_guards(*y);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->offset, -5);
}

TEST_F(GpuMemory, WriteIntoAnInputIsFoundByChunk) {
  const BufferPtr x = device_->allocate({"x", 100001, Access::Input});
  std::vector<std::uint8_t> sent(100001);
  std::iota(sent.begin(), sent.end(), std::uint8_t{1});
  device_->upload(*x, std::as_bytes(std::span(sent)));
  EXPECT_EQ(device_->check_guards(*x), std::nullopt);
  const Launch store{"store_at", {1, 1, 1},
                     {1, 1, 1},  std::nullopt,
                     0,          {pointer(*x), argument("offset", std::int64_t{40000})}};
  ASSERT_EQ(launch(kStoreAt, store), std::nullopt);
  const auto fault = device_->check_guards(*x);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->kind, FaultKind::ReadOnlyWrite);
  EXPECT_EQ(fault->offset, 32768);
  EXPECT_EQ(fault->kernel, "store_at");
}

}  // namespace
}  // namespace fitest::cuda
