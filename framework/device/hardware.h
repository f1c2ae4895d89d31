// SPDX-License-Identifier: Apache-2.0
// What measuring needs of a device beyond device.h: copies that never leave it, and its sensors.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device/device.h"
#include "device/tensor_map.h"

namespace fitest {

// What the hardware says about itself now; -1 or empty where it does not tell.
struct DeviceState {
  int sm_clock_mhz = -1;
  int memory_clock_mhz = -1;
  int temperature_celsius = -1;
  double power_watts = -1;
  std::vector<std::string> throttled_by;  // reasons that lower the clocks: "power cap", …
};

enum class Use : std::uint8_t {
  Shared,     // other processes may use the hardware, too
  Exclusive,  // nothing of another process runs on it
};

// A device that is hardware of its own.
class HardwareDevice : public Device {
 public:
  // Holds the hardware until release(), also between calls; waits until others let it. Not nested.
  virtual void acquire(Use use) = 0;
  virtual void release() noexcept = 0;
  virtual void copy(Buffer& target, const Buffer& source) = 0;
  // Nothing where the hardware has no sensors.
  virtual std::optional<DeviceState> state() = 0;
  // What a kernel that copies with the map at `address` takes as its argument; problem_of(map) says
  // nothing. Error (Unsupported) where the hardware has no tensor maps.
  virtual EncodedTensorMap encode(const TensorMap& map, std::uint64_t address) = 0;
  // What a second timer said of the launches that time() timed last; nothing without one.
  virtual std::optional<ElapsedTime> other_time() const = 0;
  // Why its times come from the timer they come from; empty where there is no choice.
  virtual std::string timer_reason() const = 0;
};

// The hardware in use while an object of this class lives and holds it; nothing on a device that is
// no hardware. One acquisition for many calls: taking turns with other processes for each of them
// costs more than the calls.
class DeviceUse {
 public:
  DeviceUse(Device& device, Use use);
  DeviceUse(const DeviceUse&) = delete;
  DeviceUse& operator=(const DeviceUse&) = delete;
  ~DeviceUse() { release(); }
  void acquire();
  void release() noexcept;

 private:
  HardwareDevice* hardware_;
  Use use_;
};

// What `source` holds, into a buffer of the same size; through the host where the device has no way
// of its own.
void copy_buffer(Device& device, Buffer& target, const Buffer& source);

// Nothing where the device is no hardware.
std::optional<DeviceState> state_of(Device& device);
std::optional<ElapsedTime> other_time_of(const Device& device);
std::string timer_reason_of(Device& device);
bool is_hardware(const Device& device);

}  // namespace fitest
