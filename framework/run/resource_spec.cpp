// SPDX-License-Identifier: Apache-2.0
#include "run/resource_spec.h"

#include <algorithm>

#include "base/text.h"
#include "document/document.h"

namespace fitest {
namespace {

// CTest takes lower-case letters, digits and '_' (research/ctest.md §3.2).
std::string resource_id(const std::string& uuid) {
  std::string id = to_lower(uuid);
  std::replace(id.begin(), id.end(), '-', '_');
  return id;
}

Value resource(const cuda::VisibleDevice& gpu, std::int64_t slots) {
  return Value::Object{{"id", Value(resource_id(gpu.uuid))}, {"slots", Value(slots)}};
}

}  // namespace

std::string resource_spec(const std::vector<cuda::VisibleDevice>& gpus) {
  if (gpus.empty()) return {};
  Value::Array whole;
  Value::Array memory;
  whole.reserve(gpus.size());
  memory.reserve(gpus.size());
  for (const cuda::VisibleDevice& gpu : gpus) {
    whole.push_back(resource(gpu, kSlotsPerGpu));
    memory.push_back(resource(gpu, static_cast<std::int64_t>(gpu.memory_bytes >> 20)));
  }
  Value machine =
      Value::Object{{"gpus", Value(std::move(whole))}, {"gpu_memory", Value(std::move(memory))}};
  Value version = Value::Object{{"major", Value(1)}, {"minor", Value(0)}};
  return write_json(Value::Object{{"version", std::move(version)},
                                  {"local", Value(Value::Array{std::move(machine)})}}) +
         "\n";
}

}  // namespace fitest
