// SPDX-License-Identifier: Apache-2.0
// The syntax tree of the Python subset that references are written in.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/source.h"

namespace fitest::pytorch {

class BigInteger;
struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<Expr>;
using Block = std::vector<Stmt>;

enum class UnaryOperator : std::uint8_t { Negative, Positive, Invert, Not };
enum class BinaryOperator : std::uint8_t {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  MatMultiply,
  ShiftLeft,
  ShiftRight,
  And,
  Or,
  Xor
};
enum class CompareOperator : std::uint8_t {
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Is,
  IsNot,
  In,
  NotIn
};

struct NoneLiteral {};
struct EllipsisLiteral {};
struct Literal {
  std::variant<NoneLiteral, EllipsisLiteral, bool, std::int64_t, std::shared_ptr<const BigInteger>,
               double, std::string>
      value;
};
struct Name {
  std::string id;
};
struct Attribute {
  ExprPtr object;
  std::string name;
};
struct Subscript {
  ExprPtr object;
  ExprPtr index;
};
struct KeywordArgument {
  std::string name;  // empty for **mapping
  ExprPtr value;
};
struct Call {
  ExprPtr callee;
  std::vector<ExprPtr> arguments;
  std::vector<KeywordArgument> keywords;
};
struct Unary {
  UnaryOperator op;
  ExprPtr operand;
};
struct Binary {
  BinaryOperator op;
  ExprPtr left;
  ExprPtr right;
};
struct Compare {
  ExprPtr first;
  std::vector<std::pair<CompareOperator, ExprPtr>> rest;
};
struct Logical {
  bool is_and;
  std::vector<ExprPtr> operands;
};
struct Conditional {
  ExprPtr condition;
  ExprPtr then;
  ExprPtr otherwise;
};
enum class Collection : std::uint8_t { Tuple, List, Set, Dict, Generator };
struct Display {
  Collection kind;  // Tuple, List or Set
  std::vector<ExprPtr> items;
};
struct DictDisplay {
  std::vector<std::pair<ExprPtr, ExprPtr>> items;  // key null for **mapping
};
struct SliceExpr {
  ExprPtr start;  // each may be null
  ExprPtr stop;
  ExprPtr step;
};
struct Starred {
  ExprPtr value;
};
struct NamedExpr {
  std::string name;
  ExprPtr value;
};
struct FormatPiece {
  std::string text;  // literal text, if value is null
  ExprPtr value;
  char conversion = '\0';  // 'r', 's' or none
  std::vector<FormatPiece> format;
};
struct FormatString {
  std::vector<FormatPiece> pieces;
};
struct ComprehensionClause {
  ExprPtr target;
  ExprPtr iterable;
  std::vector<ExprPtr> conditions;
};
struct Comprehension {
  Collection kind;
  ExprPtr element;  // the key of a Dict
  ExprPtr value;    // of a Dict
  std::vector<ComprehensionClause> clauses;
};

enum class ParameterKind : std::uint8_t { Normal, KeywordOnly, VarPositional, VarKeyword };
struct Parameter {
  std::string name;
  ParameterKind kind = ParameterKind::Normal;
  ExprPtr default_value;
};
// A def or a lambda; a lambda has `expression` in place of `body`.
struct FunctionNode {
  std::string name;
  std::vector<Parameter> parameters;
  Block body;
  ExprPtr expression;
  std::vector<ExprPtr> decorators;
};
struct Lambda {
  std::shared_ptr<FunctionNode> function;
};

struct Expr {
  SourceRange range;
  std::variant<Literal, Name, Attribute, Subscript, Call, Unary, Binary, Compare, Logical,
               Conditional, Display, DictDisplay, SliceExpr, Starred, NamedExpr, FormatString,
               Comprehension, Lambda>
      node;
};

struct ExpressionStatement {
  ExprPtr value;
};
struct Assign {
  std::vector<ExprPtr> targets;
  ExprPtr value;
};
struct AugmentedAssign {
  ExprPtr target;
  BinaryOperator op;
  ExprPtr value;
};
struct Return {
  ExprPtr value;  // may be null
};
struct If {
  std::vector<std::pair<ExprPtr, Block>> branches;
  Block otherwise;
};
struct For {
  ExprPtr target;
  ExprPtr iterable;
  Block body;
  Block otherwise;
};
struct While {
  ExprPtr condition;
  Block body;
  Block otherwise;
};
struct Break {};
struct Continue {};
struct Pass {};
struct Assert {
  ExprPtr condition;
  ExprPtr message;  // may be null
};
struct Raise {
  ExprPtr value;  // may be null
};
struct Delete {
  std::vector<ExprPtr> targets;
};
struct With {
  std::vector<std::pair<ExprPtr, ExprPtr>> items;  // context, target or null
  Block body;
};
struct ImportedName {
  std::string module;  // "torch.nn.functional"
  std::string member;  // of `from module import member`; empty for `import module`
  std::string bound;   // the name that the scope gets
  SourceRange range;
};
struct Import {
  std::vector<ImportedName> names;
};
struct OuterNames {
  bool global;  // else nonlocal
  std::vector<std::string> names;
};
struct FunctionDefinition {
  std::shared_ptr<FunctionNode> function;
};

struct Stmt {
  SourceRange range;
  std::variant<ExpressionStatement, Assign, AugmentedAssign, Return, If, For, While, Break,
               Continue, Pass, Assert, Raise, Delete, With, Import, OuterNames, FunctionDefinition>
      node;
};

struct Module {
  SourcePtr source;
  Block body;
};

}  // namespace fitest::pytorch
