// SPDX-License-Identifier: Apache-2.0
// Expressions.
#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"

namespace fitest::pytorch {
namespace {

constexpr int kMaxDepth = 1500;  // of nested evaluations, calls included

}  // namespace

std::string_view spelling_of(BinaryOperator op) {
  constexpr std::array<std::string_view, 13> kSpellings{"+", "-",  "*",  "/", "//", "%", "**",
                                                        "@", "<<", ">>", "&", "|",  "^"};
  return kSpellings.at(static_cast<std::size_t>(op));
}

Value Interpreter::evaluate(const Expr& expr) {
  if (++depth_ > kMaxDepth) {
    current_ = expr.range;
    fail(ErrorKind::Input, "the calls and expressions are nested too deeply");
  }
  Value value = std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        constexpr bool kIsLeaf = std::is_same_v<Node, Literal> || std::is_same_v<Node, Name>;
        if constexpr (kIsLeaf) current_ = expr.range;
        if constexpr (requires { this->evaluate_at(node, expr.range); }) {
          return this->evaluate_at(node, expr.range);
        } else {
          return this->evaluate_node(node);
        }
      },
      expr.node);
  --depth_;
  return value;
}

Value Interpreter::evaluate_node(const Literal& literal) {
  struct Converter {
    Value operator()(const NoneLiteral&) const { return {}; }
    Value operator()(const EllipsisLiteral&) const { return Value(Value::Variant(Ellipsis{})); }
    Value operator()(bool flag) const { return make_bool(flag); }
    Value operator()(std::int64_t integer) const { return make_integer(integer); }
    Value operator()(const BigIntegerPtr& integer) const { return Value(Value::Variant(integer)); }
    Value operator()(double number) const { return make_float(number); }
    Value operator()(const std::string& text) const { return make_string(text); }
  };
  return std::visit(Converter{}, literal.value);
}

Value Interpreter::evaluate_node(const Name& name) {
  if (const Value* value = lookup(name.id)) return *value;
  if (const Value* value = find_builtin(name.id)) return *value;
  const auto near = nearest(name.id, visible_names());
  fail(ErrorKind::Input, fmt::format("name '{}' is not defined{}", name.id,
                                     near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Value Interpreter::evaluate_at(const Attribute& attribute, SourceRange range) {
  const Value object = evaluate(*attribute.object);
  current_ = range;
  return attribute_of(object, attribute.name);
}

Value Interpreter::evaluate_at(const Subscript& subscript, SourceRange range) {
  const Value object = evaluate(*subscript.object);
  const Value index = evaluate(*subscript.index);
  current_ = range;
  const ProfiledOperator profiled(profile_, "[]");
  return get_item(object, index);
}

Value Interpreter::evaluate_at(const Call& call_node, SourceRange range) {
  const Value callee = evaluate(*call_node.callee);
  Arguments arguments;
  arguments.positional = evaluate_items(call_node.arguments);
  for (const KeywordArgument& keyword : call_node.keywords) {
    const Value value = evaluate(*keyword.value);
    if (!keyword.name.empty()) {
      arguments.keywords.emplace_back(keyword.name, value);
      continue;
    }
    const Dictionary* mapping = value.dictionary();
    if (mapping == nullptr) fail(ErrorKind::Input, "the argument after ** must be a dict");
    for (const auto& [key, item] : mapping->items) {
      if (key.string() == nullptr) fail(ErrorKind::Input, "keywords must be strings");
      arguments.keywords.emplace_back(*key.string(), item);
    }
  }
  current_ = range;
  Value result = call(callee, arguments);
  current_ = range;
  return result;
}

std::vector<Value> Interpreter::evaluate_items(const std::vector<ExprPtr>& items) {
  std::vector<Value> values;
  values.reserve(items.size());
  Charge charge;
  for (const ExprPtr& item : items) {
    if (const auto* starred = std::get_if<Starred>(&item->node)) {
      for_each_item(evaluate(*starred->value), [&](Value value) {
        budget_.tick();
        charge.add(sizeof(Value));
        values.push_back(std::move(value));
        return true;
      });
    } else {
      values.push_back(evaluate(*item));
    }
  }
  return values;
}

Value Interpreter::evaluate_at(const Unary& unary, SourceRange range) {
  const Value operand = evaluate(*unary.operand);
  current_ = range;
  const ProfiledOperator profiled(profile_, "unary");
  return unary_operation(unary.op, operand);
}

Value Interpreter::evaluate_at(const Binary& binary, SourceRange range) {
  const Value left = evaluate(*binary.left);
  const Value right = evaluate(*binary.right);
  current_ = range;
  const ProfiledOperator profiled(profile_, spelling_of(binary.op));
  return binary_operation(binary.op, left, right);
}

Value Interpreter::evaluate_at(const Compare& compare, SourceRange range) {
  Value left = evaluate(*compare.first);
  Value result;
  for (std::size_t i = 0; i < compare.rest.size(); ++i) {
    Value right = evaluate(*compare.rest[i].second);
    current_ = range;
    const ProfiledOperator profiled(profile_, "comparison");
    result = compare_operation(compare.rest[i].first, left, right);
    if (i + 1 < compare.rest.size() && !is_true(result)) return result;
    left = std::move(right);
  }
  return result;
}

Value Interpreter::evaluate_node(const Logical& logical) {
  Value value;
  for (const ExprPtr& operand : logical.operands) {
    value = evaluate(*operand);
    if (&operand != &logical.operands.back() && is_true(value) != logical.is_and) return value;
  }
  return value;
}

Value Interpreter::evaluate_node(const Conditional& conditional) {
  const bool condition = is_true(evaluate(*conditional.condition));
  return evaluate(condition ? *conditional.then : *conditional.otherwise);
}

Value Interpreter::evaluate_node(const Display& display) {
  std::vector<Value> items = evaluate_items(display.items);
  if (display.kind == Collection::Tuple) return make_tuple(std::move(items));
  if (display.kind == Collection::List) return make_list(std::move(items));
  auto set = std::make_shared<Dictionary>(Collection::Set);
  for (const Value& item : items) set->insert(item, {});
  return Value(Value::Variant(set));
}

Value Interpreter::evaluate_node(const DictDisplay& display) {
  auto dict = std::make_shared<Dictionary>(Collection::Dict);
  for (const auto& [key, value] : display.items) {
    if (key) {
      const Value held_key = evaluate(*key);
      dict->insert(held_key, evaluate(*value));
      continue;
    }
    const Value mapping = evaluate(*value);
    if (mapping.dictionary() == nullptr) fail(ErrorKind::Input, "expected a dict after **");
    for (const auto& [other_key, other] : mapping.dictionary()->items) {
      dict->insert(other_key, other);
    }
  }
  return Value(Value::Variant(dict));
}

Value Interpreter::evaluate_node(const SliceExpr& slice) {
  auto value = std::make_shared<SliceValue>();
  if (slice.start) value->start = evaluate(*slice.start);
  if (slice.stop) value->stop = evaluate(*slice.stop);
  if (slice.step) value->step = evaluate(*slice.step);
  return Value(Value::Variant(std::shared_ptr<const SliceValue>(std::move(value))));
}

Value Interpreter::evaluate_at(const Starred&, SourceRange range) {
  current_ = range;
  fail(ErrorKind::Input, "a starred expression cannot stand here");
}

Value Interpreter::evaluate_node(const NamedExpr& named) {
  Value value = evaluate(*named.value);
  assign_name(named.name, value);
  return value;
}

Value Interpreter::evaluate_node(const FormatString& format) {
  return make_string(format_pieces(format.pieces));
}

std::string Interpreter::format_pieces(const std::vector<FormatPiece>& pieces) {
  std::string text;
  for (const FormatPiece& piece : pieces) {
    text += piece.text;
    if (!piece.value) continue;
    Value value = evaluate(*piece.value);
    if (piece.conversion == 'r') value = make_string(repr_of(value));
    if (piece.conversion == 's') value = make_string(text_of(value));
    text += format_value(value, format_pieces(piece.format));
  }
  return text;
}

Value Interpreter::evaluate_node(const Comprehension& comprehension) {
  // Its names are its own.
  EnvironmentPtr scope = make_environment(scope_);
  std::swap(scope_, scope);
  Value result;
  if (comprehension.kind == Collection::Dict || comprehension.kind == Collection::Set) {
    auto items = std::make_shared<Dictionary>(comprehension.kind);
    comprehend(comprehension, 0, [&] {
      const Value key = evaluate(*comprehension.element);
      items->insert(key, comprehension.value ? evaluate(*comprehension.value) : Value());
    });
    result = Value(Value::Variant(items));
  } else {
    result = make_list({});
    Sequence* items = result.sequence();
    comprehend(comprehension, 0, [&] { items->append(evaluate(*comprehension.element)); });
  }
  std::swap(scope_, scope);
  return result;
}

void Interpreter::comprehend(const Comprehension& comprehension, std::size_t clause,
                             const std::function<void()>& emit) {
  if (clause == comprehension.clauses.size()) return emit();
  const ComprehensionClause& at = comprehension.clauses[clause];
  for_each_item(evaluate(*at.iterable), [&](const Value& item) {
    budget_.tick();
    assign(*at.target, item);
    bool holds = true;
    for (const ExprPtr& condition : at.conditions) holds = holds && is_true(evaluate(*condition));
    if (holds) comprehend(comprehension, clause + 1, emit);
    return true;
  });
}

Value Interpreter::evaluate_node(const Lambda& lambda) {
  return make_function(lambda.function);
}

Value Interpreter::make_function(const std::shared_ptr<FunctionNode>& node) {
  auto function = std::make_shared<Function>();
  function->node = node;
  function->source = module_->source;
  function->closure = scope_;
  for (const Parameter& parameter : node->parameters) {
    function->defaults.push_back(parameter.default_value ? evaluate(*parameter.default_value)
                                                         : Value());
  }
  environments_.push_back(scope_);
  return Value(Value::Variant(std::shared_ptr<const Function>(std::move(function))));
}

}  // namespace fitest::pytorch
