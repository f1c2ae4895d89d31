// SPDX-License-Identifier: Apache-2.0
#include "cuda/gpu_sensors.h"

#include <array>
#include <memory>

namespace fitest::cuda {
namespace {

constexpr unsigned kSmClock = 1;      // NVML_CLOCK_SM
constexpr unsigned kMemoryClock = 2;  // NVML_CLOCK_MEM
constexpr unsigned kGpuSensor = 0;    // NVML_TEMPERATURE_GPU

struct ThrottleReason {
  unsigned long long bit;
  const char* name;
};
// nvmlClocksEventReasons; idle and application clocks lower nothing that a kernel would see.
constexpr std::array<ThrottleReason, 6> kThrottleReasons{{{0x04, "power cap"},
                                                          {0x08, "hardware slowdown"},
                                                          {0x10, "sync boost"},
                                                          {0x20, "software thermal slowdown"},
                                                          {0x40, "hardware thermal slowdown"},
                                                          {0x80, "hardware power brake"}}};

NvmlApi open_nvml() {
  std::string problem;
  auto opened = DynamicLibrary::open({"libnvidia-ml.so.1"}, &problem);
  if (!opened) return {};
  // Never closed, as the driver.
  const auto* library = std::make_unique<DynamicLibrary>(std::move(*opened)).release();
  NvmlApi api;
  api.init = library->find<int()>("nvmlInit_v2");
  api.device_by_uuid = library->find<int(const char*, NvmlDevice*)>("nvmlDeviceGetHandleByUUID");
  api.clock = library->find<int(NvmlDevice, unsigned, unsigned*)>("nvmlDeviceGetClockInfo");
  api.temperature = library->find<int(NvmlDevice, unsigned, unsigned*)>("nvmlDeviceGetTemperature");
  api.power = library->find<int(NvmlDevice, unsigned*)>("nvmlDeviceGetPowerUsage");
  api.throttle_reasons = library->find<int(NvmlDevice, unsigned long long*)>(
      "nvmlDeviceGetCurrentClocksThrottleReasons");
  if (api.init == nullptr || api.init() != 0) return {};
  return api;
}

}  // namespace

const NvmlApi& installed_nvml() {
  static const NvmlApi api = open_nvml();
  return api;
}

GpuSensors::GpuSensors(const NvmlApi& api, const std::string& uuid) : api_(api) {
  if (api_.device_by_uuid == nullptr) return;
  if (api_.device_by_uuid(uuid.c_str(), &device_) != 0) device_ = nullptr;
}

std::optional<DeviceState> GpuSensors::read() const {
  if (device_ == nullptr) return std::nullopt;
  DeviceState state;
  unsigned value = 0;
  const auto clock = [&](unsigned kind) {
    const bool told = api_.clock != nullptr && api_.clock(device_, kind, &value) == 0;
    return told ? static_cast<int>(value) : -1;
  };
  state.sm_clock_mhz = clock(kSmClock);
  state.memory_clock_mhz = clock(kMemoryClock);
  if (api_.temperature != nullptr && api_.temperature(device_, kGpuSensor, &value) == 0) {
    state.temperature_celsius = static_cast<int>(value);
  }
  if (api_.power != nullptr && api_.power(device_, &value) == 0) state.power_watts = value / 1000.0;
  unsigned long long reasons = 0;
  if (api_.throttle_reasons != nullptr && api_.throttle_reasons(device_, &reasons) == 0) {
    for (const ThrottleReason& reason : kThrottleReasons) {
      if ((reasons & reason.bit) != 0) state.throttled_by.emplace_back(reason.name);
    }
  }
  return state;
}

}  // namespace fitest::cuda
