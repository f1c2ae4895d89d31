// SPDX-License-Identifier: Apache-2.0
#include "run/devices.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cuda/ctest_reservation.h"
#include "cuda/cuda_device.h"
#include "cuda/gpu_lock.h"
#include "cuda/probe.h"
#include "ptx/virtual_device.h"

namespace fitest {
namespace {

void apply_check(const std::string& check, ptx::VirtualDeviceOptions& options) {
  const bool all = check == "all";
  if (check == "memory" || all) options.check_memory = true;
  if (check == "init" || all) options.check_init = true;
  if (check == "race" || all) options.check_race = true;
  if (check == "sync" || all) options.check_sync = true;
  if (all || check == "memory" || check == "init" || check == "race" || check == "sync") return;
  if (check == "none") return;
  fail(ErrorKind::Usage,
       fmt::format("unknown check '{}': expected memory, init, race, sync, all or none", check));
}

ptx::VirtualDeviceOptions virtual_options(const DeviceRequest& request) {
  ptx::VirtualDeviceOptions options;
  options.schedule = ptx::parse_schedule(request.schedule);
  const std::string& checks = request.checks;
  if (checks.empty()) return options;
  options.check_memory = options.check_init = options.check_race = options.check_sync = false;
  for (const std::string& check : split(checks, ',')) apply_check(check, options);
  return options;
}

}  // namespace

std::string settle_schedule(const std::string& schedule) {
  return ptx::to_string(ptx::parse_schedule(schedule));
}

void check_device_name(const std::string& name) {
  const bool is_cuda = name == "cuda" || (name.starts_with("cuda:") && name.size() > 5);
  if (is_cuda || name == "auto" || name == "virtual") return;
  fail(ErrorKind::Usage,
       fmt::format("unknown device '{}': expected auto, virtual or cuda:N", name));
}

void check_request(const DeviceRequest& request) {
  check_device_name(request.name);
  virtual_options(request);
}

DeviceChoice choose_device(const std::string& name) {
  check_device_name(name);
  if (name != "auto") return {name, "asked for"};
  if (cuda::bind_reserved_gpus()) return {"cuda", "reserved by CTest"};
  const cuda::DriverStatus& driver = cuda::driver_status();
  if (!driver.available) return {"virtual", driver.problem};
  if (driver.devices.empty()) return {"virtual", "the NVIDIA driver shows no GPU"};
  return {"cuda", driver.devices.front()};
}

DevicePtr open_device(const DeviceRequest& request) {
  const DeviceChoice choice = choose_device(request.name);
  if (choice.name == "virtual") {
    ptx::VirtualDeviceOptions options = virtual_options(request);
    options.profile = request.profile;
    return ptx::make_virtual_device(options);
  }
  cuda::CudaDeviceOptions options;
  options.device = choice.name;
  options.lock_folder = cuda::lock_folder();
  options.guards = !request.sanitized;
  if (request.sanitized) options.timer = cuda::TimerChoice::Events;  // one profiler at a time
  if (request.timer == "cupti") options.timer = cuda::TimerChoice::Activity;
  if (request.timer == "events") options.timer = cuda::TimerChoice::Events;
  return cuda::make_cuda_device(options);
}

}  // namespace fitest
