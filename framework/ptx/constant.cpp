// SPDX-License-Identifier: Apache-2.0
#include "ptx/constant.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstdlib>
#include <limits>
#include <string>

namespace fitest::ptx {
namespace {

using Kind = Constant::Kind;

constexpr int kMaxDepth = 64;  // of nested parentheses and prefix operators
constexpr std::uint64_t kWarpSize = 32;

struct Parser {
  Lexer& lexer;
  int depth = 0;

  Constant binary(int lowest_level);
  Constant conditional();
  Constant prefix();
  Constant primary();
  Constant parenthesis();
};

// Digits in `base` from `digits`; fails beyond 64 bits or at a character that is no digit.
std::uint64_t digits_to_integer(const Lexer& lexer, const Token& token, std::string_view digits,
                                std::uint64_t base) {
  std::uint64_t value = 0;
  if (digits.empty()) lexer.fail(token.range, "this number has no digits");
  for (const char c : digits) {
    std::uint64_t digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A') + 10;
    if (digit >= base) {
      lexer.fail(token.range, fmt::format("'{}' is not a digit of base {}", c, base));
    }
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) {
      lexer.fail(token.range, "this number does not fit 64 bits");
    }
    value = value * base + digit;
  }
  return value;
}

Constant float_bits(const Lexer& lexer, const Token& token, Kind kind, std::size_t width) {
  const std::string_view digits = token.text.substr(2);
  if (digits.size() != width) {
    lexer.fail(token.range, fmt::format("'{}' needs {} hexadecimal digits, found {}",
                                        token.text.substr(0, 2), width, digits.size()));
  }
  return {kind, digits_to_integer(lexer, token, digits, 16), token.range};
}

Constant decimal_float(const Lexer& lexer, const Token& token) {
  const std::string text(token.text);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size()) {
    lexer.fail(token.range, fmt::format("'{}' is not a number", token.text));
  }
  return {Kind::Float64, std::bit_cast<std::uint64_t>(value), token.range};
}

Constant integer_literal(const Lexer& lexer, const Token& token) {
  std::string_view digits = token.text;
  const bool is_unsigned = digits.back() == 'U';
  if (is_unsigned) digits.remove_suffix(1);
  std::uint64_t base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char letter = digits[1];
    base = letter == 'x' || letter == 'X' ? 16 : letter == 'b' || letter == 'B' ? 2 : 8;
    digits.remove_prefix(base == 8 ? 1 : 2);
  }
  const std::uint64_t value = digits_to_integer(lexer, token, digits, base);
  return {is_unsigned || value >> 63 != 0 ? Kind::Unsigned : Kind::Signed, value, token.range};
}

Constant literal(const Lexer& lexer, const Token& token) {
  const std::string_view text = token.text;
  const char letter = text.size() > 1 && text[0] == '0' ? text[1] : '\0';
  if (letter == 'f' || letter == 'F') return float_bits(lexer, token, Kind::Float32, 8);
  if (letter == 'd' || letter == 'D') return float_bits(lexer, token, Kind::Float64, 16);
  const bool prefixed = letter == 'x' || letter == 'X' || letter == 'b' || letter == 'B';
  if (!prefixed && text.find_first_of(".eE") != std::string_view::npos) {
    return decimal_float(lexer, token);
  }
  return integer_literal(lexer, token);
}

struct BinaryOperator {
  std::string_view symbol;
  int level;  // a higher one binds tighter
};
constexpr std::array kBinaryOperators{
    BinaryOperator{"||", 1}, BinaryOperator{"&&", 2}, BinaryOperator{"|", 3},
    BinaryOperator{"^", 4},  BinaryOperator{"&", 5},  BinaryOperator{"==", 6},
    BinaryOperator{"!=", 6}, BinaryOperator{"<", 7},  BinaryOperator{"<=", 7},
    BinaryOperator{">", 7},  BinaryOperator{">=", 7}, BinaryOperator{"<<", 8},
    BinaryOperator{">>", 8}, BinaryOperator{"+", 9},  BinaryOperator{"-", 9},
    BinaryOperator{"*", 10}, BinaryOperator{"/", 10}, BinaryOperator{"%", 10},
};

const BinaryOperator* binary_operator(const Token& token) {
  if (token.kind != TokenKind::Symbol) return nullptr;
  for (const BinaryOperator& row : kBinaryOperators) {
    if (row.symbol == token.text) return &row;
  }
  return nullptr;
}

std::uint64_t compare(std::string_view op, const Constant& a, const Constant& b, bool is_unsigned) {
  const bool less = is_unsigned
                        ? a.bits < b.bits
                        : static_cast<std::int64_t>(a.bits) < static_cast<std::int64_t>(b.bits);
  const bool equal = a.bits == b.bits;
  if (op == "<") return less ? 1 : 0;
  if (op == "<=") return less || equal ? 1 : 0;
  if (op == ">") return less || equal ? 0 : 1;
  if (op == ">=") return less ? 0 : 1;
  if (op == "==") return equal ? 1 : 0;
  return equal ? 0 : 1;
}

std::uint64_t shift(bool left, const Constant& a, std::uint64_t amount) {
  const bool fills_ones = !left && a.kind == Kind::Signed && a.bits >> 63 != 0;
  if (amount > 63) return fills_ones ? ~std::uint64_t{0} : 0;
  if (left) return a.bits << amount;
  if (a.kind == Kind::Unsigned) return a.bits >> amount;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.bits) >> amount);
}

std::uint64_t divide(char op, const Constant& a, const Constant& b, bool is_unsigned) {
  if (is_unsigned) return op == '/' ? a.bits / b.bits : a.bits % b.bits;
  if (b.bits == ~std::uint64_t{0}) return op == '/' ? std::uint64_t{0} - a.bits : 0;
  const auto x = static_cast<std::int64_t>(a.bits);
  const auto y = static_cast<std::int64_t>(b.bits);
  return static_cast<std::uint64_t>(op == '/' ? x / y : x % y);
}

std::uint64_t evaluate(const Lexer& lexer, const Token& op, const Constant& a, const Constant& b) {
  const bool is_unsigned = a.kind == Kind::Unsigned || b.kind == Kind::Unsigned;
  if (op.text == "||") return a.bits != 0 || b.bits != 0 ? 1 : 0;
  if (op.text == "&&") return a.bits != 0 && b.bits != 0 ? 1 : 0;
  if (op.text == "<<" || op.text == ">>") return shift(op.text == "<<", a, b.bits);
  if (op.text.size() == 2) return compare(op.text, a, b, is_unsigned);
  switch (op.text[0]) {
    case '|':
      return a.bits | b.bits;
    case '^':
      return a.bits ^ b.bits;
    case '&':
      return a.bits & b.bits;
    case '+':
      return a.bits + b.bits;
    case '-':
      return a.bits - b.bits;
    case '*':
      return a.bits * b.bits;
    case '/':
    case '%':
      if (b.bits == 0) lexer.fail(op.range, "division by zero in a constant expression");
      return divide(op.text[0], a, b, is_unsigned);
    default:
      return compare(op.text, a, b, is_unsigned);
  }
}

bool is_comparison(std::string_view op) {
  return op == "<" || op == ">" || (op.size() == 2 && op != "<<" && op != ">>");
}

Constant Parser::binary(int lowest_level) {
  Constant left = prefix();
  while (const BinaryOperator* row = binary_operator(lexer.peek())) {
    if (row->level < lowest_level) break;
    const Token op = lexer.next();
    const Constant right = binary(row->level + 1);
    if (left.is_float() || right.is_float()) {
      lexer.fail(op.range, "operators on floating-point constants are not supported");
    }
    const bool is_shift = op.text == "<<" || op.text == ">>";
    const bool is_unsigned =
        left.kind == Kind::Unsigned || (right.kind == Kind::Unsigned && !is_shift);
    const Kind kind = is_unsigned && !is_comparison(op.text) ? Kind::Unsigned : Kind::Signed;
    left = {kind, evaluate(lexer, op, left, right), {left.range.begin, right.range.end}};
  }
  return left;
}

Constant Parser::conditional() {
  const Constant condition = binary(1);
  if (!lexer.accept('?')) return condition;
  if (++depth > kMaxDepth) lexer.fail(condition.range, "this constant is nested too deeply");
  const Constant yes = conditional();
  lexer.expect(':', "of the '?' operator");
  const Constant no = conditional();
  --depth;
  return condition.bits != 0 ? yes : no;
}

Constant Parser::prefix() {
  const Token& token = lexer.peek();
  const bool is_operator = token.is('-') || token.is('+') || token.is('~') || token.is('!');
  if (!is_operator) return primary();
  const Token op = lexer.next();
  if (++depth > kMaxDepth) lexer.fail(op.range, "this constant is nested too deeply");
  Constant value = prefix();
  --depth;
  value.range.begin = op.range.begin;
  if (op.is('+')) return value;
  if (value.is_float()) {
    if (!op.is('-')) lexer.fail(op.range, fmt::format("{} needs an integer", describe(op)));
    value.bits ^= std::uint64_t{1} << (value.kind == Kind::Float32 ? 31 : 63);
  } else {
    value.bits = op.is('-')   ? std::uint64_t{0} - value.bits
                 : op.is('~') ? ~value.bits
                              : std::uint64_t{value.bits == 0 ? 1u : 0u};
  }
  return value;
}

Constant Parser::parenthesis() {
  const Token open = lexer.next();
  if (lexer.peek().kind == TokenKind::Dotted) {
    const Token cast = lexer.next();
    if (cast.text != "s64" && cast.text != "u64") {
      lexer.fail(cast.range, "a constant can be cast to '(.s64)' or '(.u64)' only");
    }
    lexer.expect(')', "after the cast");
    Constant value = prefix();
    if (value.is_float()) lexer.fail(value.range, "a cast needs an integer constant");
    value.kind = cast.text == "s64" ? Kind::Signed : Kind::Unsigned;
    return value;
  }
  Constant value = conditional();
  lexer.expect(')', "to close the '(' of the constant expression");
  value.range = {open.range.begin, lexer.previous_end()};
  return value;
}

Constant Parser::primary() {
  if (lexer.peek().is('(')) {
    if (++depth > kMaxDepth) lexer.fail(lexer.peek().range, "this constant is nested too deeply");
    const Constant value = parenthesis();
    --depth;
    return value;
  }
  if (lexer.peek().is_word("WARP_SZ")) return {Kind::Signed, kWarpSize, lexer.next().range};
  if (lexer.peek().kind != TokenKind::Number) lexer.fail_expected("a constant");
  return literal(lexer, lexer.next());
}

std::uint64_t require_count(const Lexer& lexer, const Constant& value, std::string_view what) {
  const bool negative = value.kind == Kind::Signed && value.bits >> 63 != 0;
  if (value.is_float() || negative) {
    lexer.fail(value.range, fmt::format("expected {}: an integer that is not negative", what));
  }
  return value.bits;
}

}  // namespace

bool begins_constant(const Token& token) {
  if (token.kind == TokenKind::Number || token.is_word("WARP_SZ")) return true;
  return token.is('-') || token.is('+') || token.is('~') || token.is('!') || token.is('(');
}

Constant parse_constant(Lexer& lexer) {
  return Parser{lexer}.conditional();
}

Constant parse_constant_term(Lexer& lexer) {
  return Parser{lexer}.prefix();
}

std::uint64_t parse_count(Lexer& lexer, std::string_view what) {
  if (!begins_constant(lexer.peek())) lexer.fail_expected(what);
  return require_count(lexer, parse_constant(lexer), what);
}

std::uint64_t parse_count_term(Lexer& lexer, std::string_view what) {
  if (!begins_constant(lexer.peek())) lexer.fail_expected(what);
  return require_count(lexer, parse_constant_term(lexer), what);
}

}  // namespace fitest::ptx
