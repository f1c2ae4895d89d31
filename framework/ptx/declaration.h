// SPDX-License-Identifier: Apache-2.0
// Declarations of variables, parameters and registers (PTX ISA §5).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ptx/lexer.h"
#include "ptx/module.h"

namespace fitest::ptx {

// What stands before the names: ".global .align 4 .v2 .f32".
struct DeclarationHead {
  StateSpace space = StateSpace::Reg;
  Type type = Type::None;
  int vector_width = 1;
  std::uint64_t alignment = 0;
};

// The state space that a directive begins a declaration of.
std::optional<StateSpace> declared_space(const Token& token);

// From the state space to the type. The space must be there.
DeclarationHead parse_declaration_head(Lexer& lexer);

struct Declarator {
  Variable variable;
  Token name;
  std::vector<std::uint64_t> dimensions;  // 0: []
};

// Name and array dimensions.
Declarator parse_declarator(Lexer& lexer, const DeclarationHead& head);

// "(.param .b32 a, .reg .u32 b)"; where names may be absent they are "_".
std::vector<Declarator> parse_parameters(Lexer& lexer);

// "= …" if it is there. Without dimensions in the text ("x[] = …"), the number of elements is what
// the initialiser has.
void parse_initializer(Lexer& lexer, Declarator& declarator);

}  // namespace fitest::ptx
