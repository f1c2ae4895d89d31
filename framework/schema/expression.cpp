// SPDX-License-Identifier: Apache-2.0
#include "schema/expression.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/expression_evaluator.h"
#include "schema/expression_node.h"

namespace fitest {
namespace {

// Where the text itself begins in its document: inside the quotes, if it stands there unescaped.
std::optional<std::size_t> offset_in(const SourcePtr& source, SourceRange range,
                                     const std::string& text) {
  if (!source) return std::nullopt;
  for (std::size_t skip : {0, 1}) {
    if (range.begin + skip > source->text().size()) return std::nullopt;
    if (source->text().substr(range.begin + skip, text.size()) == text) return range.begin + skip;
  }
  return std::nullopt;
}

std::string value_text(const ExpressionValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) return *boolean ? "True" : "False";
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  return fmt::format("{}", std::get<double>(value));
}

void collect_names(const Expression::Node& node, const SourcePtr& source,
                   std::vector<ExpressionName>& names) {
  using Use = ExpressionName::Use;
  switch (node.kind) {
    case ExpressionKind::Name:
      names.push_back({node.name, Use::Value, source, node.range});
      break;
    case ExpressionKind::Extent:
      names.push_back({node.name, Use::Shape, source, node.range});
      break;
    case ExpressionKind::Length:
      names.push_back({node.name, Use::Shape, source, node.range});
      return;
    case ExpressionKind::Element:
      names.push_back({node.name, Use::Element, source, node.range});
      break;
    default:
      break;
  }
  for (const ExpressionNodePtr& operand : node.operands) collect_names(*operand, source, names);
}

}  // namespace

Expression Expression::parse(const std::string& text, const SourcePtr& source, SourceRange range) {
  Diagnostics diagnostics;
  const auto expression = read(text, source, range, diagnostics);
  diagnostics.throw_if_errors();
  return *expression;
}

std::optional<Expression> Expression::read(const std::string& text, const SourcePtr& source,
                                           SourceRange range, Diagnostics& diagnostics) {
  Expression expression;
  expression.text_ = text;
  std::size_t offset = 0;
  if (const auto at = offset_in(source, range, text)) {
    expression.source_ = source;
    offset = *at;
  } else if (source) {
    const std::size_t line = source->position(range.begin).line;
    expression.source_ = make_source(fmt::format("{}:{}: expression", source->name(), line), text);
  } else {
    expression.source_ = make_source("expression", text);
  }
  try {
    expression.root_ = parse_expression(expression.text_, offset);
    return expression;
  } catch (const ExpressionProblem& problem) {
    diagnostics.error(expression.source_, problem.range, problem.message);
    return std::nullopt;
  }
}

ExpressionValue Expression::evaluate(const ExpressionScope& scope) const {
  return evaluate_expression(*root_, scope, source_);
}

std::int64_t Expression::evaluate_integer(const ExpressionScope& scope) const {
  const ExpressionValue value = evaluate(scope);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  const bool is_float = std::holds_alternative<double>(value);
  fail_at(ErrorKind::Input, source_, root_->range,
          fmt::format("expected an integer, the value of \"{}\" is {}{}", text_, value_text(value),
                      is_float ? " (// divides integers)" : ""));
}

bool Expression::evaluate_boolean(const ExpressionScope& scope) const {
  return is_true(evaluate(scope));
}

const std::string& Expression::text() const {
  return text_;
}

std::vector<ExpressionName> Expression::names() const {
  std::vector<ExpressionName> names;
  collect_names(*root_, source_, names);
  return names;
}

}  // namespace fitest
