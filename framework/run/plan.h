// SPDX-License-Identifier: Apache-2.0
// Which cases a dataset and the user's filters give.
#pragma once

#include <string>
#include <vector>

#include "run/case.h"

namespace fitest {

// Globs; empty lists select all. A workload is selected by a prefix of its uuid.
struct CaseFilter {
  std::vector<std::string> definitions;
  std::vector<std::string> solutions;
  std::vector<std::string> workloads;
  std::vector<std::string> op_types;
  std::vector<std::string> authors;
  std::string tier;  // "quick", "full", or empty for both

  bool selects_definition(const std::string& name) const;
  bool selects(const Definition& definition) const;
  bool selects(const Solution& solution) const;
  bool selects(const Workload& workload) const;
};

// Sorted by definition, then solution, then as the workload file has them: the order is stable, so
// that test numbers are.
std::vector<Case> plan_cases(const Dataset& dataset, const CaseFilter& filter);

// Shortest prefix, 8 characters or more, that no other uuid of the list begins with.
std::string unique_prefix(const std::string& uuid, const std::vector<std::string>& uuids);

}  // namespace fitest
