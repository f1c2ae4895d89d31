// SPDX-License-Identifier: Apache-2.0
// Clocks, power and temperature of a GPU, as NVML tells them (NVML API reference).
#pragma once

#include <optional>
#include <string>

#include "base/dynamic_library.h"
#include "device/hardware.h"

namespace fitest::cuda {

using NvmlDevice = struct NvmlDeviceState*;

// NVML's C functions, which return 0 for success. Null where the library lacks one.
struct NvmlApi {
  int (*init)() = nullptr;
  int (*device_by_uuid)(const char*, NvmlDevice*) = nullptr;
  int (*clock)(NvmlDevice, unsigned, unsigned*) = nullptr;
  int (*temperature)(NvmlDevice, unsigned, unsigned*) = nullptr;
  int (*power)(NvmlDevice, unsigned*) = nullptr;  // milliwatts
  int (*throttle_reasons)(NvmlDevice, unsigned long long*) = nullptr;
};

// Opened and initialised at the first call; an empty table where NVML is not there.
const NvmlApi& installed_nvml();

class GpuSensors {
 public:
  GpuSensors(const NvmlApi& api, const std::string& uuid);
  // Nothing where NVML does not know the GPU.
  std::optional<DeviceState> read() const;

 private:
  const NvmlApi& api_;
  NvmlDevice device_ = nullptr;
};

}  // namespace fitest::cuda
