// SPDX-License-Identifier: Apache-2.0
// Devices by name; the only place that knows every kind.
#pragma once

#include <string>

#include "device/device.h"

namespace fitest {

struct DeviceRequest {
  std::string name = "auto";  // "auto", "virtual", "cuda:N"
  // Of the virtual device: "memory,init,race,sync", "all", "none"; empty: default.
  std::string checks;
  bool profile = false;  // the virtual device counts what launches do
  // Of a GPU: "auto", "cupti" or "events".
  std::string timer = "auto";
  // No guard zones around a GPU's buffers and no poison in them: compute-sanitizer watches instead.
  bool sanitized = false;
  // As well: "fair", "random", "random:SEED", "adversarial".
  std::string schedule = "fair";
};

// With the seed of "random" drawn, so that every run of this request goes the same way. Error
// (Usage) for an unknown word.
std::string settle_schedule(const std::string& schedule);

// Error (Usage) for a name or a check that is none; asks no driver.
void check_device_name(const std::string& name);
void check_request(const DeviceRequest& request);

// The name that "auto" stands for on this machine, and why: never the virtual device where CTest
// reserved a GPU. Initialises CUDA where there is a driver: not in a process that forks afterwards.
struct DeviceChoice {
  std::string name;
  std::string reason;
};
DeviceChoice choose_device(const std::string& name);

// Error (Environment) says what is missing.
DevicePtr open_device(const DeviceRequest& request);

}  // namespace fitest
