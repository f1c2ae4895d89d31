// SPDX-License-Identifier: Apache-2.0
#include "cuda/device_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace fitest::cuda {
namespace {

std::string format_uuid(const CudaUuid& uuid) {
  std::string text = "GPU-";
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", uuid.bytes[i]);
  }
  return text;
}

VisibleDevice read_device(const DriverApi& api, int index) {
  VisibleDevice device;
  device.index = index;
  if (api.device_get(&device.id, index) != CudaResult::Success) return device;
  std::array<char, 256> name{};
  CudaUuid uuid;
  api.device_name(name.data(), static_cast<int>(name.size()) - 1, device.id);
  api.device_uuid(&uuid, device.id);
  api.device_memory(&device.memory_bytes, device.id);
  api.device_attribute(&device.compute_major, DeviceAttribute::ComputeMajor, device.id);
  api.device_attribute(&device.compute_minor, DeviceAttribute::ComputeMinor, device.id);
  device.name = name.data();
  device.uuid = format_uuid(uuid);
  return device;
}

std::string listing(const std::vector<VisibleDevice>& devices) {
  const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
  const std::string limit =
      visible == nullptr ? "" : fmt::format(" (CUDA_VISIBLE_DEVICES={})", visible);
  std::vector<std::string> lines;
  lines.reserve(devices.size());
  for (const VisibleDevice& device : devices) {
    lines.push_back(fmt::format("{} {}", describe(device), device.uuid));
  }
  if (lines.empty()) return "the driver shows no GPU" + limit;
  return fmt::format("there is{} {}", limit, join(lines, "; "));
}

std::string canonical(std::string uuid) {
  std::replace(uuid.begin(), uuid.end(), '_', '-');
  return to_lower(uuid);
}

}  // namespace

std::vector<VisibleDevice> list_devices(const DriverApi& api) {
  int count = 0;
  std::vector<VisibleDevice> devices;
  if (api.device_count(&count) != CudaResult::Success) return devices;
  for (int index = 0; index < count; ++index) devices.push_back(read_device(api, index));
  return devices;
}

std::string describe(const VisibleDevice& device) {
  return fmt::format("cuda:{} {} (sm_{}{}, {} GiB)", device.index, device.name,
                     device.compute_major, device.compute_minor, device.memory_bytes >> 30);
}

VisibleDevice choose_device(const std::vector<VisibleDevice>& devices, const std::string& wanted) {
  std::string name = wanted.starts_with("cuda:") ? wanted.substr(5) : wanted;
  if (name.empty() || name == "cuda") name = "0";
  std::vector<VisibleDevice> matches;
  if (const auto index = parse_integer(name)) {
    if (*index >= 0 && *index < static_cast<std::int64_t>(devices.size())) {
      matches.push_back(devices[static_cast<std::size_t>(*index)]);
    }
  } else {
    std::copy_if(devices.begin(), devices.end(), std::back_inserter(matches),
                 [&](const VisibleDevice& device) {
                   return canonical(device.uuid).starts_with(canonical(name));
                 });
  }
  if (matches.size() == 1) return matches.front();
  fail(ErrorKind::Usage,
       fmt::format("device '{}' {}: {}", wanted,
                   matches.empty() ? "does not exist" : "names several GPUs", listing(devices)));
}

}  // namespace fitest::cuda
