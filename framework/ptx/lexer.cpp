// SPDX-License-Identifier: Apache-2.0
#include "ptx/lexer.h"

#include <fmt/format.h>

#include <algorithm>

namespace fitest::ptx {
namespace {

enum Class : std::uint8_t { kBlank = 1, kWordStart = 2, kWordPart = 4, kDigit = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (const unsigned char c : {' ', '\t', '\r', '\n', '\f', '\v'}) classes[c] = kBlank;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<std::size_t>(c)] = kDigit | kWordPart;
  for (int c = 'a'; c <= 'z'; ++c) classes[static_cast<std::size_t>(c)] = kWordStart | kWordPart;
  for (int c = 'A'; c <= 'Z'; ++c) classes[static_cast<std::size_t>(c)] = kWordStart | kWordPart;
  for (const unsigned char c : {'_', '$'}) classes[c] = kWordStart | kWordPart;
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

bool has(char c, std::uint8_t wanted) {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr std::size_t kMaxQuoted = 40;  // bytes of a token that a message repeats

std::string quote(std::string_view text) {
  if (text.size() > kMaxQuoted) return fmt::format("'{}...'", text.substr(0, kMaxQuoted));
  return fmt::format("'{}'", text);
}

}  // namespace

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::End:
      return "the end of the file";
    case TokenKind::Dotted:
      return quote(fmt::format(".{}", token.text));
    case TokenKind::String:
      return fmt::format("the string \"{}\"", token.text.substr(0, kMaxQuoted));
    default:
      return quote(token.text);
  }
}

Lexer::Lexer(SourcePtr source) : source_(std::move(source)), text_(source_->text()) {
  scan();
}

Token Lexer::next() {
  const Token token = token_;
  previous_end_ = token.range.end;
  if (token.kind != TokenKind::End) scan();
  return token;
}

bool Lexer::accept(char symbol) {
  if (!token_.is(symbol)) return false;
  next();
  return true;
}

bool Lexer::accept_dotted(std::string_view name) {
  if (!token_.is_dotted(name)) return false;
  next();
  return true;
}

Token Lexer::expect(char symbol, std::string_view where) {
  if (!token_.is(symbol)) fail_expected(fmt::format("'{}' {}", symbol, where));
  return next();
}

Token Lexer::expect_word(std::string_view what) {
  if (token_.kind != TokenKind::Word) fail_expected(what);
  return next();
}

void Lexer::accept_table(std::uint64_t maximum, std::size_t limit,
                         std::vector<std::uint64_t>& values) {
  constexpr std::size_t max_digits = 9;  // fits 32 bits whatever the digits
  std::size_t begin = token_.range.begin;
  for (std::size_t count = 0; count < limit; ++count) {
    std::size_t at = begin;
    std::uint64_t value = 0;
    while (at < text_.size() && has(text_[at], kDigit) && at - begin < max_digits) {
      value = value * 10 + static_cast<std::uint64_t>(text_[at++] - '0');
    }
    const bool octal = at - begin > 1 && text_[begin] == '0';
    if (at == begin || octal || value > maximum || at >= text_.size() || text_[at] != ',') break;
    values.push_back(value);
    begin = at + 1;
    while (begin < text_.size() && has(text_[begin], kBlank)) ++begin;
  }
  if (begin == token_.range.begin) return;
  position_ = begin;
  scan();
}

bool Lexer::skip_braces() {
  std::size_t depth = 1;
  while (token_.kind != TokenKind::End) {
    const Token token = next();
    if (token.is('{')) ++depth;
    if (token.is('}') && --depth == 0) return true;
  }
  return false;
}

void Lexer::fail(SourceRange range, const std::string& message) const {
  fail_at(ErrorKind::Input, source_, range, message);
}

void Lexer::fail_expected(std::string_view what) const {
  fail(token_.range, fmt::format("expected {}, found {}", what, describe(token_)));
}

void Lexer::skip_blanks() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (has(c, kBlank)) {
      ++position_;
    } else if (c == '/' && text_.substr(position_, 2) == "/*") {
      skip_block_comment();
    } else if (c == '#' || (c == '/' && text_.substr(position_, 2) == "//")) {
      // '#' begins a line of the C preprocessor.
      position_ = std::min(text_.find('\n', position_), text_.size());
    } else {
      return;
    }
  }
}

void Lexer::skip_block_comment() {
  const std::size_t end = text_.find("*/", position_ + 2);
  if (end == std::string_view::npos) {
    fail({position_, position_ + 2}, "this comment is never closed: expected '*/'");
  }
  position_ = end + 2;
}

void Lexer::finish(TokenKind kind, std::size_t end) {
  token_ = {kind, text_.substr(position_, end - position_), {position_, end}};
  position_ = end;
}

void Lexer::scan() {
  skip_blanks();
  const std::size_t size = text_.size();
  if (position_ >= size) return finish(TokenKind::End, size);
  const char c = text_[position_];
  const char after = position_ + 1 < size ? text_[position_ + 1] : '\0';
  std::size_t end = position_ + 1;
  if (has(c, kWordStart) || (c == '%' && has(after, kWordStart))) {
    while (end < size && has(text_[end], kWordPart)) ++end;
    return finish(TokenKind::Word, end);
  }
  // ".2d" after an opcode is a modifier, ".5" elsewhere a number.
  const bool follows_word = position_ > 0 && has(text_[position_ - 1], kWordPart);
  if (has(c, kDigit) || (c == '.' && !follows_word && has(after, kDigit))) return scan_number();
  if (c == '.' && has(after, kWordPart)) {
    while (end < size && (has(text_[end], kWordPart) || text_.substr(end, 2) == "::" ||
                          (text_[end] == ':' && text_[end - 1] == ':'))) {
      ++end;
    }
    finish(TokenKind::Dotted, end);
    token_.text.remove_prefix(1);
    return;
  }
  if (c == '"') return scan_string();
  scan_symbol();
}

void Lexer::scan_number() {
  const bool prefixed =
      text_[position_] == '0' && position_ + 1 < text_.size() &&
      std::string_view("xXbBfFdD").find(text_[position_ + 1]) != std::string_view::npos;
  std::size_t end = position_;
  while (end < text_.size()) {
    const char c = text_[end];
    const char before = end > position_ ? text_[end - 1] : '\0';
    const bool exponent_sign =
        (c == '+' || c == '-') && !prefixed && (before == 'e' || before == 'E');
    if (!has(c, kWordPart) && !(c == '.' && !prefixed) && !exponent_sign) break;
    ++end;
  }
  finish(TokenKind::Number, end);
}

void Lexer::scan_string() {
  const std::size_t end = text_.find_first_of("\"\n", position_ + 1);
  if (end == std::string_view::npos || text_[end] == '\n') {
    fail({position_, position_ + 1}, "this string is never closed: expected '\"' on the same line");
  }
  finish(TokenKind::String, end + 1);
  token_.text = token_.text.substr(1, token_.text.size() - 2);
}

void Lexer::scan_symbol() {
  constexpr std::array<std::string_view, 8> pairs{"<<", ">>", "<=", ">=", "==", "!=", "&&", "||"};
  constexpr std::string_view singles = ",;:(){}[]<>+-*/%=!~&|^?@.";
  const std::string_view two = text_.substr(position_, 2);
  if (std::find(pairs.begin(), pairs.end(), two) != pairs.end()) {
    return finish(TokenKind::Symbol, position_ + 2);
  }
  if (singles.find(text_[position_]) == std::string_view::npos) {
    const auto byte = static_cast<unsigned char>(text_[position_]);
    const bool printable = byte > 0x20 && byte < 0x7F;
    fail({position_, position_ + 1},
         printable ? fmt::format("unexpected character '{}'", text_[position_])
                   : fmt::format("unexpected byte 0x{:02X}: PTX is ASCII text", byte));
  }
  finish(TokenKind::Symbol, position_ + 1);
}

}  // namespace fitest::ptx
