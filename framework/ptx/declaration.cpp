// SPDX-License-Identifier: Apache-2.0
#include "ptx/declaration.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <utility>

#include "ptx/constant.h"

namespace fitest::ptx {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 40;      // of one variable
constexpr std::uint64_t kMaxAlignment = std::uint64_t{1} << 20;  // bytes
constexpr std::size_t kMaxDimensions = 8;

constexpr std::array kSpaces{
    std::pair{std::string_view("reg"), StateSpace::Reg},
    std::pair{std::string_view("const"), StateSpace::Const},
    std::pair{std::string_view("global"), StateSpace::Global},
    std::pair{std::string_view("local"), StateSpace::Local},
    std::pair{std::string_view("param"), StateSpace::Param},
    std::pair{std::string_view("shared"), StateSpace::Shared},
};

std::uint64_t parse_alignment(Lexer& lexer) {
  const SourceRange range = lexer.peek().range;
  const std::uint64_t bytes = parse_count(lexer, "an alignment in bytes");
  if (!std::has_single_bit(bytes) || bytes > kMaxAlignment) {
    lexer.fail(range,
               fmt::format("alignment {} is not a power of two up to {}", bytes, kMaxAlignment));
  }
  return bytes;
}

// ".attribute(.managed, .unified(1, 2))": nothing that the text's meaning here depends on.
void skip_attribute(Lexer& lexer) {
  lexer.expect('(', "after .attribute");
  int depth = 1;
  while (depth > 0) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::End) lexer.fail(token.range, "expected ')' after .attribute(");
    if (token.is('(')) ++depth;
    if (token.is(')')) --depth;
  }
}

// ".ptr .global .align 4": about what the parameter points to.
void skip_pointee(Lexer& lexer) {
  while (lexer.peek().kind == TokenKind::Dotted) {
    const Token token = lexer.next();
    if (token.text == "align") parse_alignment(lexer);
  }
}

bool is_opaque(std::string_view name) {
  return name == "texref" || name == "samplerref" || name == "surfref";
}

void accept_head_part(Lexer& lexer, DeclarationHead& head) {
  const Token token = lexer.next();
  if (token.text == "align") {
    head.alignment = parse_alignment(lexer);
  } else if (token.text == "attribute") {
    skip_attribute(lexer);
  } else if (token.text == "v2" || token.text == "v4") {
    head.vector_width = token.text[1] - '0';
  } else if (is_opaque(token.text)) {
    head.type = Type::B64;
  } else if (const std::optional<Type> type = type_from_name(token.text)) {
    head.type = *type;
  } else {
    lexer.fail(token.range, fmt::format("{} is neither a type nor an attribute of a declaration",
                                        describe(token)));
  }
}

void multiply_dimension(Lexer& lexer, Declarator& declarator, SourceRange range) {
  const Variable& variable = declarator.variable;
  const std::uint64_t size = declarator.dimensions.back();
  const std::uint64_t so_far = std::max<std::uint64_t>(1, variable.size_bytes());
  if (size > kMaxBytes / so_far) {
    lexer.fail(range, fmt::format("'{}' is larger than 2^40 bytes", variable.name));
  }
  declarator.variable.count = variable.count.value_or(1) * size;
}

void parse_dimension(Lexer& lexer, Declarator& declarator) {
  const Token open = lexer.next();
  if (declarator.dimensions.size() >= kMaxDimensions) {
    lexer.fail(open.range, fmt::format("more than {} dimensions", kMaxDimensions));
  }
  const bool unsized = lexer.peek().is(']');
  if (unsized && !declarator.dimensions.empty()) {
    lexer.fail(open.range, "only the first dimension of an array may be empty");
  }
  declarator.dimensions.push_back(unsized ? 0 : parse_count(lexer, "the number of elements"));
  lexer.expect(']', "after the number of elements");
  multiply_dimension(lexer, declarator, {open.range.begin, lexer.previous_end()});
}

Declarator unnamed(Lexer& lexer, const DeclarationHead& head) {
  Declarator declarator;
  declarator.variable.name = "_";
  declarator.variable.space = head.space;
  declarator.variable.type = head.type;
  declarator.variable.alignment = head.alignment;
  declarator.variable.range = lexer.peek().range;
  return declarator;
}

}  // namespace

std::optional<StateSpace> declared_space(const Token& token) {
  if (token.kind != TokenKind::Dotted) return std::nullopt;
  for (const auto& [name, space] : kSpaces) {
    if (name == token.text) return space;
  }
  return std::nullopt;
}

DeclarationHead parse_declaration_head(Lexer& lexer) {
  DeclarationHead head;
  head.space = declared_space(lexer.next()).value_or(StateSpace::Reg);
  while (lexer.peek().kind == TokenKind::Dotted) {
    if (lexer.accept_dotted("ptr")) {
      skip_pointee(lexer);
    } else {
      accept_head_part(lexer, head);
    }
  }
  if (head.type == Type::None) lexer.fail_expected("a type such as .b32");
  return head;
}

Declarator parse_declarator(Lexer& lexer, const DeclarationHead& head) {
  Declarator declarator;
  declarator.name = lexer.expect_word("a name to declare");
  Variable& variable = declarator.variable;
  variable.name = std::string(declarator.name.text);
  variable.space = head.space;
  variable.type = head.type;
  variable.vector_width = head.vector_width;
  variable.alignment = head.alignment;
  variable.range = declarator.name.range;
  while (lexer.peek().is('[')) parse_dimension(lexer, declarator);
  return declarator;
}

std::vector<Declarator> parse_parameters(Lexer& lexer) {
  std::vector<Declarator> parameters;
  lexer.expect('(', "before the parameters");
  if (lexer.accept(')')) return parameters;
  do {
    const std::optional<StateSpace> space = declared_space(lexer.peek());
    if (space != StateSpace::Param && space != StateSpace::Reg) {
      lexer.fail_expected("a parameter: .param or .reg");
    }
    const DeclarationHead head = parse_declaration_head(lexer);
    const bool has_name = lexer.peek().kind == TokenKind::Word;
    parameters.push_back(has_name ? parse_declarator(lexer, head) : unnamed(lexer, head));
  } while (lexer.accept(','));
  lexer.expect(')', "after the parameters");
  return parameters;
}

}  // namespace fitest::ptx
