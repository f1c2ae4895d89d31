// SPDX-License-Identifier: Apache-2.0
#include "device/hardware.h"

namespace fitest {

DeviceUse::DeviceUse(Device& device, Use use)
    : hardware_(dynamic_cast<HardwareDevice*>(&device)), use_(use) {
  acquire();
}

void DeviceUse::acquire() {
  if (hardware_ != nullptr) hardware_->acquire(use_);
}

void DeviceUse::release() noexcept {
  if (hardware_ != nullptr) hardware_->release();
}

void copy_buffer(Device& device, Buffer& target, const Buffer& source) {
  if (auto* hardware = dynamic_cast<HardwareDevice*>(&device)) {
    return hardware->copy(target, source);
  }
  std::vector<std::byte> bytes(source.spec().size_bytes);
  device.download(source, bytes);
  device.upload(target, bytes);
}

std::optional<DeviceState> state_of(Device& device) {
  auto* hardware = dynamic_cast<HardwareDevice*>(&device);
  return hardware == nullptr ? std::nullopt : hardware->state();
}

std::optional<ElapsedTime> other_time_of(const Device& device) {
  const auto* hardware = dynamic_cast<const HardwareDevice*>(&device);
  return hardware == nullptr ? std::nullopt : hardware->other_time();
}

std::string timer_reason_of(Device& device) {
  auto* hardware = dynamic_cast<HardwareDevice*>(&device);
  return hardware == nullptr ? std::string() : hardware->timer_reason();
}

bool is_hardware(const Device& device) {
  return dynamic_cast<const HardwareDevice*>(&device) != nullptr;
}

}  // namespace fitest
