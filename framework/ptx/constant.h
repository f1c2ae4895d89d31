// SPDX-License-Identifier: Apache-2.0
// Literals and constant expressions (PTX ISA §4.5).
#pragma once

#include <cstdint>

#include "ptx/lexer.h"

namespace fitest::ptx {

struct Constant {
  enum class Kind : std::uint8_t { Signed, Unsigned, Float32, Float64 };
  Kind kind = Kind::Signed;
  std::uint64_t bits = 0;  // two's complement, or the bits of the float
  SourceRange range;
  bool is_float() const { return kind == Kind::Float32 || kind == Kind::Float64; }
};

// True if a constant can begin with this token.
bool begins_constant(const Token& token);

// The longest constant expression that begins here.
Constant parse_constant(Lexer& lexer);
// Without binary operators: "-4" of "-4+x".
Constant parse_constant_term(Lexer& lexer);
// An integer that is not negative: "expected <what>".
std::uint64_t parse_count(Lexer& lexer, std::string_view what);
// The same, ending before an operator: the 12 of "<12>".
std::uint64_t parse_count_term(Lexer& lexer, std::string_view what);

}  // namespace fitest::ptx
