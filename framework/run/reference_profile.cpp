// SPDX-License-Identifier: Apache-2.0
#include "run/reference_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"

namespace fitest {
namespace {

constexpr std::size_t kMostText = 72;

// A path's last component: the folder is the same for every line.
std::string short_name(const std::string& name) {
  return std::filesystem::path(name).filename().string();
}

std::string shortened(std::string_view line) {
  const std::string text(trim(line));
  return text.size() <= kMostText ? text : text.substr(0, kMostText - 3) + "...";
}

std::string row(const std::string& what, std::size_t width, const pytorch::ProfileRow& row,
                double total) {
  const double share = total > 0 ? 100 * row.milliseconds / total : 0;
  return fmt::format("{:<{}}  {:>9}  {:>11.3f}  {:>5.1f} %", what, width, row.calls,
                     row.milliseconds, share);
}

std::string heading(const std::string& what, std::size_t width) {
  return fmt::format("{:<{}}  {:>9}  {:>11}  {:>7}", what, width, "calls", "ms", "share");
}

}  // namespace

std::string reference_profile_table(const pytorch::Profile& profile, const SourceText& reference) {
  const double total = profile.milliseconds();
  const auto text_lines = split(reference.text(), '\n');
  const std::string file = short_name(reference.name());
  const std::size_t line_width = file.size() + 6;
  std::string text = heading("line", line_width) + "  text\n";
  for (const pytorch::ProfileRow& line : profile.lines()) {
    const std::string_view source =
        line.line <= text_lines.size() ? std::string_view(text_lines[line.line - 1]) : "";
    text +=
        fmt::format("{}  {}\n", row(fmt::format("{}:{}", file, line.line), line_width, line, total),
                    shortened(source));
  }
  std::size_t width = 8;
  const auto operators = profile.operators();
  for (const pytorch::ProfileRow& entry : operators) width = std::max(width, entry.name.size());
  text += "\n" + heading("operator", width) + "\n";
  for (const pytorch::ProfileRow& entry : operators) {
    text += row(entry.name, width, entry, total) + "\n";
  }
  return text;
}

}  // namespace fitest
