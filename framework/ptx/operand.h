// SPDX-License-Identifier: Apache-2.0
// Operands of instructions (PTX ISA §6).
#pragma once

#include <string_view>
#include <vector>

#include "ptx/lexer.h"
#include "ptx/module.h"
#include "ptx/scope.h"

namespace fitest::ptx {

class OperandParser {
 public:
  OperandParser(Lexer& lexer, Scopes& scopes) : lexer_(lexer), scopes_(scopes) {}

  // Any operand but a List.
  Operand parse();
  // A name that is a label or a prototype, never a variable.
  Operand parse_label();
  // The operands of `call`, in the layout that OperandKind describes.
  std::vector<Operand> parse_call();
  // Register of "@%p".
  int parse_predicate();

  // Names that nothing declares so far, since the last call: labels perhaps.
  std::vector<Token> take_unknown();

 private:
  Operand parse_simple();
  Operand parse_vector();
  Operand parse_list();
  Operand parse_address();
  Operand parse_constant_operand();
  bool precedes_register() const;
  Operand parse_named();
  Operand parse_register(const Token& name, int index);
  Operand parse_vector_register(const Token& name, const std::vector<int>& elements);
  Operand parse_special(const Token& name);
  Operand parse_symbol(const Token& name);
  std::int64_t parse_offset();
  Operand finish(Operand operand, std::size_t begin) const;

  Lexer& lexer_;
  Scopes& scopes_;
  std::vector<Token> unknown_;
};

}  // namespace fitest::ptx
