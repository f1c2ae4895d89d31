// SPDX-License-Identifier: Apache-2.0
#include "run/devices.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
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

ptx::VirtualDeviceOptions virtual_options(const std::string& checks) {
  ptx::VirtualDeviceOptions options;
  if (checks.empty()) return options;
  options.check_memory = options.check_init = options.check_race = options.check_sync = false;
  for (const std::string& check : split(checks, ',')) apply_check(check, options);
  return options;
}

}  // namespace

DeviceChoice choose_device(const std::string& name) {
  if (name == "virtual") return {"virtual", "asked for"};
  if (name == "auto") return {"virtual", "this fitest has no CUDA device"};
  if (name.starts_with("cuda")) {
    fail(ErrorKind::Environment,
         fmt::format("device '{}': this fitest has no CUDA device; use --device virtual", name));
  }
  fail(ErrorKind::Usage,
       fmt::format("unknown device '{}': expected auto, virtual or cuda:N", name));
}

DevicePtr open_device(const DeviceRequest& request) {
  choose_device(request.name);
  return ptx::make_virtual_device(virtual_options(request.checks));
}

}  // namespace fitest
