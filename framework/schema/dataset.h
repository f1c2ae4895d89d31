// SPDX-License-Identifier: Apache-2.0
// Dataset: a folder in the official layout, with documents in either form (DESIGN §2).
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "schema/definition.h"
#include "schema/solution.h"
#include "schema/workload.h"

namespace fitest {

struct Dataset {
  std::filesystem::path root;
  std::vector<Definition> definitions;  // sorted by name
  std::vector<Workload> workloads;      // by definition, then as in the file
  std::vector<Solution> solutions;      // sorted by definition, then name
  Diagnostics diagnostics;

  const Definition* find_definition(const std::string& name) const;
};

// Which documents to read; an empty function reads all. Files of other definitions are not opened,
// so that a run of one case does not pay for the whole dataset.
struct DatasetFilter {
  std::function<bool(const std::string& definition)> definition;
};

// Reads what is there. Problems are in `diagnostics`; a missing root is an Error (Environment).
Dataset read_dataset(const std::filesystem::path& root, const DatasetFilter& filter = {});

// A path that a document names, inside the dataset root. Error (Input) for an absolute path, one
// that leaves the root by "..", or by a symbolic link.
std::filesystem::path resolve_inside(const std::filesystem::path& root, const std::string& path);

}  // namespace fitest
