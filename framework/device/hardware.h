// SPDX-License-Identifier: Apache-2.0
// What measuring needs of a device beyond device.h: copies that never leave it, and its sensors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest {

// What the hardware says about itself now; -1 or empty where it does not tell.
struct DeviceState {
  int sm_clock_mhz = -1;
  int memory_clock_mhz = -1;
  int temperature_celsius = -1;
  double power_watts = -1;
  std::vector<std::string> throttled_by;  // reasons that lower the clocks: "power cap", …
};

// A device that is hardware of its own.
class HardwareDevice : public Device {
 public:
  virtual void copy(Buffer& target, const Buffer& source) = 0;
  // Nothing where the hardware has no sensors.
  virtual std::optional<DeviceState> state() = 0;
};

// What `source` holds, into a buffer of the same size; through the host where the device has no way
// of its own.
void copy_buffer(Device& device, Buffer& target, const Buffer& source);

// Nothing where the device is no hardware.
std::optional<DeviceState> state_of(Device& device);

}  // namespace fitest
