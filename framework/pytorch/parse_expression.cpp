// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "pytorch/big_integer.h"
#include "pytorch/parser.h"

namespace fitest::pytorch {
namespace {

struct BinaryRow {
  std::string_view text;
  BinaryOperator op;
  int precedence;  // higher binds tighter
};

constexpr std::array<BinaryRow, 12> kBinaryRows{{
    {"|", BinaryOperator::Or, 0},
    {"^", BinaryOperator::Xor, 1},
    {"&", BinaryOperator::And, 2},
    {"<<", BinaryOperator::ShiftLeft, 3},
    {">>", BinaryOperator::ShiftRight, 3},
    {"+", BinaryOperator::Add, 4},
    {"-", BinaryOperator::Subtract, 4},
    {"*", BinaryOperator::Multiply, 5},
    {"/", BinaryOperator::Divide, 5},
    {"//", BinaryOperator::FloorDivide, 5},
    {"%", BinaryOperator::Modulo, 5},
    {"@", BinaryOperator::MatMultiply, 5},
}};
constexpr int kTightestBinary = 5;

struct CompareRow {
  std::string_view text;
  CompareOperator op;
};

constexpr std::array<CompareRow, 7> kCompareRows{{
    {"==", CompareOperator::Equal},
    {"!=", CompareOperator::NotEqual},
    {"<", CompareOperator::Less},
    {"<=", CompareOperator::LessEqual},
    {">", CompareOperator::Greater},
    {">=", CompareOperator::GreaterEqual},
    {"in", CompareOperator::In},
}};

template <class Visit>
void for_each_leaf(const Expr& target, const Visit& visit) {
  if (const auto* display = std::get_if<Display>(&target.node)) {
    for (const ExprPtr& item : display->items) for_each_leaf(*item, visit);
  } else if (const auto* starred = std::get_if<Starred>(&target.node)) {
    for_each_leaf(*starred->value, visit);
  } else {
    visit(target);
  }
}

}  // namespace

void Parser::check_target(const Expr& target) const {
  for_each_leaf(target, [&](const Expr& leaf) {
    if (std::holds_alternative<Name>(leaf.node) || std::holds_alternative<Subscript>(leaf.node) ||
        std::holds_alternative<Attribute>(leaf.node)) {
      return;
    }
    fail_at(ErrorKind::Input, source_, leaf.range,
            "cannot assign to this: expected a name, an attribute or an element");
  });
}

ExprPtr Parser::parse_whole_expression() {
  ExprPtr value = parse_expression_list();
  if (peek().kind != TokenKind::End) error(peek(), "unexpected text after the expression");
  return value;
}

ExprPtr Parser::parse_expression_list() {
  const std::size_t begin = peek().range.begin;
  ExprPtr first = parse_star_or_expression();
  if (!at(",")) return first;
  Display tuple{Collection::Tuple, {}};
  tuple.items.push_back(std::move(first));
  while (accept(",")) {
    const Token& token = peek();
    const bool ends = token.kind == TokenKind::Newline || token.kind == TokenKind::End || at(")") ||
                      at("=") || at("]") || at("}") || at(":") || at(";");
    if (ends) break;
    tuple.items.push_back(parse_star_or_expression());
  }
  return make(begin, std::move(tuple));
}

// The targets of for and of comprehensions: `in` ends them.
ExprPtr Parser::parse_target_list() {
  const std::size_t begin = peek().range.begin;
  const auto target = [this]() -> ExprPtr {
    const std::size_t start = peek().range.begin;
    if (accept("*")) {
      ExprPtr value = parse_postfix();
      return make(start, Starred{std::move(value)});
    }
    return parse_postfix();
  };
  ExprPtr first = target();
  if (at(",")) {
    Display tuple{Collection::Tuple, {}};
    tuple.items.push_back(std::move(first));
    while (accept(",") && !at("in")) tuple.items.push_back(target());
    first = make(begin, std::move(tuple));
  }
  check_target(*first);
  return first;
}

ExprPtr Parser::parse_star_or_expression() {
  const std::size_t begin = peek().range.begin;
  if (!accept("*")) return parse_expression();
  ExprPtr value = parse_binary(0);
  return make(begin, Starred{std::move(value)});
}

ExprPtr Parser::parse_expression() {
  const ParserDepth depth(*this);
  const std::size_t begin = peek().range.begin;
  if (at("lambda")) return parse_lambda();
  if (at("yield") || at("await")) {
    unsupported(peek().range, fmt::format("'{}' is not supported in references", peek().text));
  }
  if (peek().kind == TokenKind::Name && peek(1).text == ":=") {
    std::string name(next().text);
    next();
    return make(begin, NamedExpr{std::move(name), parse_expression()});
  }
  ExprPtr value = parse_or();
  if (!accept("if")) return value;
  ExprPtr condition = parse_or();
  expect("else", "after the condition");
  ExprPtr otherwise = parse_expression();
  return make(begin, Conditional{std::move(condition), std::move(value), std::move(otherwise)});
}

ExprPtr Parser::parse_or() {
  const std::size_t begin = peek().range.begin;
  ExprPtr first = parse_and();
  if (!at("or")) return first;
  Logical logical{false, {}};
  logical.operands.push_back(std::move(first));
  while (accept("or")) logical.operands.push_back(parse_and());
  return make(begin, std::move(logical));
}

ExprPtr Parser::parse_and() {
  const std::size_t begin = peek().range.begin;
  ExprPtr first = parse_not();
  if (!at("and")) return first;
  Logical logical{true, {}};
  logical.operands.push_back(std::move(first));
  while (accept("and")) logical.operands.push_back(parse_not());
  return make(begin, std::move(logical));
}

ExprPtr Parser::parse_not() {
  const std::size_t begin = peek().range.begin;
  if (!accept("not")) return parse_comparison();
  const ParserDepth depth(*this);
  ExprPtr operand = parse_not();
  return make(begin, Unary{UnaryOperator::Not, std::move(operand)});
}

ExprPtr Parser::parse_comparison() {
  const std::size_t begin = peek().range.begin;
  const auto comparison = [this]() -> std::optional<CompareOperator> {
    if (accept("is")) return accept("not") ? CompareOperator::IsNot : CompareOperator::Is;
    if (at("not") && peek(1).text == "in") {
      next();
      next();
      return CompareOperator::NotIn;
    }
    for (const CompareRow& row : kCompareRows) {
      if (accept(row.text)) return row.op;
    }
    return std::nullopt;
  };
  ExprPtr first = parse_binary(0);
  auto op = comparison();
  if (!op) return first;
  Compare compare{std::move(first), {}};
  for (; op; op = comparison()) compare.rest.emplace_back(*op, parse_binary(0));
  return make(begin, std::move(compare));
}

ExprPtr Parser::parse_binary(int precedence) {
  if (precedence > kTightestBinary) return parse_unary();
  const std::size_t begin = peek().range.begin;
  ExprPtr left = parse_binary(precedence + 1);
  for (int length = 0;; ++length) {
    const auto* row = std::find_if(kBinaryRows.begin(), kBinaryRows.end(), [&](const auto& r) {
      return r.precedence == precedence && at(r.text);
    });
    if (row == kBinaryRows.end()) return left;
    if (length >= kMaxChain) error(peek(), "this expression has too many operators");
    next();
    ExprPtr right = parse_binary(precedence + 1);
    left = make(begin, Binary{row->op, std::move(left), std::move(right)});
  }
}

ExprPtr Parser::parse_unary() {
  const std::size_t begin = peek().range.begin;
  UnaryOperator op{};
  if (accept("-")) {
    op = UnaryOperator::Negative;
  } else if (accept("+")) {
    op = UnaryOperator::Positive;
  } else if (accept("~")) {
    op = UnaryOperator::Invert;
  } else {
    return parse_power();
  }
  const ParserDepth depth(*this);
  ExprPtr operand = parse_unary();
  return make(begin, Unary{op, std::move(operand)});
}

ExprPtr Parser::parse_power() {
  const std::size_t begin = peek().range.begin;
  ExprPtr base = parse_postfix();
  if (!accept("**")) return base;
  const ParserDepth depth(*this);
  ExprPtr exponent = parse_unary();
  return make(begin, Binary{BinaryOperator::Power, std::move(base), std::move(exponent)});
}

ExprPtr Parser::parse_postfix() {
  const std::size_t begin = peek().range.begin;
  ExprPtr value = parse_atom();
  for (int length = 0;; ++length) {
    if (length >= kMaxChain) error(peek(), "this expression is too long");
    if (at("(")) {
      value = parse_call(std::move(value));
    } else if (at("[")) {
      value = parse_subscript(std::move(value));
    } else if (accept(".")) {
      std::string name = expect_name("the name of an attribute after '.'");
      value = make(begin, Attribute{std::move(value), std::move(name)});
    } else {
      return value;
    }
  }
}

ExprPtr Parser::parse_call(ExprPtr callee) {
  const ParserDepth depth(*this);
  const std::size_t begin = callee->range.begin;
  expect("(", "before the arguments");
  Call call{std::move(callee), {}, {}};
  while (!at(")")) {
    parse_argument(call);
    if (!at(")")) expect(",", "or ')' after an argument");
  }
  next();
  return make(begin, std::move(call));
}

void Parser::parse_argument(Call& call) {
  const std::size_t begin = peek().range.begin;
  if (accept("**")) {
    call.keywords.push_back({"", parse_expression()});
  } else if (accept("*")) {
    ExprPtr value = parse_expression();
    call.arguments.push_back(make(begin, Starred{std::move(value)}));
  } else if (peek().kind == TokenKind::Name && peek(1).text == "=") {
    std::string name(next().text);
    next();
    call.keywords.push_back({std::move(name), parse_expression()});
  } else {
    if (!call.keywords.empty()) error(peek(), "a positional argument follows a keyword argument");
    ExprPtr value = parse_expression();
    if (at("for")) {
      auto clauses = parse_clauses();
      value = make(begin, Comprehension{Collection::Generator, std::move(value), nullptr,
                                        std::move(clauses)});
    }
    call.arguments.push_back(std::move(value));
  }
}

ExprPtr Parser::parse_subscript(ExprPtr object) {
  const ParserDepth depth(*this);
  const std::size_t begin = object->range.begin;
  expect("[", "before the index");
  const std::size_t index_begin = peek().range.begin;
  if (at("]")) error(peek(), "expected an index");
  ExprPtr index = parse_subscript_item();
  if (at(",")) {
    Display tuple{Collection::Tuple, {}};
    tuple.items.push_back(std::move(index));
    while (accept(",") && !at("]")) tuple.items.push_back(parse_subscript_item());
    index = make(index_begin, std::move(tuple));
  }
  expect("]", "after the index");
  return make(begin, Subscript{std::move(object), std::move(index)});
}

ExprPtr Parser::parse_subscript_item() {
  const std::size_t begin = peek().range.begin;
  const auto part = [this]() -> ExprPtr {
    return at(":") || at("]") || at(",") ? nullptr : parse_expression();
  };
  ExprPtr start = at("*") ? parse_star_or_expression() : part();
  if (!accept(":")) {
    if (!start) error(peek(), "expected an index");
    return start;
  }
  ExprPtr stop = part();
  ExprPtr step = accept(":") ? part() : nullptr;
  return make(begin, SliceExpr{std::move(start), std::move(stop), std::move(step)});
}

ExprPtr Parser::parse_atom() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::Name: {
      std::string id(next().text);
      return make(token.range.begin, Name{std::move(id)});
    }
    case TokenKind::Integer:
    case TokenKind::Float:
      return parse_number();
    case TokenKind::String:
      return parse_strings();
    case TokenKind::Keyword:
      return parse_keyword_atom();
    default:
      break;
  }
  if (at("(")) return parse_parenthesised();
  if (at("[")) return parse_list();
  if (at("{")) return parse_braces();
  if (accept("...")) return make(token.range.begin, Literal{EllipsisLiteral{}});
  if (token.kind == TokenKind::Indent) error(token, "unexpected indent");
  error(token, "expected an expression");
}

ExprPtr Parser::parse_keyword_atom() {
  const std::size_t begin = peek().range.begin;
  if (accept("True")) return make(begin, Literal{true});
  if (accept("False")) return make(begin, Literal{false});
  if (accept("None")) return make(begin, Literal{NoneLiteral{}});
  error(peek(), fmt::format("expected an expression, found the keyword '{}'", peek().text));
}

ExprPtr Parser::parse_number() {
  const Token& token = next();
  std::string digits;
  for (char c : token.text) {
    if (c != '_') digits += c;
  }
  if (token.kind == TokenKind::Float) {
    return make(token.range.begin, Literal{std::strtod(digits.c_str(), nullptr)});
  }
  unsigned base = 10;
  std::size_t skip = 0;
  if (digits.size() > 1 && digits[0] == '0' && digits[1] > '9') {
    const char radix = digits[1];
    base = radix == 'x' || radix == 'X' ? 16 : radix == 'o' || radix == 'O' ? 8 : 2;
    skip = 2;
  }
  const bool padded = base == 10 && digits[0] == '0';
  if (padded && digits.find_first_not_of('0') != std::string::npos) {
    error(token, "leading zeros in decimal integer literals are not permitted");
  }
  return make(token.range.begin, integer_literal(token, digits.substr(skip), base));
}

Literal Parser::integer_literal(const Token& token, const std::string& digits, unsigned base) {
  constexpr std::size_t kMostDigits = 4000;
  if (digits.size() > kMostDigits) {
    error(token, fmt::format("an integer of more than {} digits", kMostDigits));
  }
  const auto value = BigInteger::parse(digits, base);
  if (!value) error(token, "invalid number");
  if (const auto small = value->narrow()) return Literal{*small};
  return Literal{std::make_shared<const BigInteger>(*value)};
}

ExprPtr Parser::parse_parenthesised() {
  const ParserDepth depth(*this);
  const std::size_t begin = next().range.begin;
  if (accept(")")) return make(begin, Display{Collection::Tuple, {}});
  ExprPtr value = parse_expression_list();
  if (at("for")) {
    auto clauses = parse_clauses();
    value = make(
        begin, Comprehension{Collection::Generator, std::move(value), nullptr, std::move(clauses)});
  }
  expect(")", "after the expression");
  value->range = {begin, end_of_last()};
  return value;
}

ExprPtr Parser::parse_list() {
  const ParserDepth depth(*this);
  const std::size_t begin = next().range.begin;
  Display list{Collection::List, {}};
  while (!at("]")) {
    ExprPtr item = parse_star_or_expression();
    if (list.items.empty() && at("for")) {
      auto clauses = parse_clauses();
      expect("]", "after the comprehension");
      return make(begin,
                  Comprehension{Collection::List, std::move(item), nullptr, std::move(clauses)});
    }
    list.items.push_back(std::move(item));
    if (!at("]")) expect(",", "or ']' after an item");
  }
  next();
  return make(begin, std::move(list));
}

ExprPtr Parser::parse_braces() {
  const ParserDepth depth(*this);
  const std::size_t begin = next().range.begin;
  if (at("}") || at("**")) return parse_dict(begin);
  ExprPtr first = parse_star_or_expression();
  if (at(":")) {
    next();
    ExprPtr value = parse_expression();
    if (at("for")) {
      auto clauses = parse_clauses();
      expect("}", "after the comprehension");
      return make(begin, Comprehension{Collection::Dict, std::move(first), std::move(value),
                                       std::move(clauses)});
    }
    ExprPtr rest = at("}") ? nullptr : (expect(",", "or '}' after an item"), parse_dict(begin));
    DictDisplay dict;
    dict.items.emplace_back(std::move(first), std::move(value));
    if (rest == nullptr) {
      next();
    } else {
      for (auto& item : std::get<DictDisplay>(rest->node).items) {
        dict.items.push_back(std::move(item));
      }
    }
    return make(begin, std::move(dict));
  }
  if (at("for")) {
    auto clauses = parse_clauses();
    expect("}", "after the comprehension");
    return make(begin,
                Comprehension{Collection::Set, std::move(first), nullptr, std::move(clauses)});
  }
  Display set{Collection::Set, {}};
  set.items.push_back(std::move(first));
  while (accept(",") && !at("}")) set.items.push_back(parse_star_or_expression());
  expect("}", "after the items");
  return make(begin, std::move(set));
}

// The items up to and with '}'.
ExprPtr Parser::parse_dict(std::size_t begin) {
  DictDisplay dict;
  while (!at("}")) {
    if (accept("**")) {
      dict.items.emplace_back(nullptr, parse_expression());
    } else {
      ExprPtr key = parse_expression();
      expect(":", "after the key");
      dict.items.emplace_back(std::move(key), parse_expression());
    }
    if (!at("}")) expect(",", "or '}' after an item");
  }
  next();
  return make(begin, std::move(dict));
}

ExprPtr Parser::parse_lambda() {
  const std::size_t begin = next().range.begin;
  auto function = std::make_shared<FunctionNode>();
  function->name = "<lambda>";
  function->parameters = parse_parameters(":", false);
  function->expression = parse_expression();
  return make(begin, Lambda{std::move(function)});
}

std::vector<ComprehensionClause> Parser::parse_clauses() {
  std::vector<ComprehensionClause> clauses;
  while (accept("for")) {
    ComprehensionClause clause;
    clause.target = parse_target_list();
    expect("in", "after the target of 'for'");
    clause.iterable = parse_or();
    while (accept("if")) clause.conditions.push_back(parse_or());
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

ExprPtr Parser::parse_strings() {
  const std::size_t begin = peek().range.begin;
  FormatString result;
  bool formatted = false;
  while (peek().kind == TokenKind::String) {
    const Token& token = next();
    const std::size_t quote = token.text.find_first_of("\"'");
    const std::string_view prefix = token.text.substr(0, quote);
    if (prefix.find_first_of("bB") != std::string_view::npos) {
      unsupported(token.range, "bytes are not supported in references");
    }
    if (prefix.find_first_of("fF") != std::string_view::npos) {
      formatted = true;
      append_format(token, result);
    } else {
      result.pieces.push_back({decode_string(source_, token), nullptr, '\0', {}});
    }
  }
  if (formatted) return make(begin, std::move(result));
  std::string text;
  for (const FormatPiece& piece : result.pieces) text += piece.text;
  return make(begin, Literal{std::move(text)});
}

}  // namespace fitest::pytorch
