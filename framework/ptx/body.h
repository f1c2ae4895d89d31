// SPDX-License-Identifier: Apache-2.0
// The statements between the braces of a function.
#pragma once

#include <array>
#include <map>
#include <string>

#include "ptx/declaration.h"
#include "ptx/lexer.h"
#include "ptx/module.h"
#include "ptx/operand.h"
#include "ptx/scope.h"

namespace fitest::ptx {

class BodyParser {
 public:
  // `parameters` are the function's own, results included.
  BodyParser(Lexer& lexer, Function& function, const NameSet& module_names);
  void declare_parameters(const std::vector<Declarator>& parameters);
  // From '{' to its '}'.
  void parse();

 private:
  bool parse_statement();  // false after the last '}'
  void parse_directive();
  void parse_registers();
  void parse_register_name(const DeclarationHead& head);
  void parse_variables();
  void parse_location();
  void parse_labelled(const Token& name);
  void parse_branch_targets(const std::string& name);
  void parse_instruction(const Token& opcode, std::size_t begin, std::optional<Guard> guard);
  void parse_operands(Instruction& instruction);
  void refer_to_unknown(const Instruction& instruction);

  using Position = std::array<int, 3>;  // file, line, column
  Position parse_position();

  Lexer& lexer_;
  Function& function_;
  Scopes scopes_;
  OperandParser operands_;
  Location location_;
  std::map<Position, Position> callers_;  // of code at a position: the outermost call
};

// ".callprototype (.param .b32 _) _ (.param .b64 _) .noreturn", after the directive's name.
Function parse_call_prototype(Lexer& lexer);

}  // namespace fitest::ptx
