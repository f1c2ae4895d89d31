// SPDX-License-Identifier: Apache-2.0
#include "schema/expression_evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace fitest {
namespace {

using Integer = std::int64_t;

// Why an operation has no result; the caller adds the position.
struct Problem {
  std::string message;
};

[[noreturn]] void overflow() {
  throw Problem{"the result does not fit into 64 bits"};
}

Integer floor_divide(Integer a, Integer b) {
  if (b == 0) throw Problem{"division by zero"};
  if (a == INT64_MIN && b == -1) overflow();
  const Integer quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

Integer modulo(Integer a, Integer b) {
  if (b == 0) throw Problem{"division by zero"};
  if (b == -1) return 0;
  const Integer rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

Integer multiply(Integer a, Integer b) {
  Integer result = 0;
  if (__builtin_mul_overflow(a, b, &result)) overflow();
  return result;
}

Integer add(Integer a, Integer b) {
  Integer result = 0;
  if (__builtin_add_overflow(a, b, &result)) overflow();
  return result;
}

Integer subtract(Integer a, Integer b) {
  Integer result = 0;
  if (__builtin_sub_overflow(a, b, &result)) overflow();
  return result;
}

Integer power(Integer base, Integer exponent) {
  if (exponent < 0) throw Problem{"the exponent is negative"};
  if (base == 0 || base == 1 || exponent == 0) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  Integer result = 1;
  for (Integer i = 0; i < exponent; ++i) result = multiply(result, base);
  return result;
}

Integer shift_left(Integer a, Integer count) {
  if (count < 0) throw Problem{"the shift count is negative"};
  if (a == 0) return 0;
  if (count > 62) overflow();
  return multiply(a, Integer{1} << count);
}

Integer shift_right(Integer a, Integer count) {
  if (count < 0) throw Problem{"the shift count is negative"};
  return a >> std::min<Integer>(count, 63);
}

Integer ceil_div(Integer a, Integer b) {
  const Integer quotient = floor_divide(a, b);
  return modulo(a, b) == 0 ? quotient : add(quotient, 1);
}

Integer next_pow2(Integer a) {
  if (a < 0) throw Problem{"next_pow2 of a negative number"};
  Integer result = 1;
  while (result < a) result = multiply(result, 2);
  return result;
}

Integer apply(Operation operation, Integer a, Integer b) {
  switch (operation) {
    case Operation::Add:
      return add(a, b);
    case Operation::Subtract:
      return subtract(a, b);
    case Operation::Multiply:
      return multiply(a, b);
    case Operation::FloorDivide:
      return floor_divide(a, b);
    case Operation::Modulo:
      return modulo(a, b);
    case Operation::Power:
      return power(a, b);
    case Operation::ShiftLeft:
      return shift_left(a, b);
    case Operation::ShiftRight:
      return shift_right(a, b);
    case Operation::BitAnd:
      return a & b;
    case Operation::BitOr:
      return a | b;
    case Operation::BitXor:
      return a ^ b;
    case Operation::CeilDiv:
      return ceil_div(a, b);
    case Operation::RoundUp:
      return multiply(ceil_div(a, b), b);
    default:
      throw Problem{"the operation needs other operands"};
  }
}

double floor_modulo(double a, double b) {
  const double rest = std::fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

double apply(Operation operation, double a, double b) {
  const bool divides = operation == Operation::Divide || operation == Operation::FloorDivide ||
                       operation == Operation::Modulo;
  if (divides && b == 0) throw Problem{"division by zero"};
  switch (operation) {
    case Operation::Add:
      return a + b;
    case Operation::Subtract:
      return a - b;
    case Operation::Multiply:
      return a * b;
    case Operation::Divide:
      return a / b;
    case Operation::FloorDivide:
      return std::floor(a / b);
    case Operation::Modulo:
      return floor_modulo(a, b);
    case Operation::Power:
      return std::pow(a, b);
    default:
      throw Problem{"the operation needs integers"};
  }
}

bool is_float(const ExpressionValue& value) {
  return std::holds_alternative<double>(value);
}

// True and False count as 1 and 0, as in Python.
Integer as_integer(const ExpressionValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) return *boolean ? 1 : 0;
  if (is_float(value)) throw Problem{fmt::format("{} is no integer", std::get<double>(value))};
  return std::get<Integer>(value);
}

double as_double(const ExpressionValue& value) {
  return is_float(value) ? std::get<double>(value) : static_cast<double>(as_integer(value));
}

// x87's 64-bit significand holds both types exactly where long double is wider than double.
long double as_exact(const ExpressionValue& value) {
  return is_float(value) ? static_cast<long double>(std::get<double>(value))
                         : static_cast<long double>(as_integer(value));
}

ExpressionValue binary(Operation operation, const ExpressionValue& a, const ExpressionValue& b) {
  if (operation == Operation::Divide || is_float(a) || is_float(b)) {
    return apply(operation, as_double(a), as_double(b));
  }
  return apply(operation, as_integer(a), as_integer(b));
}

bool compare(Operation operation, const ExpressionValue& left, const ExpressionValue& right) {
  const long double a = as_exact(left);
  const long double b = as_exact(right);
  switch (operation) {
    case Operation::Equal:
      return a == b;
    case Operation::NotEqual:
      return a != b;
    case Operation::Less:
      return a < b;
    case Operation::LessEqual:
      return a <= b;
    case Operation::Greater:
      return a > b;
    default:
      return a >= b;
  }
}

ExpressionValue unary(Operation operation, const ExpressionValue& value) {
  switch (operation) {
    case Operation::Not:
      return !is_true(value);
    case Operation::Invert:
      return ~as_integer(value);
    case Operation::Negate:
      return is_float(value) ? ExpressionValue(-std::get<double>(value))
                             : subtract(0, as_integer(value));
    default:
      return is_float(value) ? value : ExpressionValue(as_integer(value));
  }
}

class Evaluator {
 public:
  Evaluator(const ExpressionScope& scope, const SourcePtr& source)
      : scope_(scope), source_(source) {}

  ExpressionValue evaluate(const Expression::Node& node) const {
    try {
      return evaluate_kind(node);
    } catch (const Problem& problem) {
      fail_at(ErrorKind::Input, source_, node.range, problem.message);
    }
  }

 private:
  ExpressionValue evaluate_kind(const Expression::Node& node) const {
    switch (node.kind) {
      case ExpressionKind::Literal:
        return node.literal;
      case ExpressionKind::Name:
        return variable(node);
      case ExpressionKind::Extent:
        return extent(node);
      case ExpressionKind::Element:
        return element(node);
      case ExpressionKind::Shape:
        throw Problem{"a shape needs an index"};
      case ExpressionKind::Length:
        return length(node);
      case ExpressionKind::Unary:
        return unary(node.operations[0], operand(node, 0));
      case ExpressionKind::Binary:
        return binary(node.operations[0], operand(node, 0), operand(node, 1));
      case ExpressionKind::Compare:
        return chain(node);
      case ExpressionKind::And:
      case ExpressionKind::Or:
        return junction(node);
      case ExpressionKind::Choice:
        return operand(node, is_true(operand(node, 1)) ? 0 : 2);
      case ExpressionKind::Call:
        return call(node);
    }
    throw Problem{"the expression is broken"};
  }

  ExpressionValue operand(const Expression::Node& node, std::size_t index) const {
    return evaluate(*node.operands[index]);
  }

  ExpressionValue variable(const Expression::Node& node) const {
    if (scope_.variable) {
      if (const auto value = scope_.variable(node.name)) return *value;
    }
    if (scope_.shape && scope_.shape(node.name)) {
      throw Problem{fmt::format("\"{0}\" is a tensor; use {0}.shape[i] or {0}[i]", node.name)};
    }
    const auto guess = nearest(node.name, scope_.names);
    throw Problem{fmt::format("unknown name \"{}\"{}", node.name,
                              guess ? fmt::format("; did you mean \"{}\"?", *guess) : "")};
  }

  std::vector<Integer> shape(const std::string& name) const {
    if (scope_.shape) {
      if (auto shape = scope_.shape(name)) return *std::move(shape);
    }
    throw Problem{fmt::format("\"{}\" is no input or output with a shape", name)};
  }

  // Python's negative indices count from the end.
  static Integer checked_index(Integer index, Integer size, const std::string& what) {
    const Integer wrapped = index < 0 ? index + size : index;
    if (wrapped < 0 || wrapped >= size) {
      throw Problem{fmt::format("index {} is out of range: {} has {}", index, what, size)};
    }
    return wrapped;
  }

  ExpressionValue extent(const Expression::Node& node) const {
    const std::vector<Integer> extents = shape(node.name);
    const Integer index = checked_index(as_integer(operand(node, 0)),
                                        static_cast<Integer>(extents.size()), node.name + ".shape");
    return extents[static_cast<std::size_t>(index)];
  }

  ExpressionValue element(const Expression::Node& node) const {
    const std::vector<Integer> extents = shape(node.name);
    if (extents.size() != 1) {
      throw Problem{
          fmt::format("\"{}\" has {} dimensions; only the elements of tensors with one "
                      "can be used",
                      node.name, extents.size())};
    }
    const Integer index = checked_index(as_integer(operand(node, 0)), extents[0], node.name);
    if (scope_.element) {
      if (const auto value = scope_.element(node.name, index)) return *value;
    }
    throw Problem{fmt::format("the elements of \"{}\" are not known here", node.name)};
  }

  ExpressionValue length(const Expression::Node& node) const {
    const std::vector<Integer> extents = shape(node.name);
    if (node.operands[0]->kind == ExpressionKind::Shape) {
      return static_cast<Integer>(extents.size());
    }
    if (extents.empty()) throw Problem{fmt::format("\"{}\" is a scalar", node.name)};
    return extents[0];
  }

  ExpressionValue chain(const Expression::Node& node) const {
    ExpressionValue left = operand(node, 0);
    for (std::size_t i = 0; i < node.operations.size(); ++i) {
      ExpressionValue right = operand(node, i + 1);
      if (!compare(node.operations[i], left, right)) return false;
      left = right;
    }
    return true;
  }

  // The operand that decides, as in Python.
  ExpressionValue junction(const Expression::Node& node) const {
    const bool stop_at = node.kind == ExpressionKind::Or;
    for (std::size_t i = 0; i + 1 < node.operands.size(); ++i) {
      const ExpressionValue value = operand(node, i);
      if (is_true(value) == stop_at) return value;
    }
    return operand(node, node.operands.size() - 1);
  }

  ExpressionValue call(const Expression::Node& node) const {
    std::vector<ExpressionValue> values;
    for (const ExpressionNodePtr& child : node.operands) values.push_back(evaluate(*child));
    switch (node.operations[0]) {
      case Operation::Min:
        return *std::min_element(values.begin(), values.end(), less);
      case Operation::Max:
        return *std::max_element(values.begin(), values.end(), less);
      case Operation::NextPow2:
        return next_pow2(as_integer(values[0]));
      case Operation::Abs:
        return compare(Operation::Less, values[0], Integer{0}) ? unary(Operation::Negate, values[0])
                                                               : values[0];
      default:
        return apply(node.operations[0], as_integer(values[0]), as_integer(values[1]));
    }
  }
  static bool less(const ExpressionValue& a, const ExpressionValue& b) {
    return compare(Operation::Less, a, b);
  }

  const ExpressionScope& scope_;
  const SourcePtr& source_;
};

}  // namespace

ExpressionValue evaluate_expression(const Expression::Node& node, const ExpressionScope& scope,
                                    const SourcePtr& source) {
  return Evaluator(scope, source).evaluate(node);
}

bool is_true(const ExpressionValue& value) {
  if (const bool* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer != 0;
  return std::get<double>(value) != 0;
}

}  // namespace fitest
