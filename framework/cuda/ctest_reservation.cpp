// SPDX-License-Identifier: Apache-2.0
#include "cuda/ctest_reservation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"

namespace fitest::cuda {
namespace {

constexpr const char* kMask = "CUDA_VISIBLE_DEVICES";
constexpr const char* kGroupCount = "CTEST_RESOURCE_GROUP_COUNT";

// "id:0,slots:60" → "0"
std::string id_of(const std::string& variable, const std::string& resource) {
  for (const std::string& field : split(resource, ',')) {
    if (field.starts_with("id:") && field.size() > 3) return field.substr(3);
  }
  fail(ErrorKind::Usage, fmt::format("{} holds \"{}\"; expected id:<id>,slots:<n> as CTest sets it",
                                     variable, resource));
}

bool is_uuid(const std::string& id) {
  const std::string lower = to_lower(id);
  return lower.starts_with("gpu") || lower.starts_with("mig");
}

// "gpu_0123abcd_…" → "GPU-0123abcd-…"
std::string as_cuda_writes_it(std::string uuid) {
  std::replace(uuid.begin(), uuid.end(), '_', '-');
  uuid = to_lower(uuid);
  return (uuid.starts_with("mig") ? "MIG" : "GPU") + uuid.substr(3);
}

// CUDA reads a mask up to the first entry that is no device.
std::vector<std::string> entries_of(const std::string& mask) {
  std::vector<std::string> entries;
  for (const std::string& entry : split(mask, ',')) {
    const std::string name(trim(entry));
    if (!is_uuid(name) && parse_integer(name).value_or(-1) < 0) break;
    entries.push_back(name);
  }
  return entries;
}

// A mask may abbreviate a UUID, and calls that of a part of a GPU MIG-…
bool names_gpu(const std::string& entry, const std::string& uuid) {
  return is_uuid(entry) && to_lower(uuid.substr(3)).starts_with(to_lower(entry.substr(3)));
}

[[noreturn]] void refuse(const std::string& id, const std::optional<std::string>& mask) {
  fail(ErrorKind::Usage,
       fmt::format("CTest reserved the GPU '{}', which {} does not show: let CTest's resource "
                   "specification name GPUs of the mask (`fitest resources` prints them)",
                   id, mask ? fmt::format("{}={}", kMask, *mask) : std::string("the driver")));
}

std::string visible_device(const std::string& id, const std::optional<std::string>& mask) {
  const std::vector<std::string> entries = entries_of(mask.value_or(""));
  if (is_uuid(id)) {
    std::string uuid = as_cuda_writes_it(id);
    const auto shown = std::find_if(entries.begin(), entries.end(), [&](const std::string& entry) {
      return names_gpu(entry, uuid);
    });
    if (shown != entries.end()) return *shown;
    // A mask of indices does not tell UUIDs: there the specification was made under the same mask.
    const bool by_uuid = std::any_of(entries.begin(), entries.end(), is_uuid);
    if (by_uuid || (mask && entries.empty())) refuse(id, mask);
    return uuid;
  }
  const std::int64_t index = parse_integer(id).value_or(-1);
  if (index < 0) refuse(id, mask);
  if (!mask) return id;
  if (index >= static_cast<std::int64_t>(entries.size())) refuse(id, mask);
  return entries[static_cast<std::size_t>(index)];
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

bool bind() {
  const std::vector<std::string> ids = reserved_gpus(environment);
  if (ids.empty()) return false;
  const std::string visible = visible_devices(ids, environment(kMask));
  // Done with: a child that read it again would count indices within the new mask.
  ::unsetenv(kGroupCount);
  return ::setenv(kMask, visible.c_str(), 1) == 0;
}

}  // namespace

std::vector<std::string> reserved_gpus(const ReadVariable& variable) {
  std::vector<std::string> ids;
  const std::string groups = variable(kGroupCount).value_or("0");
  const auto count = parse_integer(groups);
  if (!count) {
    fail(ErrorKind::Usage, fmt::format("{} is \"{}\"; expected a number", kGroupCount, groups));
  }
  for (std::int64_t group = 0; group < *count; ++group) {
    const std::string name = fmt::format("CTEST_RESOURCE_GROUP_{}_GPUS", group);
    const auto reserved = variable(name);
    if (!reserved) continue;
    for (const std::string& resource : split(*reserved, ';')) {
      const std::string id = id_of(name, resource);
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
  }
  return ids;
}

std::string visible_devices(const std::vector<std::string>& ids,
                            const std::optional<std::string>& mask) {
  std::vector<std::string> visible;
  visible.reserve(ids.size());
  for (const std::string& id : ids) visible.push_back(visible_device(id, mask));
  return join(visible, ",");
}

bool bind_reserved_gpus() {
  static const bool bound = bind();
  return bound;
}

}  // namespace fitest::cuda
