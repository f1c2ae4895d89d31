// SPDX-License-Identifier: Apache-2.0
#include "cuda/gpu_sensors.h"

#include <gmock/gmock.h>

#include <cstring>

namespace fitest::cuda {
namespace {

int handle = 0;

NvmlApi fake_nvml() {
  NvmlApi api;
  api.device_by_uuid = [](const char* uuid, NvmlDevice* device) {
    *device = reinterpret_cast<NvmlDevice>(&handle);
    return std::strcmp(uuid, "GPU-1") == 0 ? 0 : 6;
  };
  api.clock = [](NvmlDevice, unsigned kind, unsigned* mhz) {
    *mhz = kind == 1 ? 1980 : 3201;
    return 0;
  };
  api.temperature = [](NvmlDevice, unsigned, unsigned* celsius) {
    *celsius = 41;
    return 0;
  };
  api.power = [](NvmlDevice, unsigned*) { return 3; };
  api.throttle_reasons = [](NvmlDevice, unsigned long long* reasons) {
    *reasons = 0x1 | 0x4 | 0x40;
    return 0;
  };
  return api;
}

TEST(GpuSensors, TellClocksTemperatureAndWhatThrottles) {
  const NvmlApi api = fake_nvml();
  const auto state = GpuSensors(api, "GPU-1").read();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->sm_clock_mhz, 1980);
  EXPECT_EQ(state->memory_clock_mhz, 3201);
  EXPECT_EQ(state->temperature_celsius, 41);
  EXPECT_THAT(state->throttled_by, testing::ElementsAre("power cap", "hardware thermal slowdown"));
}

TEST(GpuSensors, LeaveOutWhatTheGpuDoesNotTell) {
  const NvmlApi api = fake_nvml();
  EXPECT_EQ(GpuSensors(api, "GPU-1").read()->power_watts, -1);
}

TEST(GpuSensors, SayNothingOfAnUnknownGpu) {
  const NvmlApi api = fake_nvml();
  EXPECT_FALSE(GpuSensors(api, "GPU-2").read().has_value());
}

TEST(GpuSensors, SayNothingWithoutNvml) {
  const NvmlApi none;
  EXPECT_FALSE(GpuSensors(none, "GPU-1").read().has_value());
}

}  // namespace
}  // namespace fitest::cuda
