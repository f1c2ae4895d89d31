// SPDX-License-Identifier: Apache-2.0
#include "document/document.h"

#include <fmt/format.h>

#include "base/file.h"

namespace fitest {

Value read_document(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const std::string extension = path.extension().string();
  const bool is_yaml = extension == ".yaml" || extension == ".yml";
  if (!is_yaml && extension != ".json") {
    diagnostics.error(
        nullptr, {},
        fmt::format("{}: the file name must end in .json, .yaml or .yml", path.string()));
    return {};
  }
  try {
    const SourcePtr source = make_source(path.string(), read_file(path));
    return is_yaml ? read_yaml(source, diagnostics) : read_json(source, diagnostics);
  } catch (const Error& error) {
    diagnostics.error(nullptr, {}, error.what());
    return {};
  }
}

}  // namespace fitest
