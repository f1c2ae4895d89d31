// SPDX-License-Identifier: Apache-2.0
#include "run/single_workload.h"

#include <fmt/format.h>

#include "base/error.h"

namespace fitest {

const Definition& definition_named(const Dataset& dataset, const std::string& name) {
  const Definition* definition = dataset.find_definition(name);
  if (definition != nullptr) return *definition;
  fail(ErrorKind::Usage, fmt::format("{} has no definition '{}'", dataset.root.string(), name));
}

const Workload& workload_named(const Dataset& dataset, const Definition& definition,
                               const std::string& prefix) {
  const Workload* found = nullptr;
  for (const Workload& workload : dataset.workloads) {
    if (workload.definition != definition.name || !workload.uuid.starts_with(prefix)) continue;
    if (found != nullptr) {
      fail(ErrorKind::Usage, fmt::format("workload '{}': {} and {} both begin so", prefix,
                                         found->uuid, workload.uuid));
    }
    found = &workload;
  }
  if (found != nullptr) return *found;
  fail(ErrorKind::Usage, fmt::format("workload '{}': the definition '{}' has no such workload",
                                     prefix, definition.name));
}

Workload workload_of_axes(const Definition& definition, const AxisValues& axes) {
  bind_axes(definition, axes);
  Workload workload;
  workload.definition = definition.name;
  workload.uuid = "axes";
  for (const auto& [name, value] : axes) workload.uuid += fmt::format("-{}={}", name, value);
  workload.axes = axes;
  return workload;
}

}  // namespace fitest
