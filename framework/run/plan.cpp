// SPDX-License-Identifier: Apache-2.0
#include "run/plan.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace fitest {
namespace {

constexpr std::size_t kShortestPrefix = 8;

bool matches_any(const std::vector<std::string>& globs, const std::string& text) {
  return globs.empty() || std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
           return matches_glob(glob, text);
         });
}

using ByDefinition = std::map<std::string, std::vector<const Workload*>>;

ByDefinition workloads_by_definition(const Dataset& dataset) {
  ByDefinition grouped;
  for (const Workload& workload : dataset.workloads) {
    grouped[workload.definition].push_back(&workload);
  }
  return grouped;
}

std::vector<std::string> uuids_of(const std::vector<const Workload*>& workloads) {
  std::vector<std::string> uuids;
  uuids.reserve(workloads.size());
  for (const Workload* workload : workloads) uuids.push_back(workload->uuid);
  return uuids;
}

}  // namespace

bool CaseFilter::selects_definition(const std::string& name) const {
  return matches_any(definitions, name);
}

bool CaseFilter::selects(const Definition& definition) const {
  return selects_definition(definition.name) && matches_any(op_types, definition.op_type);
}

bool CaseFilter::selects(const Solution& solution) const {
  return matches_any(solutions, solution.name) && matches_any(authors, solution.author);
}

bool CaseFilter::selects(const Workload& workload) const {
  return workloads.empty() ||
         std::any_of(workloads.begin(), workloads.end(), [&](const std::string& prefix) {
           return matches_glob(prefix + "*", workload.uuid);
         });
}

std::string unique_prefix(const std::string& uuid, const std::vector<std::string>& uuids) {
  std::size_t length = std::min(kShortestPrefix, uuid.size());
  for (const std::string& other : uuids) {
    if (other == uuid) continue;
    const auto [mine, theirs] = std::mismatch(uuid.begin(), uuid.end(), other.begin(), other.end());
    const auto common = static_cast<std::size_t>(mine - uuid.begin());
    length = std::max(length, std::min(common + 1, uuid.size()));
  }
  return uuid.substr(0, length);
}

std::vector<Case> plan_cases(const Dataset& dataset, const CaseFilter& filter) {
  const ByDefinition workloads = workloads_by_definition(dataset);
  std::vector<Case> cases;
  for (const Solution& solution : dataset.solutions) {
    const Definition* definition = dataset.find_definition(solution.definition);
    const auto group = workloads.find(solution.definition);
    if (definition == nullptr || group == workloads.end()) continue;
    if (!filter.selects(*definition) || !filter.selects(solution)) continue;
    const std::vector<std::string> uuids = uuids_of(group->second);
    for (const Workload* workload : group->second) {
      Case planned{definition, &solution, workload, unique_prefix(workload->uuid, uuids)};
      if (!filter.selects(*workload)) continue;
      if (!filter.tier.empty() && planned.tier() != filter.tier) continue;
      cases.push_back(std::move(planned));
    }
  }
  return cases;
}

}  // namespace fitest
