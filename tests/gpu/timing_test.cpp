// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "device/hardware.h"
#include "gpu/gpu_fixture.h"
#include "gpu/kernels.h"

namespace fitest::cuda {
namespace {

class GpuTiming : public GpuTest {
 protected:
  double time_wait(std::uint64_t nanoseconds, bool wait_inside = false) {
    const Launch wait{"wait_for",   {1, 1, 1}, {1, 1, 1},
                      std::nullopt, 0,         {argument("nanoseconds", nanoseconds)}};
    const Module& module = module_of("wait_for", kWaitFor);
    const ElapsedTime elapsed = device_->time([&] {
      EXPECT_EQ(device_->launch(module, wait), std::nullopt);
      if (wait_inside) device_->synchronize();
    });
    EXPECT_THAT(elapsed.timer, testing::AnyOf("cupti_activity", "cuda_event"));
    return elapsed.milliseconds;
  }
  double median_wait(std::uint64_t nanoseconds, bool wait_inside = false) {
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) times.push_back(time_wait(nanoseconds, wait_inside));
    std::nth_element(times.begin(), times.begin() + 10, times.end());
    return times[10];
  }
};

TEST_F(GpuTiming, TwoMillisecondsAreTwoMilliseconds) {
  EXPECT_NEAR(median_wait(2000000), 2.0, 0.04);
}

TEST_F(GpuTiming, EmptyKernelTakesMicroseconds) {
  const double median = median_wait(0);
  std::printf("empty kernel: %.2f us\n", median * 1000);
  EXPECT_LT(median, 0.02);
}

TEST_F(GpuTiming, HostsWaitInsideTheBodyIsNotTimed) {
  EXPECT_NEAR(median_wait(100000, true), median_wait(100000), 0.01);
}

// Events stand outside the kernel, activity records say when it ran.
TEST_F(GpuTiming, ActivityRecordsAndEventsAgree) {
  if (!installed_cupti().usable()) GTEST_SKIP() << installed_cupti().problem;
  const double by_records = time_wait(200000);
  const auto by_events = other_time_of(*device_);
  ASSERT_TRUE(by_events) << timer_reason_of(*device_);
  std::printf("200 us of waiting: %.2f us by CUPTI, %.2f us by events\n", 1000 * by_records,
              1000 * by_events->milliseconds);
  EXPECT_LT(by_records, by_events->milliseconds);
  EXPECT_NEAR(by_records, by_events->milliseconds, 0.01);
}

TEST_F(GpuTiming, InputsAreNotReadFromTheCache) {
  constexpr std::uint32_t kCount = 2 << 20;  // 24 MiB in all: fits the L2 cache of an H200
  const BufferPtr x = allocate("x", std::size_t{4} * kCount);
  const BufferPtr y = allocate("y", std::size_t{4} * kCount);
  const BufferPtr out = allocate("out", std::size_t{4} * kCount);
  const Launch add{"vector_add",
                   {kCount / 256, 1, 1},
                   {256, 1, 1},
                   std::nullopt,
                   0,
                   {pointer(*x), pointer(*y), pointer(*out), argument("n", kCount)}};
  const Module& module = module_of("vector_add", kVectorAdd);
  const auto best = [&](int launches) {
    double least = INFINITY;
    for (int i = 0; i < 11; ++i) {
      const ElapsedTime elapsed = device_->time([&] {
        for (int k = 0; k < launches; ++k) device_->launch(module, add);
      });
      least = std::min(least, elapsed.milliseconds);
    }
    return least;
  };
  const double cold = best(1) - median_wait(0);
  const double warm = best(2) - best(1);
  std::printf("24 MiB: cold %.2f us, warm %.2f us\n", cold * 1000, warm * 1000);
  EXPECT_GT(cold, warm);
}

}  // namespace
}  // namespace fitest::cuda
