// SPDX-License-Identifier: Apache-2.0
// The PTX that empties the L2 cache, executed by the virtual device.
#include "cuda/flush_kernel.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ptx/virtual_device.h"

namespace fitest::cuda {
namespace {

template <class T>
KernelArgument argument(T value) {
  KernelArgument bound{"", std::vector<std::byte>(sizeof value)};
  std::memcpy(bound.bytes.data(), &value, sizeof value);
  return bound;
}

TEST(FlushKernel, ReadsAllAndWritesNothingOfZeros) {
  const DevicePtr device = ptx::make_virtual_device({});
  std::optional<Fault> fault;
  const ModulePtr module = device->load({Image::Kind::Ptx, kFlushKernel, "compute_70"}, fault);
  ASSERT_EQ(fault, std::nullopt);
  constexpr std::size_t kQuads = 1001;  // no multiple of the threads
  const BufferPtr memory = device->allocate({"memory", 16 * kQuads, Access::Input});
  device->upload(*memory, std::vector<std::byte>(16 * kQuads));
  const Launch launch{"flush_l2", {3, 1, 1},
                      {64, 1, 1}, std::nullopt,
                      0,          {argument(memory->address()), argument(std::uint64_t{kQuads})}};
  EXPECT_EQ(device->launch(*module, launch), std::nullopt);
  EXPECT_EQ(device->synchronize(), std::nullopt);
}

// A store into an input is a fault: it shows that the last quad was read.
TEST(FlushKernel, ReadsUpToTheEnd) {
  const DevicePtr device = ptx::make_virtual_device({});
  std::optional<Fault> fault;
  const ModulePtr module = device->load({Image::Kind::Ptx, kFlushKernel, "compute_70"}, fault);
  ASSERT_EQ(fault, std::nullopt);
  std::vector<std::byte> bytes(16 * 1001);
  bytes.back() = std::byte{1};
  const BufferPtr memory = device->allocate({"memory", bytes.size(), Access::Input});
  device->upload(*memory, bytes);
  const Launch launch{"flush_l2", {3, 1, 1},
                      {64, 1, 1}, std::nullopt,
                      0,          {argument(memory->address()), argument(std::uint64_t{1001})}};
  auto found = device->launch(*module, launch);
  if (!found) found = device->synchronize();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, FaultKind::ReadOnlyWrite);
}

}  // namespace
}  // namespace fitest::cuda
