// SPDX-License-Identifier: Apache-2.0
// Tokens of PTX text, one of them looked ahead.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace fitest::ptx {

enum class TokenKind : std::uint8_t {
  End,
  Word,    // identifier: name, %register, $label, opcode
  Dotted,  // ".reg", ".f32", ".L2::128B"; `text` is without the dot
  Number,  // any literal, as written
  String,  // `text` is without the quotes
  Symbol,  // punctuation or operator, one or two characters
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::string_view text;
  SourceRange range;
  bool is(char symbol) const {
    return kind == TokenKind::Symbol && text.size() == 1 && text[0] == symbol;
  }
  bool is_symbol(std::string_view symbol) const {
    return kind == TokenKind::Symbol && text == symbol;
  }
  bool is_word(std::string_view word) const { return kind == TokenKind::Word && text == word; }
  bool is_dotted(std::string_view name) const { return kind == TokenKind::Dotted && text == name; }
};

// Texts of tokens are views into the source, which must outlive them.
class Lexer {
 public:
  explicit Lexer(SourcePtr source);

  const Token& peek() const noexcept { return token_; }
  Token next();
  bool accept(char symbol);
  bool accept_dotted(std::string_view name);
  // The token, or an error: "expected ';' after the operands, found …".
  Token expect(char symbol, std::string_view where);
  Token expect_word(std::string_view what);

  // Appends the numbers of "12, 0, 255, " without making tokens, as tables have ten thousands of
  // them. Stops before anything else than a short decimal and a comma, after `limit` numbers, or
  // at a number above `maximum`.
  void accept_table(std::uint64_t maximum, std::size_t limit, std::vector<std::uint64_t>& values);
  // Continues after the '}' that closes the '{' just consumed; true unless the text ended first.
  bool skip_braces();

  // End of the last consumed token.
  std::size_t previous_end() const noexcept { return previous_end_; }
  const SourcePtr& source() const noexcept { return source_; }
  [[noreturn]] void fail(SourceRange range, const std::string& message) const;
  // "expected <what>, found <the token>"
  [[noreturn]] void fail_expected(std::string_view what) const;

 private:
  void scan();
  void skip_blanks();
  void skip_block_comment();
  void scan_number();
  void scan_string();
  void scan_symbol();
  void finish(TokenKind kind, std::size_t end);

  SourcePtr source_;
  std::string_view text_;
  std::size_t position_ = 0;  // first character after token_
  std::size_t previous_end_ = 0;
  Token token_;
};

// How a message quotes a token: "';'", "the end of the file".
std::string describe(const Token& token);

}  // namespace fitest::ptx
