// SPDX-License-Identifier: Apache-2.0
// Python source to a syntax tree, by recursive descent.
// https://docs.python.org/3/reference/grammar.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pytorch/ast.h"
#include "pytorch/lexer.h"

namespace fitest::pytorch {

// Error (Input) with file:line:col for what is no Python, Unsupported for Python that references
// do not use (classes, try, yield, …).
std::shared_ptr<const Module> parse_module(const SourcePtr& source);

class Parser {
 public:
  Parser(SourcePtr source, SourceRange range, LexMode mode, int depth);

  Block parse_file();
  // One expression up to the end of the tokens, as in a replacement field.
  ExprPtr parse_whole_expression();

 private:
  // parse_statement.cpp
  Block parse_block();
  void parse_line(Block& block);
  Stmt parse_simple_statement();
  Stmt parse_keyword_statement(std::string_view keyword);
  Stmt parse_expression_statement();
  Stmt parse_compound_statement(std::string_view keyword);
  Stmt parse_if();
  Stmt parse_for();
  Stmt parse_while();
  Stmt parse_with();
  Stmt parse_function();
  Stmt parse_decorated();
  Stmt parse_import();
  Stmt parse_from_import();
  Stmt parse_assert();
  Stmt parse_raise();
  Stmt parse_delete();
  Stmt parse_outer_names(bool global);
  Block parse_else();
  Block parse_loop_body();
  std::string parse_dotted_name();
  std::vector<Parameter> parse_parameters(std::string_view closing, bool annotated);
  Parameter parse_parameter(ParameterKind kind, bool annotated);
  void check_parameter(const Token& token, const Parameter& parameter,
                       const std::vector<Parameter>& before) const;

  // parse_expression.cpp
  ExprPtr parse_expression();
  ExprPtr parse_expression_list();
  ExprPtr parse_target_list();
  ExprPtr parse_star_or_expression();
  ExprPtr parse_or();
  ExprPtr parse_and();
  ExprPtr parse_not();
  ExprPtr parse_comparison();
  ExprPtr parse_binary(int precedence);
  ExprPtr parse_unary();
  ExprPtr parse_power();
  ExprPtr parse_postfix();
  ExprPtr parse_call(ExprPtr callee);
  void parse_argument(Call& call);
  ExprPtr parse_subscript(ExprPtr object);
  ExprPtr parse_subscript_item();
  ExprPtr parse_atom();
  ExprPtr parse_keyword_atom();
  ExprPtr parse_number();
  Literal integer_literal(const Token& token, const std::string& digits, unsigned base);
  ExprPtr parse_parenthesised();
  ExprPtr parse_list();
  ExprPtr parse_braces();
  ExprPtr parse_dict(std::size_t begin);
  ExprPtr parse_lambda();
  ExprPtr parse_strings();
  std::vector<ComprehensionClause> parse_clauses();

  // parse_string.cpp
  void append_format(const Token& token, FormatString& result);
  std::vector<FormatPiece> parse_format(SourceRange range, bool raw, int nesting);
  FormatPiece parse_field(std::size_t& at, std::size_t end, bool raw, int nesting);

  const Token& peek(std::size_t ahead = 0) const;
  const Token& next();
  bool at(std::string_view text) const;  // an operator or keyword
  bool accept(std::string_view text);
  void expect(std::string_view text, std::string_view where);
  std::string expect_name(std::string_view what);
  void expect_line_end();
  [[noreturn]] void error(const Token& token, const std::string& message) const;
  [[noreturn]] void unsupported(SourceRange range, const std::string& message) const;
  std::size_t end_of_last() const { return last_end_; }
  template <class Node>
  ExprPtr make(std::size_t begin, Node node) const {
    return std::make_unique<Expr>(Expr{{begin, last_end_}, std::move(node)});
  }
  void check_target(const Expr& target) const;

  friend class ParserDepth;
  SourcePtr source_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;
  std::size_t last_end_ = 0;
  int depth_ = 0;
  int loops_ = 0;  // that enclose this place in its function
};

// Counts nested constructs, so that no source can exhaust the stack.
class ParserDepth {
 public:
  explicit ParserDepth(Parser& parser);
  ~ParserDepth();
  ParserDepth(const ParserDepth&) = delete;
  ParserDepth& operator=(const ParserDepth&) = delete;

 private:
  Parser& parser_;
};

// Longest chain of operators or postfixes on one level: a tree as deep as that is built.
inline constexpr int kMaxChain = 500;

// Value of a string token without prefix f.
std::string decode_string(const SourcePtr& source, const Token& token);
// Escapes of [begin, end) replaced, unless raw.
std::string decode_escapes(const SourcePtr& source, SourceRange range, bool raw);

}  // namespace fitest::pytorch
