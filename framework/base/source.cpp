// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <fmt/format.h>

#include <algorithm>

namespace fitest {
namespace {

constexpr std::size_t kContextWidth = 100;  // a longer line is shown around its caret only

struct Excerpt {
  std::string line;
  std::size_t caret = 0;
};

Excerpt excerpt(std::string_view line, std::size_t column) {
  std::size_t caret = std::min(column - 1, line.size());
  if (line.size() <= kContextWidth) return {std::string(line), caret};
  const std::size_t begin = caret > kContextWidth / 2 ? caret - kContextWidth / 2 : 0;
  const std::string_view shown = line.substr(begin, kContextWidth);
  const std::string prefix = begin > 0 ? "..." : "";
  const std::string suffix = begin + kContextWidth < line.size() ? "..." : "";
  return {fmt::format("{}{}{}", prefix, shown, suffix), caret - begin + prefix.size()};
}

}  // namespace

SourceText::SourceText(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
}

LineColumn SourceText::position(std::size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<std::size_t>(next - line_starts_.begin());
  return {line, offset - line_starts_[line - 1] + 1};
}

std::string_view SourceText::line_at(std::size_t offset) const {
  const std::size_t begin = line_starts_[position(offset).line - 1];
  const std::size_t end = text_.find('\n', begin);
  return std::string_view(text_).substr(begin, end == std::string::npos ? end : end - begin);
}

SourcePtr make_source(std::string name, std::string text) {
  return std::make_shared<const SourceText>(std::move(name), std::move(text));
}

std::string render(const Diagnostic& diagnostic) {
  const char* severity = diagnostic.severity == Severity::Error ? "error" : "warning";
  if (!diagnostic.source) return fmt::format("{}: {}\n", severity, diagnostic.message);
  const SourceText& source = *diagnostic.source;
  const LineColumn at = source.position(diagnostic.range.begin);
  const Excerpt shown = excerpt(source.line_at(diagnostic.range.begin), at.column);
  const std::size_t length =
      std::max<std::size_t>(1, diagnostic.range.end - diagnostic.range.begin);
  const std::size_t room = shown.line.size() > shown.caret ? shown.line.size() - shown.caret : 1;
  std::string underline;
  for (char c : shown.line.substr(0, shown.caret)) underline += c == '\t' ? '\t' : ' ';
  underline += '^';
  underline.append(std::min(length, room) - 1, '~');
  return fmt::format("{}:{}:{}: {}: {}\n  {}\n  {}\n", source.name(), at.line, at.column, severity,
                     diagnostic.message, shown.line, underline);
}

void Diagnostics::error(const SourcePtr& source, SourceRange range, std::string message) {
  add({Severity::Error, source, range, std::move(message)});
}

void Diagnostics::warning(const SourcePtr& source, SourceRange range, std::string message) {
  add({Severity::Warning, source, range, std::move(message)});
}

std::size_t Diagnostics::error_count() const {
  return static_cast<std::size_t>(
      std::count_if(list_.begin(), list_.end(),
                    [](const Diagnostic& d) { return d.severity == Severity::Error; }));
}

std::string Diagnostics::render_all() const {
  std::string text;
  for (const Diagnostic& diagnostic : list_) text += render(diagnostic);
  return text;
}

void Diagnostics::throw_if_errors() const {
  if (ok()) return;
  std::string text;
  for (const Diagnostic& diagnostic : list_) {
    if (diagnostic.severity == Severity::Error) text += render(diagnostic);
  }
  text.pop_back();
  fail(ErrorKind::Input, text);
}

void fail_at(ErrorKind kind, const SourcePtr& source, SourceRange range, std::string message) {
  std::string text = render({Severity::Error, source, range, std::move(message)});
  text.pop_back();
  fail(kind, text);
}

}  // namespace fitest
