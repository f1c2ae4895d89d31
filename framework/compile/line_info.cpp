// SPDX-License-Identifier: Apache-2.0
#include "compile/line_info.h"

#include "base/text.h"

namespace fitest {
namespace {

// The longest source path that `path` ends with, at a folder's boundary.
std::string source_named(std::string_view path, const std::vector<SourceFile>& sources) {
  std::string best(path);
  bool found = false;
  for (const SourceFile& source : sources) {
    if (!path.ends_with("/" + source.path)) continue;
    if (!found || source.path.size() > best.size()) best = source.path;
    found = true;
  }
  return best;
}

// `.file 1 "/somewhere/kernel.cu"` and the like; any other line stays as it is.
std::string renamed(std::string_view line, const std::vector<SourceFile>& sources) {
  if (!trim(line).starts_with(".file")) return std::string(line);
  const std::size_t begin = line.find('"');
  const std::size_t end = line.find('"', begin + 1);
  if (begin == std::string_view::npos || end == std::string_view::npos) return std::string(line);
  const std::string_view path = line.substr(begin + 1, end - begin - 1);
  return std::string(line.substr(0, begin + 1)) + source_named(path, sources) +
         std::string(line.substr(end));
}

}  // namespace

std::string with_source_names(std::string_view ptx, const std::vector<SourceFile>& sources) {
  std::string result;
  result.reserve(ptx.size());
  while (!ptx.empty()) {
    const std::size_t newline = ptx.find('\n');
    const std::size_t size = newline == std::string_view::npos ? ptx.size() : newline + 1;
    result += renamed(ptx.substr(0, size), sources);
    ptx.remove_prefix(size);
  }
  return result;
}

}  // namespace fitest
