// SPDX-License-Identifier: Apache-2.0
#include "schema/python_outline.h"

#include <fmt/format.h>

#include "base/text.h"

namespace fitest {
namespace {

char closing_of(char open) {
  return open == '(' ? ')' : open == '[' ? ']' : '}';
}

// Scans strings, comments and brackets; logical lines begin where no bracket is open.
class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  PythonOutline scan() {
    begin_line(0);
    while (at_ < source_.size() && !outline_.problem) step();
    if (!outline_.problem && !open_.empty()) {
      report(open_.back(), open_.back() + 1,
             fmt::format("'{}' is never closed", source_[open_.back()]));
    }
    return std::move(outline_);
  }

 private:
  void step() {
    const char c = source_[at_];
    if (c == '"' || c == '\'') {
      skip_string(c);
    } else if (c == '#') {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else if (c == '(' || c == '[' || c == '{') {
      open_.push_back(at_++);
    } else if (c == ')' || c == ']' || c == '}') {
      close(c);
    } else if (c == '\n') {
      ++at_;
      if (open_.empty()) begin_line(at_);
    } else if (c == '$' || c == '?' || c == '`' || (c == '!' && !followed_by('='))) {
      report(at_, at_ + 1, fmt::format("'{}' is no Python", c));
    } else {
      at_ += c == '\\' ? 2 : 1;
    }
  }

  bool followed_by(char c) const { return at_ + 1 < source_.size() && source_[at_ + 1] == c; }

  void close(char c) {
    if (open_.empty()) {
      report(at_, at_ + 1, fmt::format("'{}' closes no bracket", c));
    } else if (closing_of(source_[open_.back()]) != c) {
      report(at_, at_ + 1, fmt::format("'{}' does not close '{}'", c, source_[open_.back()]));
    } else {
      open_.pop_back();
      ++at_;
    }
  }

  void skip_string(char quote) {
    const std::size_t begin = at_;
    const std::string triple(3, quote);
    const bool is_triple = source_.substr(at_, 3) == triple;
    at_ += is_triple ? 3 : 1;
    while (at_ < source_.size()) {
      if (is_triple ? source_.substr(at_, 3) == triple : source_[at_] == quote) {
        at_ += is_triple ? 3 : 1;
        return;
      }
      if (source_[at_] == '\n' && !is_triple) break;
      at_ += source_[at_] == '\\' ? 2 : 1;
    }
    report(begin, begin + 1, "the string is never closed");
  }

  void begin_line(std::size_t begin) {
    if (source_.substr(begin, 4) != "def ") return;
    const std::size_t open = source_.find('(', begin);
    const std::size_t end = source_.find('\n', begin);
    if (open == std::string_view::npos || open > end) {
      report(begin, std::min(end, source_.size()), "the function has no parameter list");
      return;
    }
    PythonFunction function;
    function.name = std::string(trim(source_.substr(begin + 4, open - begin - 4)));
    function.parameters = parameters_from(open + 1);
    outline_.functions.push_back(std::move(function));
  }

  static int nesting_of(char c) {
    if (c == '(' || c == '[' || c == '{') return 1;
    return c == ')' || c == ']' || c == '}' ? -1 : 0;
  }

  // Names of a parameter list: what stands before ':' and '=' between top-level commas.
  std::vector<std::string> parameters_from(std::size_t at) const {
    std::vector<std::string> names;
    std::string name;
    int depth = 0;
    bool in_name = true;
    for (; at < source_.size(); ++at) {
      const char c = source_[at];
      if (c == '#') at = std::min(source_.find('\n', at), source_.size() - 1);
      depth += nesting_of(c);
      if (depth < 0 || (depth == 0 && c == ',')) {
        if (!trim(name).empty()) names.emplace_back(trim(name));
        name.clear();
        in_name = true;
        if (depth < 0) break;
      } else if (depth == 0 && (c == ':' || c == '=')) {
        in_name = false;
      } else if (in_name && c != '#') {
        name += c;
      }
    }
    return names;
  }

  void report(std::size_t begin, std::size_t end, std::string message) {
    outline_.problem = {std::move(message), begin, end};
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::vector<std::size_t> open_;
  PythonOutline outline_;
};

}  // namespace

const PythonFunction* PythonOutline::find(std::string_view name) const {
  for (const PythonFunction& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

PythonOutline outline_python(std::string_view source) {
  return Scanner(source).scan();
}

}  // namespace fitest
