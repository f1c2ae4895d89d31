// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "document/document.h"
#include "document/tree_builder.h"
#include "document/utf8.h"

namespace fitest {
namespace {

using Json = nlohmann::json;

// The library's events carry no positions, so this follows the text with a cursor of its own: each
// event is the next token after the cursor, past white space, commas and colons.
class SaxHandler final : public Json::json_sax_t {
 public:
  SaxHandler(const SourcePtr& source, SourceRange part, Diagnostics& diagnostics)
      : source_(source),
        text_(source->text()),
        part_(part),
        cursor_(part.begin),
        diagnostics_(diagnostics),
        builder_(source, diagnostics) {}

  bool null() override { return scalar(Value(), word()); }
  bool boolean(bool value) override { return scalar(Value(value), word()); }
  bool number_integer(number_integer_t value) override {
    return scalar(Value(std::int64_t{value}), word());
  }
  bool number_unsigned(number_unsigned_t value) override {
    const SourceRange range = word();
    if (value > static_cast<number_unsigned_t>(INT64_MAX)) return too_large(range);
    return scalar(Value(static_cast<std::int64_t>(value)), range);
  }
  bool number_float(number_float_t value, const string_t& token) override {
    const SourceRange range = word();
    if (token.find_first_of(".eE") == string_t::npos) return too_large(range);
    return scalar(Value(value), range);
  }
  bool string(string_t& value) override { return scalar(Value(std::move(value)), quoted()); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    return builder_.begin(Value(Value::Object{}), bracket());
  }
  bool start_array(std::size_t) override {
    return builder_.begin(Value(Value::Array{}), bracket());
  }
  bool end_object() override { return end(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    builder_.key(std::move(name), quoted());
    return true;
  }
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::detail::exception& error) override;

  Value take_root() { return builder_.take_root(); }

 private:
  std::size_t token_start() const {
    const std::size_t at = text_.find_first_not_of(" \t\r\n,:", cursor_);
    return std::min(at, part_.end);
  }
  SourceRange token_until(std::size_t end) {
    const SourceRange range{token_start(), std::min(end, part_.end)};
    cursor_ = range.end;
    return range;
  }
  SourceRange bracket() { return token_until(token_start() + 1); }
  SourceRange word() { return token_until(text_.find_first_of(" \t\r\n,]}", token_start())); }
  SourceRange quoted() {
    std::size_t at = text_.find('"', token_start() + 1);
    while (at < part_.end && is_escaped(at)) at = text_.find('"', at + 1);
    return token_until(std::min(at, part_.end - 1) + 1);
  }
  bool is_escaped(std::size_t at) const {
    std::size_t backslashes = 0;
    while (text_[at - backslashes - 1] == '\\') ++backslashes;
    return backslashes % 2 == 1;
  }
  bool scalar(Value value, SourceRange range) {
    builder_.add(std::move(value), range);
    return true;
  }
  bool end() {
    builder_.end(bracket().end);
    return true;
  }
  bool too_large(SourceRange range) {
    diagnostics_.error(source_, range, "the integer does not fit into 64 bits");
    return scalar(Value(), range);
  }

  SourcePtr source_;
  std::string_view text_;
  SourceRange part_;
  std::size_t cursor_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
};

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at != std::string::npos) text.replace(at, from.size(), to);
}

// What the library says, without its prefix, position and echo of the text, which the caret shows.
std::string reason_of(std::string_view what) {
  if (what.find("U+000A") != what.npos || what.find("missing closing quote") != what.npos) {
    return "the string is not closed on its line";
  }
  const bool in_object = what.find("while parsing object - ") != what.npos;
  const bool in_array = what.find("while parsing array - ") != what.npos;
  const std::size_t context = what.find(" - ");
  if (context != what.npos) {
    what.remove_prefix(context + 3);
  } else if (const std::size_t bracket = what.find("] "); bracket != what.npos) {
    what.remove_prefix(bracket + 2);
  }
  std::string reason(what);
  const std::size_t echo = reason.find("; last read: '");
  if (echo != std::string::npos) {
    const std::size_t rest = reason.find("'; expected", echo);
    reason.erase(echo, rest == std::string::npos ? rest : rest + 1 - echo);
  }
  replace(reason, "'[', '{', or a literal", "a value");
  replace(reason, "; expected string literal", "; expected a key in quotes");
  if (in_object) replace(reason, "expected '}'", "expected ',' or '}'");
  if (in_array) replace(reason, "expected ']'", "expected ',' or ']'");
  return reason;
}

// A token that is well-formed but out of place, or a number too large, is shown whole; else the
// last byte read is.
std::size_t culprit_length(std::string_view what, const std::string& last_token) {
  const auto says = [&](std::string_view text) { return what.find(text) != what.npos; };
  if (says("unexpected false")) return 5;
  if (says("unexpected true") || says("unexpected null")) return 4;
  if (says("unexpected string") || says("unexpected number") || says("overflow")) {
    return last_token.size();
  }
  return 1;
}

bool SaxHandler::parse_error(std::size_t position, const std::string& last_token,
                             const nlohmann::detail::exception& error) {
  const std::string_view what = error.what();
  const std::size_t end = std::min(part_.begin + position, part_.end);
  const std::size_t length = culprit_length(what, last_token);
  const std::size_t begin = end - std::min(length, end - part_.begin);
  diagnostics_.error(source_, {begin, end}, "not valid JSON: " + reason_of(what));
  return false;
}

Value read_part(const SourcePtr& source, SourceRange part, Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  SaxHandler handler(source, part, diagnostics);
  const char* text = source->text().data();
  const bool complete = Json::sax_parse(text + part.begin, text + part.end, &handler);
  if (!complete || diagnostics.error_count() > errors_before) return {};
  return handler.take_root();
}

}  // namespace

Value read_json(const SourcePtr& source, Diagnostics& diagnostics) {
  if (!check_utf8(source, diagnostics)) return {};
  return read_part(source, {byte_order_mark_length(source->text()), source->text().size()},
                   diagnostics);
}

std::vector<Value> read_json_lines(const SourcePtr& source, Diagnostics& diagnostics) {
  std::vector<Value> rows;
  if (!check_utf8(source, diagnostics)) return rows;
  const std::string_view text = source->text();
  std::size_t begin = byte_order_mark_length(text);
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (!trim(text.substr(begin, end - begin)).empty()) {
      const std::size_t errors_before = diagnostics.error_count();
      Value row = read_part(source, {begin, end}, diagnostics);
      if (diagnostics.error_count() == errors_before) rows.push_back(std::move(row));
    }
    begin = end + 1;
  }
  return rows;
}

}  // namespace fitest
