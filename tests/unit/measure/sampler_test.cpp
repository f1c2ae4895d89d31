// SPDX-License-Identifier: Apache-2.0
#include "measure/sampler.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace fitest {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// A device whose launches take `cost_ms` of wall time and return their own number.
struct FakeDevice {
  double cost_ms;
  double now = 1000;
  int launches = 0;

  Samples sample(const SamplingOptions& options) {
    return measure(
        [this] {
          now += cost_ms;
          return static_cast<double>(++launches);
        },
        options, [this] { return now; });
  }
};

TEST(Sampler, TakesAllIterationsOfAllTrialsWithinTheBudget) {
  FakeDevice device{0.001};
  const Samples samples = device.sample({2, 5, 3, 1000});
  EXPECT_THAT(samples.trials, SizeIs(3));
  EXPECT_THAT(samples.trials, Each(SizeIs(5)));
  EXPECT_EQ(device.launches, 3 * (1 + 2 + 5));
}

TEST(Sampler, LeavesTheFirstLaunchAndTheWarmUpOut) {
  FakeDevice device{0.001};
  const Samples samples = device.sample({2, 2, 2, 1000});
  EXPECT_THAT(samples.all(), ElementsAre(4, 5, 9, 10));
}

TEST(Sampler, ReportsTheMeanOfTheMediansOfTheTrials) {
  EXPECT_DOUBLE_EQ((Samples{{{1, 2, 9}, {5, 5, 6}}}).latency_ms(), 3.5);
  EXPECT_DOUBLE_EQ((Samples{{{1, 2}, {}}}).latency_ms(), 1.5);
  EXPECT_EQ(Samples{}.latency_ms(), 0);
}

TEST(Sampler, GoesOnUntilTheMedianIsKnownWellEnough) {
  double now = 0;
  int launches = 0;
  const auto launch = [&] {
    now += 1;
    return ++launches < 40 ? 1.0 + launches % 2 : 1.0;  // noisy at first
  };
  const Samples samples = measure(launch, {0, 10, 1, 10'000, 0.005, 5'000}, [&] { return now; });
  // 19 of 60 samples are noise: the interval's upper rank, 37, lies below them.
  EXPECT_EQ(samples.all().size(), 60u);
}

TEST(Sampler, GivesUpOnPrecisionAtItsBudget) {
  FakeDevice device{1};
  const Samples samples = device.sample({0, 5, 2, 10'000, 0.005, 100});
  EXPECT_THAT(samples.trials, ElementsAre(SizeIs(100), SizeIs(100)));
}

TEST(Sampler, StopsAtTheBudget) {
  FakeDevice device{10};
  const Samples samples = device.sample({10, 50, 2, 600});
  EXPECT_LE(device.now - 1000, 600 + 2 * 10);
  // A third of 300 ms for warm-up, the rest for samples.
  EXPECT_THAT(samples.trials, ElementsAre(SizeIs(20), SizeIs(20)));
}

TEST(Sampler, TakesOneSampleATrialHoweverSlowTheKernel) {
  FakeDevice device{10'000};
  const Samples samples = device.sample({10, 50, 3, 1});
  EXPECT_THAT(samples.trials, ElementsAre(SizeIs(1), SizeIs(1), SizeIs(1)));
  EXPECT_EQ(device.launches, 6);
}

TEST(Sampler, NeedsNoWarmUp) {
  FakeDevice device{1};
  EXPECT_THAT(device.sample({0, 1, 1, 1000}).all(), ElementsAre(2));
}

TEST(Sampler, PassesOnWhatALaunchThrows) {
  EXPECT_THROW(measure([]() -> double { throw std::runtime_error("lost"); }, {}),
               std::runtime_error);
}

TEST(Sampler, MeasuresWithTheRealClock) {
  const Samples samples = measure([] { return 0.5; }, {1, 3, 2, 1000});
  EXPECT_DOUBLE_EQ(samples.latency_ms(), 0.5);
}

}  // namespace
}  // namespace fitest
