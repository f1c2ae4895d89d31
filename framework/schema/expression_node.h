// SPDX-License-Identifier: Apache-2.0
// The syntax tree of an Expression, and its parser.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "schema/expression.h"

namespace fitest {

enum class ExpressionKind : std::uint8_t {
  Literal,
  Name,     // name, maybe dotted
  Shape,    // name.shape: the operand of len() or of an index only
  Extent,   // name.shape[operand]
  Element,  // name[operand]
  Length,   // len(name) or len(name.shape)
  Unary,    // operation operand
  Binary,   // operand operation operand
  Compare,  // operand (operation operand)...
  And,      // operands
  Or,       // operands
  Choice,   // operand 0 if operand 1 else operand 2
  Call,     // function(operands)
};

enum class Operation : std::uint8_t {
  None,
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  ShiftLeft,
  ShiftRight,
  BitAnd,
  BitOr,
  BitXor,
  Negate,
  Plus,
  Invert,
  Not,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Min,
  Max,
  CeilDiv,
  RoundUp,
  NextPow2,
  Abs,
};

struct Expression::Node {
  ExpressionKind kind = ExpressionKind::Literal;
  ExpressionValue literal;
  std::string name;
  std::vector<Operation> operations;
  std::vector<std::shared_ptr<const Node>> operands;
  SourceRange range;  // in the expression's source
  std::size_t depth = 1;
};
using ExpressionNodePtr = std::shared_ptr<const Expression::Node>;

// Why a text is no expression; thrown by parse_expression and caught by Expression.
struct ExpressionProblem {
  std::string message;
  SourceRange range;
};

// Parses `text`, whose first character has the offset `offset` in its source.
ExpressionNodePtr parse_expression(std::string_view text, std::size_t offset);

}  // namespace fitest
