// SPDX-License-Identifier: Apache-2.0
#include "run/case.h"

#include <algorithm>

namespace fitest {

std::string Case::name() const {
  return definition->name + "/" + solution->name + "/" + workload_prefix;
}

std::string Case::tier() const {
  const auto& tags = workload->tags;
  return std::find(tags.begin(), tags.end(), "quick") != tags.end() ? "quick" : "full";
}

std::vector<std::string> Case::labels() const {
  std::vector<std::string> labels = {definition->op_type, definition->name, solution->author,
                                     tier()};
  for (const std::string& tag : definition->tags) {
    if (tag.starts_with("model:")) labels.push_back(tag);
  }
  std::erase(labels, "");
  return labels;
}

std::string Case::trace_path() const {
  return name() + ".json";
}

}  // namespace fitest
