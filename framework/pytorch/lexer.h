// SPDX-License-Identifier: Apache-2.0
// Python source to tokens, with INDENT and DEDENT.
// https://docs.python.org/3/reference/lexical_analysis.html
#pragma once

#include <string_view>
#include <vector>

#include "base/source.h"

namespace fitest::pytorch {

enum class TokenKind {
  Name,
  Keyword,
  Integer,
  Float,
  String,
  Operator,
  Newline,
  Indent,
  Dedent,
  End
};

struct Token {
  TokenKind kind = TokenKind::End;
  SourceRange range;
  std::string_view text;  // of the source, quotes and prefix of a string included
};

// What the tokens are read as: a module, or the inside of a replacement field of an f-string,
// where newlines and indentation mean nothing.
enum class LexMode { Module, Expression };

// Error (Input) at the first character that is no Python.
std::vector<Token> tokenize(const SourcePtr& source, SourceRange range, LexMode mode);

bool is_name_start(char c);
bool is_name_part(char c);

}  // namespace fitest::pytorch
