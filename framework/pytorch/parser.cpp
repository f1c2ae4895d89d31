// SPDX-License-Identifier: Apache-2.0
#include "pytorch/parser.h"

#include <fmt/format.h>

namespace fitest::pytorch {
namespace {

constexpr int kMaxNesting = 100;

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::Newline:
      return "the end of the line";
    case TokenKind::Indent:
      return "an indent";
    case TokenKind::Dedent:
      return "the end of the block";
    case TokenKind::End:
      return "the end of the source";
    default:
      return fmt::format("'{}'", token.text.substr(0, 40));
  }
}

}  // namespace

ParserDepth::ParserDepth(Parser& parser) : parser_(parser) {
  if (++parser_.depth_ > kMaxNesting) {
    const SourceRange range = parser_.peek().range;
    --parser_.depth_;
    fail_at(ErrorKind::Input, parser_.source_, range,
            fmt::format("the source is nested deeper than {} levels here", kMaxNesting));
  }
}

ParserDepth::~ParserDepth() {
  --parser_.depth_;
}

Parser::Parser(SourcePtr source, SourceRange range, LexMode mode, int depth)
    : source_(std::move(source)),
      tokens_(tokenize(source_, range, mode)),
      last_end_(range.begin),
      depth_(depth) {}

const Token& Parser::peek(std::size_t ahead) const {
  return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::next() {
  const Token& token = peek();
  last_end_ = token.range.end;
  if (position_ + 1 < tokens_.size()) ++position_;
  return token;
}

bool Parser::at(std::string_view text) const {
  const Token& token = peek();
  return (token.kind == TokenKind::Operator || token.kind == TokenKind::Keyword) &&
         token.text == text;
}

bool Parser::accept(std::string_view text) {
  if (!at(text)) return false;
  next();
  return true;
}

void Parser::expect(std::string_view text, std::string_view where) {
  if (accept(text)) return;
  error(peek(), fmt::format("expected '{}' {}, found {}", text, where, describe(peek())));
}

std::string Parser::expect_name(std::string_view what) {
  if (peek().kind != TokenKind::Name) {
    error(peek(), fmt::format("expected {}, found {}", what, describe(peek())));
  }
  return std::string(next().text);
}

void Parser::expect_line_end() {
  if (peek().kind == TokenKind::Newline) {
    next();
  } else if (peek().kind != TokenKind::End) {
    error(peek(), fmt::format("expected the end of the statement, found {}", describe(peek())));
  }
}

void Parser::error(const Token& token, const std::string& message) const {
  fail_at(ErrorKind::Input, source_, token.range, message);
}

void Parser::unsupported(SourceRange range, const std::string& message) const {
  fail_at(ErrorKind::Unsupported, source_, range, message);
}

std::shared_ptr<const Module> parse_module(const SourcePtr& source) {
  Parser parser(source, {0, source->text().size()}, LexMode::Module, 0);
  auto module = std::make_shared<Module>();
  module->source = source;
  module->body = parser.parse_file();
  return module;
}

}  // namespace fitest::pytorch
