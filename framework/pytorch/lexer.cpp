// SPDX-License-Identifier: Apache-2.0
#include "pytorch/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace fitest::pytorch {
namespace {

constexpr std::size_t kMaxIndentation = 100;

constexpr std::array<std::string_view, 35> kKeywords{
    "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
    "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
    "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
    "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"};

// Longest first, so that the first match is the token.
constexpr std::array<std::string_view, 47> kOperators{
    "**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "+=", "-=", "*=", "/=",
    "%=",  "@=",  "&=",  "|=",  "^=",  "**", "//", "<<", ">>", "<=", ">=", "==",
    "+",   "-",   "*",   "/",   "%",   "@",  "&",  "|",  "^",  "~",  "<",  ">",
    "(",   ")",   "[",   "]",   "{",   "}",  ",",  ":",  ".",  ";",  "="};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_string_prefix(std::string_view text) {
  return text.size() <= 2 && text.find_first_not_of("rRbBuUfF") == std::string_view::npos;
}

class Lexer {
 public:
  Lexer(const SourcePtr& source, SourceRange range, LexMode mode)
      : source_(source), text_(source->text()), at_(range.begin), end_(range.end), mode_(mode) {
    if (mode == LexMode::Expression) brackets_.push_back('(');
  }

  std::vector<Token> run() {
    if (mode_ == LexMode::Module) read_indentation();
    while (at_ < end_) read_token();
    if (mode_ == LexMode::Module) finish_module();
    add(TokenKind::End, end_);
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < end_ ? text_[at_ + ahead] : '\0'; }

  void add(TokenKind kind, std::size_t begin) {
    tokens_.push_back({kind, {begin, at_}, text_.substr(begin, at_ - begin)});
  }

  [[noreturn]] void error(std::size_t begin, std::size_t end, const std::string& message) {
    fail_at(ErrorKind::Input, source_, {begin, end}, message);
  }

  void finish_module() {
    if (!brackets_.empty()) {
      error(bracket_starts_.back(), bracket_starts_.back() + 1,
            fmt::format("'{}' is never closed", brackets_.back()));
    }
    if (!tokens_.empty() && tokens_.back().kind != TokenKind::Newline) add(TokenKind::Newline, at_);
    for (; indents_.size() > 1; indents_.pop_back()) add(TokenKind::Dedent, at_);
  }

  void skip_comment() {
    while (at_ < end_ && text_[at_] != '\n') ++at_;
  }

  // At the start of a line: blank lines and comments are skipped, a change of width makes INDENT
  // or DEDENTs.
  void read_indentation() {
    std::size_t width = 0;
    for (;;) {
      width = 0;
      for (; peek() == ' ' || peek() == '\t' || peek() == '\f'; ++at_) {
        width = peek() == '\t' ? (width / 8 + 1) * 8 : width + 1;
      }
      if (peek() == '#') skip_comment();
      if (peek() == '\r') ++at_;
      if (peek() != '\n') break;
      ++at_;
    }
    if (at_ >= end_) return;
    if (width > indents_.back()) {
      if (indents_.size() >= kMaxIndentation) error(at_, at_ + 1, "too many levels of indentation");
      indents_.push_back(width);
      add(TokenKind::Indent, at_);
    }
    for (; width < indents_.back(); indents_.pop_back()) add(TokenKind::Dedent, at_);
    if (width != indents_.back()) {
      error(at_, at_ + 1, "unindent does not match any outer indentation level");
    }
  }

  void read_token() {
    const char c = peek();
    if (c == '\n') return read_newline();
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '#') {
      skip_comment();
    } else if (c == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
      at_ += peek(1) == '\n' ? 2 : 3;
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      read_number();
    } else if (c == '"' || c == '\'') {
      read_string(at_);
    } else if (is_name_start(c)) {
      read_name();
    } else {
      read_operator();
    }
  }

  void read_newline() {
    const std::size_t begin = at_++;
    if (!brackets_.empty()) return;
    if (!tokens_.empty() && tokens_.back().kind != TokenKind::Newline) {
      add(TokenKind::Newline, begin);
    }
    read_indentation();
  }

  void read_name() {
    const std::size_t begin = at_;
    while (is_name_part(peek())) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if ((peek() == '"' || peek() == '\'') && is_string_prefix(name)) return read_string(begin);
    const bool keyword = std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end();
    add(keyword ? TokenKind::Keyword : TokenKind::Name, begin);
  }

  void read_number() {
    const std::size_t begin = at_;
    const bool radix = peek() == '0' && peek(1) != '\0' &&
                       std::string_view("xXbBoO").find(peek(1)) != std::string_view::npos;
    if (radix) {
      at_ += 2;
      while (is_name_part(peek())) ++at_;
      return add(TokenKind::Integer, begin);
    }
    bool is_float = false;
    const auto digits = [&] {
      while (is_digit(peek()) || peek() == '_') ++at_;
    };
    digits();
    if (peek() == '.') {
      is_float = true;
      ++at_;
      digits();
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
      is_float = true;
      at_ += sign;
      digits();
    }
    if (is_name_start(peek())) error(begin, at_ + 1, "invalid number");
    add(is_float ? TokenKind::Float : TokenKind::Integer, begin);
  }

  // `begin` is at the prefix, the position at the opening quote.
  void read_string(std::size_t begin) {
    const char quote = peek();
    const bool triple = peek(1) == quote && peek(2) == quote;
    const std::size_t opening = at_;
    at_ += triple ? 3 : 1;
    for (;; ++at_) {
      if (at_ >= end_ || (peek() == '\n' && !triple)) {
        error(opening, opening + (triple ? 3 : 1), "this string is never closed");
      }
      if (peek() == '\\') {
        ++at_;
      } else if (peek() == quote && (!triple || (peek(1) == quote && peek(2) == quote))) {
        at_ += triple ? 3 : 1;
        return add(TokenKind::String, begin);
      }
    }
  }

  void read_operator() {
    const std::size_t begin = at_;
    const std::string_view rest = text_.substr(at_, end_ - at_);
    const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                    [&](std::string_view op) { return rest.starts_with(op); });
    if (found == kOperators.end()) error(at_, at_ + 1, "this character is not Python");
    at_ += found->size();
    track_bracket(found->front(), begin);
    add(TokenKind::Operator, begin);
  }

  void track_bracket(char c, std::size_t begin) {
    if (c == '(' || c == '[' || c == '{') {
      brackets_.push_back(c);
      bracket_starts_.push_back(begin);
    } else if (c == ')' || c == ']' || c == '}') {
      const char opening = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (bracket_starts_.empty() || brackets_.back() != opening) {
        error(begin, begin + 1, fmt::format("'{}' does not match any open bracket", c));
      }
      brackets_.pop_back();
      bracket_starts_.pop_back();
    }
  }

  SourcePtr source_;
  std::string_view text_;
  std::size_t at_;
  std::size_t end_;
  LexMode mode_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> indents_{0};
  std::string brackets_;
  std::vector<std::size_t> bracket_starts_;
};

}  // namespace

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}

std::vector<Token> tokenize(const SourcePtr& source, SourceRange range, LexMode mode) {
  return Lexer(source, range, mode).run();
}

}  // namespace fitest::pytorch
