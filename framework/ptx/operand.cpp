// SPDX-License-Identifier: Apache-2.0
#include "ptx/operand.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ptx/constant.h"

namespace fitest::ptx {
namespace {

// PTX ISA §10; a name that ends in a digit or '_' stands for all that begin with it.
constexpr std::array<std::string_view, 42> kSpecialRegisters{
    "%tid",
    "%ntid",
    "%laneid",
    "%warpid",
    "%nwarpid",
    "%ctaid",
    "%nctaid",
    "%smid",
    "%nsmid",
    "%gridid",
    "%is_explicit_cluster",
    "%clusterid",
    "%nclusterid",
    "%cluster_ctaid",
    "%cluster_nctaid",
    "%cluster_ctarank",
    "%cluster_nctarank",
    "%lanemask_eq",
    "%lanemask_le",
    "%lanemask_lt",
    "%lanemask_ge",
    "%lanemask_gt",
    "%clock",
    "%clock_hi",
    "%clock64",
    "%pm0",
    "%pm1",
    "%pm2",
    "%pm3",
    "%pm4",
    "%pm5",
    "%pm6",
    "%pm7",
    "%globaltimer",
    "%globaltimer_lo",
    "%globaltimer_hi",
    "%total_smem_size",
    "%aggr_smem_size",
    "%dynamic_smem_size",
    "%current_graph_exec",
    "%envreg",
    "%reserved_smem_offset_",
};

bool is_special(std::string_view name) {
  if (name.empty() || name[0] != '%') return false;
  return std::any_of(kSpecialRegisters.begin(), kSpecialRegisters.end(), [&](std::string_view row) {
    const bool family = row == "%envreg" || row.back() == '_';
    return family ? name.substr(0, row.size()) == row : name == row;
  });
}

// Element of a vector register that ".x" or ".r" selects; -1: none.
int component(std::string_view name) {
  if (name.size() != 1) return -1;
  const std::size_t xyzw = std::string_view("xyzw").find(name[0]);
  const std::size_t rgba = std::string_view("rgba").find(name[0]);
  if (xyzw != std::string_view::npos) return static_cast<int>(xyzw);
  return rgba == std::string_view::npos ? -1 : static_cast<int>(rgba);
}

}  // namespace

Operand OperandParser::finish(Operand operand, std::size_t begin) const {
  operand.range = {begin, lexer_.previous_end()};
  return operand;
}

Operand OperandParser::parse() {
  const std::size_t begin = lexer_.peek().range.begin;
  if (lexer_.peek().is('{')) return parse_vector();
  if (lexer_.peek().is('[')) return parse_address();
  Operand operand = parse_simple();
  const bool pairs = operand.kind == OperandKind::Register || operand.kind == OperandKind::Sink;
  if (!pairs || !lexer_.accept('|')) return operand;
  Operand pair;
  pair.kind = OperandKind::Pair;
  pair.elements.push_back(std::move(operand));
  pair.elements.push_back(parse_simple());
  return finish(std::move(pair), begin);
}

Operand OperandParser::parse_simple() {
  const Token first = lexer_.peek();
  if (first.kind == TokenKind::Word && first.text != "WARP_SZ") return parse_named();
  if (first.is('!')) {
    lexer_.next();
    if (lexer_.peek().kind != TokenKind::Word) lexer_.fail_expected("a predicate after '!'");
    Operand operand = parse_named();
    operand.negated = true;
    return finish(std::move(operand), first.range.begin);
  }
  if (first.is('-') && precedes_register()) {
    lexer_.next();
    Operand operand = parse_named();
    operand.negated = true;
    return finish(std::move(operand), first.range.begin);
  }
  if (begins_constant(first)) return parse_constant_operand();
  lexer_.fail_expected("an operand");
}

// After the '-' of vmad: all others precede constants.
bool OperandParser::precedes_register() const {
  Lexer ahead = lexer_;
  ahead.next();
  return ahead.peek().kind == TokenKind::Word && scopes_.find_register(ahead.peek().text) >= 0;
}

Operand OperandParser::parse_constant_operand() {
  const std::size_t begin = lexer_.peek().range.begin;
  const Constant constant = parse_constant(lexer_);
  Operand operand;
  operand.kind = constant.is_float() ? OperandKind::Float : OperandKind::Integer;
  operand.integer = static_cast<std::int64_t>(constant.bits);
  operand.is_f32 = constant.kind == Constant::Kind::Float32;
  return finish(std::move(operand), begin);
}

Operand OperandParser::parse_named() {
  const Token name = lexer_.next();
  if (name.text == "_") return finish({}, name.range.begin);
  const int index = scopes_.find_register(name.text);
  if (index >= 0) return parse_register(name, index);
  if (const std::vector<int>* elements = scopes_.find_vector(name.text)) {
    return parse_vector_register(name, *elements);
  }
  if (name.text[0] == '%' && scopes_.find_variable(name.text).empty()) return parse_special(name);
  return parse_symbol(name);
}

Operand OperandParser::parse_register(const Token& name, int index) {
  Operand operand;
  operand.kind = OperandKind::Register;
  operand.reg = index;
  if (lexer_.peek().kind == TokenKind::Dotted) operand.name = std::string(lexer_.next().text);
  return finish(std::move(operand), name.range.begin);
}

Operand OperandParser::parse_vector_register(const Token& name, const std::vector<int>& elements) {
  Operand operand;
  if (lexer_.peek().kind == TokenKind::Dotted) {
    const Token selector = lexer_.next();
    const int at = component(selector.text);
    if (at < 0 || static_cast<std::size_t>(at) >= elements.size()) {
      lexer_.fail(selector.range, fmt::format("'{}' has {} elements: {} selects none of them",
                                              name.text, elements.size(), describe(selector)));
    }
    operand.kind = OperandKind::Register;
    operand.reg = elements[static_cast<std::size_t>(at)];
    return finish(std::move(operand), name.range.begin);
  }
  operand.kind = OperandKind::Vector;
  for (const int index : elements) {
    Operand element;
    element.kind = OperandKind::Register;
    element.reg = index;
    element.range = name.range;
    operand.elements.push_back(std::move(element));
  }
  return finish(std::move(operand), name.range.begin);
}

Operand OperandParser::parse_special(const Token& name) {
  if (!is_special(name.text)) {
    lexer_.fail(name.range,
                fmt::format("register '{}' is not declared: expected a .reg that declares it in "
                            "this scope or around it",
                            name.text));
  }
  Operand operand;
  operand.kind = OperandKind::Register;
  operand.name = std::string(name.text);
  if (lexer_.peek().kind == TokenKind::Dotted) {
    operand.name += '.';
    operand.name += lexer_.next().text;
  }
  return finish(std::move(operand), name.range.begin);
}

Operand OperandParser::parse_symbol(const Token& name) {
  Operand operand;
  operand.kind = OperandKind::Symbol;
  operand.name = scopes_.find_variable(name.text);
  if (operand.name.empty()) {
    operand.name = std::string(name.text);
    unknown_.push_back(name);
  }
  operand.offset = parse_offset();
  return finish(std::move(operand), name.range.begin);
}

// "+4", "-4", "+-4", or nothing.
std::int64_t OperandParser::parse_offset() {
  if (!lexer_.peek().is('+') && !lexer_.peek().is('-')) return 0;
  const Constant offset = parse_constant(lexer_);
  if (offset.is_float()) lexer_.fail(offset.range, "an offset must be an integer");
  return static_cast<std::int64_t>(offset.bits);
}

Operand OperandParser::parse_vector() {
  Operand vector;
  vector.kind = OperandKind::Vector;
  const Token open = lexer_.next();
  do {
    vector.elements.push_back(parse_simple());
  } while (lexer_.accept(','));
  lexer_.expect('}', "to close the vector");
  return finish(std::move(vector), open.range.begin);
}

Operand OperandParser::parse_address() {
  const Token open = lexer_.next();
  Operand address = parse_simple();
  const OperandKind base = address.kind;
  if (base == OperandKind::Integer) {
    address.offset = std::exchange(address.integer, 0);
  } else if (base == OperandKind::Register) {
    address.offset = parse_offset();
  } else if (base != OperandKind::Symbol) {
    lexer_.fail(address.range, "an address is a register, a symbol or an integer, and an offset");
  }
  address.kind = OperandKind::Address;
  while (lexer_.accept(',')) {
    Operand next = lexer_.peek().is('{') ? parse_vector() : parse_simple();
    if (next.kind == OperandKind::Vector) {
      std::move(next.elements.begin(), next.elements.end(), std::back_inserter(address.elements));
    } else {
      address.elements.push_back(std::move(next));
    }
  }
  lexer_.expect(']', "to close the address");
  return finish(std::move(address), open.range.begin);
}

Operand OperandParser::parse_label() {
  const Token name = lexer_.expect_word("a label");
  Operand operand;
  operand.kind = OperandKind::Symbol;
  operand.name = std::string(name.text);
  unknown_.push_back(name);
  return finish(std::move(operand), name.range.begin);
}

Operand OperandParser::parse_list() {
  Operand list;
  list.kind = OperandKind::List;
  const Token open = lexer_.expect('(', "before the arguments");
  if (!lexer_.peek().is(')')) {
    do {
      list.elements.push_back(parse_simple());
    } while (lexer_.accept(','));
  }
  lexer_.expect(')', "after the arguments");
  return finish(std::move(list), open.range.begin);
}

std::vector<Operand> OperandParser::parse_call() {
  std::vector<Operand> operands(1);
  operands[0].kind = OperandKind::List;
  operands[0].range = {lexer_.peek().range.begin, lexer_.peek().range.begin};
  if (lexer_.peek().is('(')) {
    operands[0] = parse_list();
    lexer_.expect(',', "after the results of the call");
  }
  operands.push_back(parse_simple());
  const OperandKind target = operands.back().kind;
  if (target != OperandKind::Register && target != OperandKind::Symbol) {
    lexer_.fail(operands.back().range, "a call needs a function or a register that holds one");
  }
  Operand arguments;
  arguments.kind = OperandKind::List;
  arguments.range = operands.back().range;
  bool more = lexer_.accept(',');
  if (more && lexer_.peek().is('(')) {
    arguments = parse_list();
    more = lexer_.accept(',');
  }
  operands.push_back(std::move(arguments));
  if (more) operands.push_back(parse_label());
  return operands;
}

int OperandParser::parse_predicate() {
  const Token name = lexer_.expect_word("a predicate register after '@'");
  const int index = scopes_.find_register(name.text);
  if (index < 0) {
    lexer_.fail(name.range, fmt::format("predicate '{}' is not declared", name.text));
  }
  return index;
}

std::vector<Token> OperandParser::take_unknown() {
  return std::exchange(unknown_, {});
}

}  // namespace fitest::ptx
