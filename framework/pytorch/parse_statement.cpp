// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "pytorch/parser.h"

namespace fitest::pytorch {
namespace {

struct AugmentedRow {
  std::string_view text;
  BinaryOperator op;
};

constexpr std::array<AugmentedRow, 13> kAugmentedRows{{
    {"+=", BinaryOperator::Add},
    {"-=", BinaryOperator::Subtract},
    {"*=", BinaryOperator::Multiply},
    {"/=", BinaryOperator::Divide},
    {"//=", BinaryOperator::FloorDivide},
    {"%=", BinaryOperator::Modulo},
    {"**=", BinaryOperator::Power},
    {"@=", BinaryOperator::MatMultiply},
    {"&=", BinaryOperator::And},
    {"|=", BinaryOperator::Or},
    {"^=", BinaryOperator::Xor},
    {"<<=", BinaryOperator::ShiftLeft},
    {">>=", BinaryOperator::ShiftRight},
}};

constexpr std::array<std::string_view, 6> kCompound{"if", "for", "while", "with", "def", "@"};
constexpr std::array<std::string_view, 3> kUnsupported{"class", "try", "async"};

}  // namespace

Block Parser::parse_file() {
  Block block;
  while (peek().kind != TokenKind::End) {
    if (peek().kind == TokenKind::Indent) error(peek(), "unexpected indent");
    parse_line(block);
  }
  return block;
}

Block Parser::parse_block() {
  const ParserDepth depth(*this);
  expect(":", "before the block");
  Block block;
  if (peek().kind != TokenKind::Newline) {
    parse_line(block);
    return block;
  }
  next();
  if (peek().kind != TokenKind::Indent) error(peek(), "expected an indented block");
  next();
  while (peek().kind != TokenKind::Dedent && peek().kind != TokenKind::End) {
    if (peek().kind == TokenKind::Indent) error(peek(), "unexpected indent");
    parse_line(block);
  }
  if (peek().kind == TokenKind::Dedent) next();
  return block;
}

// One compound statement, or simple statements up to the end of the line.
void Parser::parse_line(Block& block) {
  for (std::string_view keyword : kUnsupported) {
    if (at(keyword)) {
      unsupported(peek().range, fmt::format("'{}' is not supported in references", keyword));
    }
  }
  for (std::string_view keyword : kCompound) {
    if (at(keyword)) {
      block.push_back(parse_compound_statement(keyword));
      return;
    }
  }
  do {
    if (peek().kind == TokenKind::Newline) break;
    block.push_back(parse_simple_statement());
  } while (accept(";"));
  expect_line_end();
}

Stmt Parser::parse_compound_statement(std::string_view keyword) {
  const std::size_t begin = peek().range.begin;
  Stmt statement = keyword == "if"      ? parse_if()
                   : keyword == "for"   ? parse_for()
                   : keyword == "while" ? parse_while()
                   : keyword == "with"  ? parse_with()
                   : keyword == "def"   ? parse_function()
                                        : parse_decorated();
  statement.range = {begin, end_of_last()};
  return statement;
}

Stmt Parser::parse_simple_statement() {
  const std::size_t begin = peek().range.begin;
  Stmt statement = peek().kind == TokenKind::Keyword ? parse_keyword_statement(peek().text)
                                                     : parse_expression_statement();
  statement.range = {begin, end_of_last()};
  return statement;
}

Stmt Parser::parse_keyword_statement(std::string_view keyword) {
  if (keyword == "import") return parse_import();
  if (keyword == "from") return parse_from_import();
  if (keyword == "assert") return parse_assert();
  if (keyword == "raise") return parse_raise();
  if (keyword == "del") return parse_delete();
  if (keyword == "global" || keyword == "nonlocal") return parse_outer_names(keyword == "global");
  if (accept("pass")) return {{}, Pass{}};
  if (loops_ == 0 && (at("break") || at("continue"))) {
    error(peek(), fmt::format("'{}' outside a loop", keyword));
  }
  if (accept("break")) return {{}, Break{}};
  if (accept("continue")) return {{}, Continue{}};
  if (accept("return")) {
    const bool bare = peek().kind == TokenKind::Newline || peek().kind == TokenKind::End || at(";");
    return {{}, Return{bare ? nullptr : parse_expression_list()}};
  }
  return parse_expression_statement();
}

Stmt Parser::parse_expression_statement() {
  ExprPtr value = parse_expression_list();
  for (const AugmentedRow& row : kAugmentedRows) {
    if (!accept(row.text)) continue;
    check_target(*value);
    if (std::holds_alternative<Display>(value->node)) {
      fail_at(ErrorKind::Input, source_, value->range,
              "augmented assignment needs one name or element, not several");
    }
    return {{}, AugmentedAssign{std::move(value), row.op, parse_expression_list()}};
  }
  if (accept(":")) {
    parse_expression();
    if (!accept("=")) return {{}, Pass{}};
    check_target(*value);
    Assign assign;
    assign.targets.push_back(std::move(value));
    assign.value = parse_expression_list();
    return {{}, std::move(assign)};
  }
  if (!at("=")) return {{}, ExpressionStatement{std::move(value)}};
  Assign assign;
  while (accept("=")) {
    check_target(*value);
    assign.targets.push_back(std::move(value));
    value = parse_expression_list();
  }
  assign.value = std::move(value);
  return {{}, std::move(assign)};
}

Stmt Parser::parse_if() {
  If statement;
  next();
  do {
    ExprPtr condition = parse_expression();
    Block body = parse_block();
    statement.branches.emplace_back(std::move(condition), std::move(body));
  } while (accept("elif"));
  statement.otherwise = parse_else();
  return {{}, std::move(statement)};
}

Block Parser::parse_else() {
  return accept("else") ? parse_block() : Block{};
}

Block Parser::parse_loop_body() {
  ++loops_;
  Block body = parse_block();
  --loops_;
  return body;
}

Stmt Parser::parse_for() {
  For statement;
  next();
  statement.target = parse_target_list();
  expect("in", "after the target of 'for'");
  statement.iterable = parse_expression_list();
  statement.body = parse_loop_body();
  statement.otherwise = parse_else();
  return {{}, std::move(statement)};
}

Stmt Parser::parse_while() {
  While statement;
  next();
  statement.condition = parse_expression();
  statement.body = parse_loop_body();
  statement.otherwise = parse_else();
  return {{}, std::move(statement)};
}

Stmt Parser::parse_with() {
  With statement;
  next();
  do {
    ExprPtr context = parse_expression();
    ExprPtr target = accept("as") ? parse_target_list() : nullptr;
    statement.items.emplace_back(std::move(context), std::move(target));
  } while (accept(","));
  statement.body = parse_block();
  return {{}, std::move(statement)};
}

Stmt Parser::parse_decorated() {
  std::vector<ExprPtr> decorators;
  while (accept("@")) {
    decorators.push_back(parse_expression());
    expect_line_end();
  }
  if (at("class")) unsupported(peek().range, "'class' is not supported in references");
  if (!at("def")) error(peek(), "expected 'def' after the decorators");
  Stmt statement = parse_function();
  std::get<FunctionDefinition>(statement.node).function->decorators = std::move(decorators);
  return statement;
}

Stmt Parser::parse_function() {
  next();
  auto function = std::make_shared<FunctionNode>();
  function->name = expect_name("the name of the function");
  expect("(", "before the parameters");
  function->parameters = parse_parameters(")", true);
  if (accept("->")) parse_expression();
  const int outer_loops = std::exchange(loops_, 0);
  function->body = parse_block();
  loops_ = outer_loops;
  return {{}, FunctionDefinition{std::move(function)}};
}

// Up to and with the closing token.
std::vector<Parameter> Parser::parse_parameters(std::string_view closing, bool annotated) {
  std::vector<Parameter> parameters;
  ParameterKind kind = ParameterKind::Normal;
  while (!at(closing)) {
    if (accept("/")) {
      // Positional-only parameters are called by position anyway.
    } else if (accept("**")) {
      parameters.push_back(parse_parameter(ParameterKind::VarKeyword, annotated));
    } else if (accept("*")) {
      kind = ParameterKind::KeywordOnly;
      if (!at(",")) parameters.push_back(parse_parameter(ParameterKind::VarPositional, annotated));
    } else {
      const Token& token = peek();
      Parameter parameter = parse_parameter(kind, annotated);
      check_parameter(token, parameter, parameters);
      parameters.push_back(std::move(parameter));
    }
    if (!at(closing)) expect(",", fmt::format("or '{}' after a parameter", closing));
  }
  next();
  return parameters;
}

void Parser::check_parameter(const Token& token, const Parameter& parameter,
                             const std::vector<Parameter>& before) const {
  for (const Parameter& other : before) {
    if (other.name == parameter.name) {
      error(token, fmt::format("parameter '{}' occurs twice", parameter.name));
    }
  }
  const bool follows_default = parameter.kind == ParameterKind::Normal && !before.empty() &&
                               before.back().default_value != nullptr;
  if (follows_default && parameter.default_value == nullptr) {
    error(token,
          fmt::format("parameter '{}' has no default but follows one that has", parameter.name));
  }
}

Parameter Parser::parse_parameter(ParameterKind kind, bool annotated) {
  Parameter parameter;
  parameter.name = expect_name("the name of a parameter");
  parameter.kind = kind;
  if (annotated && accept(":")) parse_expression();
  if (accept("=")) parameter.default_value = parse_expression();
  return parameter;
}

std::string Parser::parse_dotted_name() {
  std::string name = expect_name("the name of a module");
  while (accept(".")) name += "." + expect_name("a name after '.'");
  return name;
}

Stmt Parser::parse_import() {
  Import statement;
  next();
  do {
    ImportedName name;
    name.range.begin = peek().range.begin;
    name.module = parse_dotted_name();
    name.range.end = end_of_last();
    // `import a.b` binds a.
    const bool renamed = accept("as");
    name.bound =
        renamed ? expect_name("a name after 'as'") : name.module.substr(0, name.module.find('.'));
    if (!renamed) name.module = name.bound;
    statement.names.push_back(std::move(name));
  } while (accept(","));
  return {{}, std::move(statement)};
}

Stmt Parser::parse_from_import() {
  Import statement;
  next();
  const std::string module = parse_dotted_name();
  expect("import", "after the module");
  const bool parenthesised = accept("(");
  do {
    if (parenthesised && at(")")) break;
    ImportedName name;
    name.module = module;
    name.range.begin = peek().range.begin;
    name.member = expect_name("the name to import");
    name.range.end = end_of_last();
    name.bound = accept("as") ? expect_name("a name after 'as'") : name.member;
    statement.names.push_back(std::move(name));
  } while (accept(","));
  if (parenthesised) expect(")", "after the imported names");
  return {{}, std::move(statement)};
}

Stmt Parser::parse_assert() {
  next();
  ExprPtr condition = parse_expression();
  ExprPtr message = accept(",") ? parse_expression() : nullptr;
  return {{}, Assert{std::move(condition), std::move(message)}};
}

Stmt Parser::parse_raise() {
  next();
  const bool bare = peek().kind == TokenKind::Newline || peek().kind == TokenKind::End;
  ExprPtr value = bare ? nullptr : parse_expression();
  if (accept("from")) parse_expression();
  return {{}, Raise{std::move(value)}};
}

Stmt Parser::parse_delete() {
  next();
  Delete statement;
  do {
    ExprPtr target = parse_postfix();
    check_target(*target);
    statement.targets.push_back(std::move(target));
  } while (accept(","));
  return {{}, std::move(statement)};
}

Stmt Parser::parse_outer_names(bool global) {
  next();
  OuterNames statement{global, {}};
  do {
    statement.names.push_back(expect_name("a name"));
  } while (accept(","));
  return {{}, std::move(statement)};
}

}  // namespace fitest::pytorch
