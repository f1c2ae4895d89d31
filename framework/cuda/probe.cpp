// SPDX-License-Identifier: Apache-2.0
#include "cuda/probe.h"

#include "cuda/device_choice.h"
#include "cuda/driver.h"

namespace fitest::cuda {
namespace {

DriverStatus probe() {
  const Driver& driver = installed_driver();
  DriverStatus status;
  status.available = driver.usable();
  status.version = driver.version;
  status.problem = driver.problem;
  if (!driver.usable()) return status;
  for (const VisibleDevice& device : list_devices(driver.api)) {
    status.devices.push_back(describe(device));
  }
  return status;
}

}  // namespace

const DriverStatus& driver_status() {
  static const DriverStatus status = probe();
  return status;
}

}  // namespace fitest::cuda
