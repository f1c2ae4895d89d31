// SPDX-License-Identifier: Apache-2.0
#include "device/hardware.h"

namespace fitest {

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

}  // namespace fitest
