// SPDX-License-Identifier: Apache-2.0
// Python's math module.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "pytorch/interpreter.h"
#include "pytorch/modules.h"

namespace fitest::pytorch {
namespace {

double number_argument(const char* name, const Arguments& arguments, std::size_t i) {
  if (i >= arguments.positional.size() || !arguments.keywords.empty()) {
    fail(ErrorKind::Input, fmt::format("math.{}(): wrong number of arguments", name));
  }
  const Value& value = arguments.positional[i];
  const Array* array = value.array();
  const auto scalar =
      scalar_of(array != nullptr && array->count() == 1 ? element_at(*array, 0) : value);
  if (!scalar) {
    fail(ErrorKind::Input,
         fmt::format("math.{}(): must be real number, not {}", name, type_name(value)));
  }
  return scalar->number;
}

Value checked(const char* name, double result, bool finite_input) {
  if (std::isnan(result) && finite_input) {
    fail(ErrorKind::Input, fmt::format("math.{}(): math domain error", name));
  }
  if (std::isinf(result) && finite_input) {
    fail(ErrorKind::Input, fmt::format("math.{}(): math range error", name));
  }
  return make_float(result);
}

struct UnaryRow {
  const char* name;
  double (*function)(double);
};

constexpr double degrees(double x) {
  return x * 180 / std::numbers::pi;
}
constexpr double radians(double x) {
  return x * std::numbers::pi / 180;
}

const UnaryRow kUnary[] = {
    {"sqrt", std::sqrt},   {"exp", std::exp},     {"expm1", std::expm1},  {"log2", std::log2},
    {"log10", std::log10}, {"log1p", std::log1p}, {"sin", std::sin},      {"cos", std::cos},
    {"tan", std::tan},     {"asin", std::asin},   {"acos", std::acos},    {"atan", std::atan},
    {"sinh", std::sinh},   {"cosh", std::cosh},   {"tanh", std::tanh},    {"fabs", std::fabs},
    {"erf", std::erf},     {"erfc", std::erfc},   {"gamma", std::tgamma}, {"lgamma", std::lgamma},
    {"degrees", degrees},  {"radians", radians},
};

struct BinaryRow {
  const char* name;
  double (*function)(double, double);
};

const BinaryRow kBinary[] = {
    {"pow", std::pow},     {"atan2", std::atan2},       {"fmod", std::fmod},
    {"hypot", std::hypot}, {"copysign", std::copysign},
};

struct RoundingRow {
  const char* name;
  double (*function)(double);
};

const RoundingRow kRounding[] = {{"floor", std::floor}, {"ceil", std::ceil}, {"trunc", std::trunc}};

struct PredicateRow {
  const char* name;
  bool (*function)(double);
};

const PredicateRow kPredicates[] = {
    {"isnan", [](double x) { return std::isnan(x); }},
    {"isinf", [](double x) { return std::isinf(x); }},
    {"isfinite", [](double x) { return std::isfinite(x); }},
};

Value logarithm(Interpreter&, Arguments& arguments) {
  const double x = number_argument("log", arguments, 0);
  if (x <= 0) fail(ErrorKind::Input, "math.log(): math domain error");
  if (arguments.positional.size() == 1) return make_float(std::log(x));
  const double base = number_argument("log", arguments, 1);
  if (base <= 0 || base == 1) fail(ErrorKind::Input, "math.log(): math domain error");
  return make_float(std::log(x) / std::log(base));
}

Value greatest_divisor(Interpreter&, Arguments& arguments) {
  auto a = static_cast<std::int64_t>(number_argument("gcd", arguments, 0));
  auto b = static_cast<std::int64_t>(number_argument("gcd", arguments, 1));
  while (b != 0) {
    const std::int64_t rest = b == -1 ? 0 : a % b;
    a = b;
    b = rest;
  }
  return make_integer(a < 0 ? -a : a);
}

Value product(Interpreter&, Arguments& arguments) {
  if (arguments.positional.size() != 1) fail(ErrorKind::Input, "math.prod() takes one argument");
  Value result = make_integer(1);
  for_each_item(arguments.positional[0], [&](const Value& item) {
    result = binary_operation(BinaryOperator::Multiply, result, item);
    return true;
  });
  return result;
}

Value integer_root(Interpreter&, Arguments& arguments) {
  const double x = number_argument("isqrt", arguments, 0);
  if (x < 0) fail(ErrorKind::Input, "math.isqrt(): argument must be nonnegative");
  const auto value = static_cast<std::uint64_t>(x);
  auto root = static_cast<std::uint64_t>(std::sqrt(x));
  while (root * root > value) --root;
  while ((root + 1) * (root + 1) <= value) ++root;
  return make_integer(static_cast<std::int64_t>(root));
}

Value is_close(Interpreter&, Arguments& arguments) {
  double relative = 1e-9;
  double absolute = 0;
  for (const auto& [name, value] : arguments.keywords) {
    const auto scalar = scalar_of(value);
    if (scalar && name == "rel_tol") relative = scalar->number;
    if (scalar && name == "abs_tol") absolute = scalar->number;
  }
  arguments.keywords.clear();
  const double a = number_argument("isclose", arguments, 0);
  const double b = number_argument("isclose", arguments, 1);
  const double room = std::max(relative * std::max(std::abs(a), std::abs(b)), absolute);
  return make_bool(a == b || std::abs(a - b) <= room);
}

}  // namespace

std::map<std::string, Value> math_members() {
  std::map<std::string, Value> members{{"pi", make_float(std::numbers::pi)},
                                       {"e", make_float(std::numbers::e)},
                                       {"tau", make_float(2 * std::numbers::pi)},
                                       {"inf", make_float(INFINITY)},
                                       {"nan", make_float(NAN)}};
  const auto add = [&](const char* name, auto call) {
    members[name] =
        Value(Value::Variant(std::make_shared<const Builtin>(Builtin{name, std::move(call)})));
  };
  for (const UnaryRow& row : kUnary) {
    add(row.name, [row](Interpreter&, Arguments& arguments) {
      const double x = number_argument(row.name, arguments, 0);
      return checked(row.name, row.function(x), std::isfinite(x));
    });
  }
  for (const BinaryRow& row : kBinary) {
    add(row.name, [row](Interpreter&, Arguments& arguments) {
      const double x = number_argument(row.name, arguments, 0);
      const double y = number_argument(row.name, arguments, 1);
      return checked(row.name, row.function(x, y), std::isfinite(x) && std::isfinite(y));
    });
  }
  for (const RoundingRow& row : kRounding) {
    add(row.name, [row](Interpreter&, Arguments& arguments) {
      const double x = row.function(number_argument(row.name, arguments, 0));
      if (!(std::abs(x) < 9.2e18)) {
        fail(ErrorKind::Input, fmt::format("math.{}(): {} does not fit in a 64-bit integer",
                                           row.name, float_text(x)));
      }
      return make_integer(static_cast<std::int64_t>(x));
    });
  }
  for (const PredicateRow& row : kPredicates) {
    add(row.name, [row](Interpreter&, Arguments& arguments) {
      return make_bool(row.function(number_argument(row.name, arguments, 0)));
    });
  }
  add("log", logarithm);
  add("gcd", greatest_divisor);
  add("prod", product);
  add("isqrt", integer_root);
  add("isclose", is_close);
  return members;
}

}  // namespace fitest::pytorch
