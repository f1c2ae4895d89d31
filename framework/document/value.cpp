// SPDX-License-Identifier: Apache-2.0
#include "document/value.h"

#include <algorithm>
#include <array>

namespace fitest {
namespace {

// Bytes of UTF-8 that \uXXXX stands for; a surrogate pair is two escapes and four bytes, two each.
std::size_t utf8_length(std::string_view hex) {
  unsigned code = 0;
  for (char c : hex) {
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    code = code * 16 + static_cast<unsigned>(digit);
  }
  if (code >= 0xD800 && code <= 0xDFFF) return 2;
  if (code >= 0x800) return 3;
  return code >= 0x80 ? 2 : 1;
}

// One character of a double-quoted string: its length in the text and in the value.
struct Piece {
  std::size_t raw;
  std::size_t cooked;
};

Piece next_piece(std::string_view text) {
  if (text[0] != '\\' || text.size() < 2) return {1, 1};
  if (text[1] == 'u' && text.size() >= 6) return {6, utf8_length(text.substr(2, 4))};
  return {2, 1};
}

std::size_t quoted_offset(std::string_view text, std::size_t cooked) {
  std::size_t raw = 0;
  while (cooked > 0 && raw < text.size()) {
    const Piece piece = next_piece(text.substr(raw));
    if (piece.cooked > cooked) break;
    cooked -= piece.cooked;
    raw += piece.raw;
  }
  return std::min(raw, text.size());
}

// Start of each content line of a literal block scalar ("|") in the text, indentation skipped.
class LiteralBlock {
 public:
  LiteralBlock(std::string_view text, std::size_t header) : text_(text) {
    first_line_ = std::min(text.find('\n', header), text.size() - 1) + 1;
    const std::size_t content = text.find_first_not_of(" \n\r", first_line_);
    if (content == std::string_view::npos) return;
    const std::size_t newline = text.rfind('\n', content);
    indent_ = content - (newline == std::string_view::npos ? 0 : newline + 1);
  }
  std::size_t offset(std::string_view value, std::size_t cooked) const {
    std::size_t line = first_line_;
    std::size_t value_line = 0;
    for (std::size_t i = 0; i < std::min(cooked, value.size()); ++i) {
      if (value[i] != '\n') continue;
      value_line = i + 1;
      const std::size_t newline = text_.find('\n', line);
      line = newline == std::string_view::npos ? text_.size() : newline + 1;
    }
    return std::min(line + indent_ + cooked - value_line, text_.size());
  }

 private:
  std::string_view text_;
  std::size_t first_line_ = 0;
  std::size_t indent_ = 0;
};

}  // namespace

const Value* Value::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : object()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Value& Value::set(std::string key, Value value) {
  if (is_null()) data_ = Object{};
  for (Member& member : object()) {
    if (member.first == key) return member.second = std::move(value);
  }
  return object().emplace_back(std::move(key), std::move(value)).second;
}

SourceRange range_within(const Value& string, std::size_t begin, std::size_t end) {
  const SourceRange whole = string.range();
  if (!string.source() || !string.is_string()) return whole;
  const std::string_view text = string.source()->text();
  const std::string& value = string.string();
  if (text.substr(whole.begin, value.size()) == value) {
    return {whole.begin + begin, whole.begin + end};
  }
  const char first = whole.begin < text.size() ? text[whole.begin] : '\0';
  const bool quoted = first == '"' || first == '\'';
  const std::size_t inside = whole.begin + 1;
  if (quoted && text.substr(inside, value.size()) == value) return {inside + begin, inside + end};
  if (first == '"' && whole.end > inside) {
    const std::string_view raw = text.substr(inside, whole.end - 1 - inside);
    return {inside + quoted_offset(raw, begin), inside + quoted_offset(raw, end)};
  }
  if (first == '|') {
    const LiteralBlock block(text, whole.begin);
    return {block.offset(value, begin), block.offset(value, end)};
  }
  return whole;
}

std::string_view describe(Value::Type type) {
  constexpr std::array<std::string_view, 7> kNames = {
      "null", "a boolean", "an integer", "a number", "a string", "a list", "an object"};
  return kNames[static_cast<std::size_t>(type)];
}

}  // namespace fitest
