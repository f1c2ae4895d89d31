// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch_check.h"

#include <gtest/gtest.h>

namespace fitest::cuda {
namespace {

class LaunchCheck : public testing::Test {
 protected:
  Launch launch_{"k", {1, 1, 1}, {256, 1, 1}, std::nullopt, 0, {}};
  KernelInfo kernel_{"k", {}, 0, 32, 0, 1024};
  LaunchLimits limits_{.shared_bytes = 232448, .clusters = true};

  std::string problem() const {
    const auto fault = check_launch(launch_, kernel_, limits_);
    if (!fault) return "none";
    EXPECT_EQ(fault->kind, FaultKind::InvalidLaunch);
    EXPECT_EQ(fault->kernel, "k");
    return fault->message;
  }
};

TEST_F(LaunchCheck, FittingLaunchPasses) {
  EXPECT_EQ(problem(), "none");
}

TEST_F(LaunchCheck, ArgumentCountIsNamed) {
  kernel_.parameter_bytes = {8, 4};
  launch_.arguments = {{"x", std::vector<std::byte>(8)}};
  EXPECT_EQ(
      problem(),
      "1 arguments are passed, the kernel takes 2; the launch: grid (1,1,1), block (256,1,1)");
}

TEST_F(LaunchCheck, ArgumentOfTheWrongSizeIsNamed) {
  kernel_.parameter_bytes = {8, 4};
  launch_.arguments = {{"x", std::vector<std::byte>(8)}, {"n", std::vector<std::byte>(8)}};
  EXPECT_EQ(problem(),
            "argument 2 ('n') has 8 bytes, the kernel's parameter has 4; the launch: grid (1,1,1), "
            "block (256,1,1)");
}

TEST_F(LaunchCheck, EmptyGridIsRefused) {
  launch_.grid.y = 0;
  EXPECT_EQ(problem(), "the grid is empty; the launch: grid (1,0,1), block (256,1,1)");
}

TEST_F(LaunchCheck, GridAxisOverTheLimitIsNamed) {
  launch_.grid.y = 70000;
  EXPECT_EQ(problem(),
            "y of the grid is 70000, the device's limit is 65535; the launch: grid (1,70000,1), "
            "block (256,1,1)");
}

TEST_F(LaunchCheck, ThreadsOverTheDeviceAreCounted) {
  launch_.block = {64, 64, 1};
  EXPECT_EQ(problem(),
            "the block has 4096 threads, the device's limit is 1024; the launch: grid (1,1,1), "
            "block (64,64,1)");
}

TEST_F(LaunchCheck, ThreadsOverTheKernelNameItsRegisters) {
  kernel_.max_threads_per_block = 128;
  kernel_.registers = 255;
  EXPECT_EQ(problem(),
            "the block has 256 threads, this kernel's limit is 128 (it uses 255 registers per "
            "thread, a block has 65536; or __launch_bounds__ says so); the launch: grid (1,1,1), "
            "block (256,1,1)");
}

TEST_F(LaunchCheck, StaticAndDynamicSharedMemoryAddUp) {
  kernel_.static_shared_bytes = 1024;
  launch_.dynamic_shared_bytes = 231424;
  EXPECT_EQ(problem(), "none");
  launch_.dynamic_shared_bytes = 231425;
  EXPECT_EQ(problem(),
            "231425 bytes of dynamic and 1024 of static shared memory are asked for, a block's "
            "limit on this device is 232448; the launch: grid (1,1,1), block (256,1,1), 231425 "
            "bytes of dynamic shared memory");
}

TEST_F(LaunchCheck, ClusterMustDivideTheGrid) {
  launch_.grid = {6, 1, 1};
  launch_.cluster = Dim3{4, 1, 1};
  EXPECT_EQ(problem(),
            "the grid (6,1,1) is no multiple of the cluster (4,1,1); the launch: grid (6,1,1), "
            "block (256,1,1), cluster (4,1,1)");
}

TEST_F(LaunchCheck, ClusterNeedsADeviceThatHasThem) {
  limits_.clusters = false;
  launch_.grid = {4, 1, 1};
  launch_.cluster = Dim3{4, 1, 1};
  EXPECT_EQ(problem(),
            "this device has no thread block clusters (sm_90 and newer do); the launch: grid "
            "(4,1,1), block (256,1,1), cluster (4,1,1)");
}

TEST_F(LaunchCheck, CooperativeLaunchNeedsADeviceThatMakesThem) {
  launch_.cooperative = true;
  EXPECT_EQ(problem(),
            "this device makes no cooperative launches; the launch: grid (1,1,1), block "
            "(256,1,1), cooperative");
  limits_.cooperative = true;
  EXPECT_EQ(problem(), "none");
}

}  // namespace
}  // namespace fitest::cuda
