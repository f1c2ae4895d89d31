// SPDX-License-Identifier: Apache-2.0
// Text that knows its file, and messages that point into it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fitest {

// 1-based; column counts bytes.
struct LineColumn {
  std::size_t line = 1;
  std::size_t column = 1;
};

// Half-open range of byte offsets.
struct SourceRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Immutable text with a name (a path, or where it came from: "x.json: reference").
class SourceText {
 public:
  SourceText(std::string name, std::string text);
  const std::string& name() const noexcept { return name_; }
  std::string_view text() const noexcept { return text_; }
  LineColumn position(std::size_t offset) const;
  // The line that holds the offset, without its newline.
  std::string_view line_at(std::size_t offset) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
};
using SourcePtr = std::shared_ptr<const SourceText>;

SourcePtr make_source(std::string name, std::string text);

enum class Severity { Warning, Error };

struct Diagnostic {
  Severity severity = Severity::Error;
  SourcePtr source;  // may be null: the message stands alone
  SourceRange range;
  std::string message;
};

// "file:line:col: error: message", the line, and a caret under the range.
std::string render(const Diagnostic& diagnostic);

// Collects the problems of one or more documents, so that all are told at once.
class Diagnostics {
 public:
  void error(const SourcePtr& source, SourceRange range, std::string message);
  void warning(const SourcePtr& source, SourceRange range, std::string message);
  void add(Diagnostic diagnostic) { list_.push_back(std::move(diagnostic)); }
  const std::vector<Diagnostic>& list() const noexcept { return list_; }
  std::size_t error_count() const;
  std::size_t warning_count() const { return list_.size() - error_count(); }
  bool ok() const { return error_count() == 0; }
  // Every diagnostic rendered, one after the other.
  std::string render_all() const;
  // Throws an Error of kind Input with every error rendered, if there is one.
  void throw_if_errors() const;

 private:
  std::vector<Diagnostic> list_;
};

// Throws an Error of kind `kind` whose message is the rendered diagnostic.
[[noreturn]] void fail_at(ErrorKind kind, const SourcePtr& source, SourceRange range,
                          std::string message);

}  // namespace fitest
