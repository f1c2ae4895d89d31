// SPDX-License-Identifier: Apache-2.0
#include "ptx/body.h"

#include <fmt/format.h>

#include <algorithm>

#include "ptx/constant.h"

namespace fitest::ptx {

BodyParser::BodyParser(Lexer& lexer, Function& function, const NameSet& module_names)
    : lexer_(lexer),
      function_(function),
      scopes_(lexer, function, module_names),
      operands_(lexer, scopes_) {}

void BodyParser::declare_parameters(const std::vector<Declarator>& parameters) {
  for (const Declarator& parameter : parameters) {
    if (parameter.name.text == "_" || parameter.name.text.empty()) continue;
    if (parameter.variable.space == StateSpace::Reg) {
      scopes_.declare_register(parameter.name, parameter.variable.type, 1);
    } else {
      scopes_.declare_variable(parameter.name);
    }
  }
}

void BodyParser::parse() {
  const Token open = lexer_.expect('{', "before the body of the function");
  while (parse_statement()) {
    if (lexer_.peek().kind != TokenKind::End) continue;
    const SourceRange brace = scopes_.is_nested() ? scopes_.open_brace() : open.range;
    lexer_.fail(brace, "this '{' is never closed: expected '}' before the end of the file");
  }
}

bool BodyParser::parse_statement() {
  const Token token = lexer_.peek();
  if (token.kind == TokenKind::Dotted) {
    parse_directive();
  } else if (token.kind == TokenKind::Word) {
    lexer_.next();
    if (lexer_.accept(':')) {
      parse_labelled(token);
    } else {
      parse_instruction(token, token.range.begin, std::nullopt);
    }
  } else if (lexer_.accept('@')) {
    Guard guard;
    guard.negated = lexer_.accept('!');
    guard.reg = operands_.parse_predicate();
    const Token opcode = lexer_.expect_word("an instruction after the guard");
    parse_instruction(opcode, token.range.begin, guard);
  } else if (lexer_.accept('{')) {
    scopes_.open(token.range);
  } else if (token.is('}')) {
    const bool more = scopes_.is_nested();
    scopes_.close();
    lexer_.next();
    return more;
  } else if (token.kind != TokenKind::End && !lexer_.accept(';')) {
    lexer_.fail_expected("a label, an instruction, a directive or '}'");
  }
  return true;
}

void BodyParser::parse_directive() {
  const Token directive = lexer_.peek();
  if (directive.text == "reg") return parse_registers();
  if (declared_space(directive)) return parse_variables();
  lexer_.next();
  if (directive.text == "loc") return parse_location();
  if (directive.text == "pragma") {
    while (lexer_.peek().kind == TokenKind::String || lexer_.peek().is(',')) lexer_.next();
    lexer_.expect(';', "after .pragma");
    return;
  }
  lexer_.fail(directive.range,
              fmt::format("{} cannot stand inside a function", describe(directive)));
}

void BodyParser::parse_registers() {
  const DeclarationHead head = parse_declaration_head(lexer_);
  do {
    parse_register_name(head);
  } while (lexer_.accept(','));
  lexer_.expect(';', "after the declaration of registers");
}

void BodyParser::parse_register_name(const DeclarationHead& head) {
  const Token name = lexer_.expect_word("a register to declare");
  if (!lexer_.accept('<')) return scopes_.declare_register(name, head.type, head.vector_width);
  const std::uint64_t count = parse_count_term(lexer_, "the number of registers");
  lexer_.expect('>', "after the number of registers");
  if (head.vector_width != 1) {
    lexer_.fail(name.range, "vector registers cannot be declared with <n>");
  }
  scopes_.declare_registers({name.text, count, head.type}, name.range);
}

void BodyParser::parse_variables() {
  const DeclarationHead head = parse_declaration_head(lexer_);
  do {
    Declarator declarator = parse_declarator(lexer_, head);
    declarator.variable.name = scopes_.declare_variable(declarator.name);
    parse_initializer(lexer_, declarator);
    function_.locals.push_back(std::move(declarator.variable));
  } while (lexer_.accept(','));
  lexer_.expect(';', "after the declaration");
}

BodyParser::Position BodyParser::parse_position() {
  Position position{};
  for (int& part : position) {
    if (lexer_.peek().kind != TokenKind::Number) {
      lexer_.fail_expected("three numbers: file, line and column");
    }
    part = static_cast<int>(parse_constant_term(lexer_).bits);
  }
  return position;
}

void BodyParser::parse_location() {
  const Position at = parse_position();
  Position caller{};
  if (lexer_.accept(',')) {
    const Token word = lexer_.expect_word("function_name");
    if (word.text != "function_name") lexer_.fail(word.range, "expected function_name");
    lexer_.expect_word("the label of the function's name");
    if (lexer_.accept('+')) parse_constant_term(lexer_);
    lexer_.expect(',', "before inlined_at");
    const Token inlined = lexer_.expect_word("inlined_at");
    if (inlined.text != "inlined_at") lexer_.fail(inlined.range, "expected inlined_at");
    caller = parse_position();
    const auto outer = callers_.find(caller);
    if (outer != callers_.end()) caller = outer->second;
    callers_[at] = caller;
  } else {
    callers_.erase(at);
  }
  // Line 0 is code that no source line stands for.
  if (at[1] != 0) location_ = {at[0], at[1], at[2], caller[0], caller[1]};
}

void BodyParser::parse_labelled(const Token& name) {
  const std::string label = scopes_.declare_label(name);
  if (lexer_.accept_dotted("callprototype")) {
    function_.call_prototypes.emplace(label, parse_call_prototype(lexer_));
  } else if (lexer_.accept_dotted("branchtargets") || lexer_.accept_dotted("calltargets")) {
    parse_branch_targets(label);
  } else {
    function_.labels.emplace(label, function_.instructions.size());
  }
}

void BodyParser::parse_branch_targets(const std::string& name) {
  std::vector<Token> targets;
  do {
    targets.push_back(lexer_.expect_word("a label or a function"));
  } while (lexer_.accept(','));
  lexer_.expect(';', "after the list of targets");
  std::vector<std::string>& resolved = function_.branch_targets[name];
  resolved.resize(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    resolved[i] = scopes_.find_variable(targets[i].text);
    if (resolved[i].empty()) scopes_.refer(targets[i], &resolved[i]);
  }
}

void BodyParser::parse_instruction(const Token& opcode, std::size_t begin,
                                   std::optional<Guard> guard) {
  Instruction& instruction = function_.instructions.emplace_back();
  instruction.opcode = std::string(opcode.text);
  instruction.guard = guard;
  instruction.location = location_;
  while (lexer_.peek().kind == TokenKind::Dotted) {
    instruction.modifiers.emplace_back(lexer_.next().text);
  }
  if (!lexer_.peek().is(';')) parse_operands(instruction);
  instruction.range = {begin, lexer_.previous_end()};
  if (!lexer_.peek().is(';')) {
    lexer_.fail_expected(fmt::format("',' or ';' in this '{}'", instruction.full_opcode()));
  }
  lexer_.next();
}

void BodyParser::parse_operands(Instruction& instruction) {
  if (instruction.opcode == "call") {
    instruction.operands = operands_.parse_call();
  } else {
    const bool only_labels = instruction.opcode == "bra";
    instruction.operands.reserve(4);
    do {
      instruction.operands.push_back(only_labels ? operands_.parse_label() : operands_.parse());
    } while (lexer_.accept(','));
  }
  refer_to_unknown(instruction);
}

void BodyParser::refer_to_unknown(const Instruction& instruction) {
  const std::vector<Operand>& operands = instruction.operands;
  for (const Token& name : operands_.take_unknown()) {
    const auto holder = std::find_if(operands.begin(), operands.end(), [&](const Operand& operand) {
      return operand.range.begin <= name.range.begin && name.range.end <= operand.range.end;
    });
    const bool may_be_label = holder != operands.end() && holder->kind == OperandKind::Symbol;
    if (!may_be_label) {
      lexer_.fail(name.range, fmt::format("'{}' is not declared: no register, variable or function "
                                          "of this name is in scope",
                                          name.text));
    }
    scopes_.refer(name, function_.instructions.size() - 1,
                  static_cast<std::size_t>(holder - operands.begin()));
  }
}

Function parse_call_prototype(Lexer& lexer) {
  Function prototype;
  prototype.is_declaration = true;
  const auto variables = [&lexer] {
    std::vector<Variable> list;
    for (Declarator& parameter : parse_parameters(lexer)) {
      list.push_back(std::move(parameter.variable));
    }
    return list;
  };
  if (lexer.peek().is('(')) prototype.return_parameters = variables();
  prototype.name = std::string(lexer.expect_word("'_' in place of the function's name").text);
  if (lexer.peek().is('(')) prototype.parameters = variables();
  while (lexer.peek().kind == TokenKind::Dotted) {
    const Token directive = lexer.next();
    prototype.is_noreturn |= directive.text == "noreturn";
    if (lexer.peek().kind == TokenKind::Number) lexer.next();
  }
  lexer.expect(';', "after the prototype");
  return prototype;
}

}  // namespace fitest::ptx
