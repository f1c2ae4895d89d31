// SPDX-License-Identifier: Apache-2.0
// Devices by name; the only place that knows every kind.
#pragma once

#include <chrono>
#include <string>

#include "device/device.h"

namespace fitest {

struct DeviceRequest {
  std::string name = "auto";  // "auto", "virtual", "cuda:N"
  std::string
      checks;  // of the virtual device: "memory,init,race,sync", "all", "none"; empty: default
};

// The name that "auto" stands for on this machine, and why: "virtual (no NVIDIA driver: …)".
struct DeviceChoice {
  std::string name;
  std::string reason;
};
// Error (Usage) for a name that is none.
DeviceChoice choose_device(const std::string& name);

// Error (Environment) says what is missing.
DevicePtr open_device(const DeviceRequest& request);

}  // namespace fitest
