// SPDX-License-Identifier: Apache-2.0
// Python's math module.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "pytorch/interpreter.h"
#include "pytorch/modules.h"
#include "pytorch/number.h"

namespace fitest::pytorch {
namespace {

// The i-th argument, a tensor of one element as its number.
Value plain_argument(const char* name, const Arguments& arguments, std::size_t i) {
  if (i >= arguments.positional.size() || !arguments.keywords.empty()) {
    fail(ErrorKind::Input, fmt::format("math.{}(): wrong number of arguments", name));
  }
  const Value& value = arguments.positional[i];
  const Array* array = value.array();
  Value plain = array != nullptr && array->count() == 1 ? element_at(*array, 0) : value;
  if (!is_number(plain)) {
    fail(ErrorKind::Input,
         fmt::format("math.{}(): must be real number, not {}", name, type_name(value)));
  }
  return plain;
}

double number_argument(const char* name, const Arguments& arguments, std::size_t i) {
  return float_of(plain_argument(name, arguments, i));
}

BigInteger integer_argument(const char* name, const Arguments& arguments, std::size_t i) {
  const Value value = plain_argument(name, arguments, i);
  if (!is_integer(value)) {
    fail(ErrorKind::Input,
         fmt::format("math.{}(): 'float' object cannot be interpreted as an integer", name));
  }
  return big_of(value);
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

// Of a positive number; an int may be beyond a float's range.
double natural_logarithm(const Value& value) {
  if (compare_numbers(value, make_integer(0)) != 1) {
    const auto* number = value.as<double>();
    if (number != nullptr && std::isnan(*number)) return *number;
    fail(ErrorKind::Input, "math.log(): math domain error");
  }
  if (!value.is<BigIntegerPtr>()) return std::log(float_of(value));
  const BigInteger integer = big_of(value);
  const std::size_t dropped = integer.bits() - 64;
  return std::log(integer.shifted_right(dropped).to_double()) +
         static_cast<double>(dropped) * std::numbers::ln2;
}

Value logarithm(Interpreter&, Arguments& arguments) {
  const double x = natural_logarithm(plain_argument("log", arguments, 0));
  if (arguments.positional.size() == 1) return make_float(x);
  const double base = natural_logarithm(plain_argument("log", arguments, 1));
  if (base == 0) fail(ErrorKind::Input, "math.log(): division by zero");
  return make_float(x / base);
}

BigInteger greatest_divisor(BigInteger a, BigInteger b) {
  while (!b.is_zero()) {
    BigInteger rest = BigInteger::divide(a, b).rest;
    a = std::move(b);
    b = std::move(rest);
  }
  return a.is_negative() ? -a : a;
}

Value math_gcd(Interpreter&, Arguments& arguments) {
  BigInteger result;
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    result = greatest_divisor(result, integer_argument("gcd", arguments, i));
  }
  return make_integer(result);
}

Value math_lcm(Interpreter&, Arguments& arguments) {
  BigInteger result(1);
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    const BigInteger next = integer_argument("lcm", arguments, i);
    if (next.is_zero()) return make_integer(0);
    const BigInteger product = result * next;
    result = BigInteger::divide(product, greatest_divisor(result, next)).quotient;
    if (result.is_negative()) result = -result;
  }
  return make_integer(result);
}

// n·(n-1)·…·(n-count+1)
BigInteger falling_product(const char* name, const BigInteger& n, const BigInteger& count) {
  if (n.is_negative() || count.is_negative()) {
    fail(ErrorKind::Input, fmt::format("math.{}() not defined for negative values", name));
  }
  BigInteger result(1);
  if (BigInteger::compare(count, n) > 0) return {};
  for (BigInteger i; i != count; i = i + BigInteger(1)) result = result * (n - i);
  return result;
}

Value math_factorial(Interpreter&, Arguments& arguments) {
  const BigInteger n = integer_argument("factorial", arguments, 0);
  return make_integer(falling_product("factorial", n, n));
}

Value math_perm(Interpreter&, Arguments& arguments) {
  return make_integer(falling_product("perm", integer_argument("perm", arguments, 0),
                                      integer_argument("perm", arguments, 1)));
}

Value math_comb(Interpreter&, Arguments& arguments) {
  const BigInteger n = integer_argument("comb", arguments, 0);
  const BigInteger k = integer_argument("comb", arguments, 1);
  const BigInteger ways = falling_product("comb", n, k);
  return make_integer(BigInteger::divide(ways, falling_product("comb", k, k)).quotient);
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

// Newton's iteration from above.
Value integer_root(Interpreter&, Arguments& arguments) {
  const BigInteger value = integer_argument("isqrt", arguments, 0);
  if (value.is_negative()) fail(ErrorKind::Input, "math.isqrt(): argument must be nonnegative");
  if (value.is_zero()) return make_integer(0);
  BigInteger root = BigInteger(1).shifted_left(value.bits() / 2 + 1);
  for (;;) {
    const BigInteger next = (root + BigInteger::divide(value, root).quotient).shifted_right(1);
    if (BigInteger::compare(next, root) >= 0) return make_integer(root);
    root = next;
  }
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
      const Value value = plain_argument(row.name, arguments, 0);
      const auto* number = value.as<double>();
      return number != nullptr ? whole_of(row.function(*number))
                               : number_operation(UnaryOperator::Positive, value);
    });
  }
  for (const PredicateRow& row : kPredicates) {
    add(row.name, [row](Interpreter&, Arguments& arguments) {
      return make_bool(row.function(number_argument(row.name, arguments, 0)));
    });
  }
  add("log", logarithm);
  add("gcd", math_gcd);
  add("lcm", math_lcm);
  add("factorial", math_factorial);
  add("perm", math_perm);
  add("comb", math_comb);
  add("prod", product);
  add("isqrt", integer_root);
  add("isclose", is_close);
  return members;
}

}  // namespace fitest::pytorch
