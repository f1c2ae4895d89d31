// SPDX-License-Identifier: Apache-2.0
// The rates of the GPU at hand, measured once and kept in the cache by its UUID.
#pragma once

#include <optional>

#include "device/device.h"
#include "run/roofline.h"

namespace fitest {

// Nothing for a device that is no hardware. Measures in some hundred milliseconds where the cache
// has nothing: hold the device exclusively.
std::optional<DeviceRates> rates_of(Device& device);

}  // namespace fitest
