// SPDX-License-Identifier: Apache-2.0
#include "pytorch/number.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

constexpr std::array<std::string_view, 13> kBinaryText{"+", "-",  "*",  "/", "//", "%", "**",
                                                       "@", "<<", ">>", "&", "|",  "^"};

[[noreturn]] void zero_division(std::string_view text) {
  fail(ErrorKind::Input, fmt::format("ZeroDivisionError: {}", text));
}

std::optional<std::int64_t> small_of(const Value& value) {
  if (const auto* flag = value.as<bool>()) return *flag ? 1 : 0;
  if (const auto* integer = value.as<std::int64_t>()) return *integer;
  return std::nullopt;
}

bool is_big(const Value& value) {
  return value.is<std::shared_ptr<const BigInteger>>();
}

double checked_float(double result, bool finite_operands) {
  if (std::isinf(result) && finite_operands) {
    fail(ErrorKind::Input, "OverflowError: numerical result out of range");
  }
  return result;
}

double float_power(double a, double b) {
  if (a == 0 && b < 0) zero_division("0.0 cannot be raised to a negative power");
  const double result = std::pow(a, b);
  if (std::isnan(result) && !std::isnan(a) && !std::isnan(b)) {
    fail(ErrorKind::Input, "a negative number to a fractional power is complex: not supported");
  }
  return checked_float(result, std::isfinite(a) && std::isfinite(b));
}

// CPython's float_divmod.
struct FloatDivision {
  double quotient;
  double rest;
};
FloatDivision divide_floats(double a, double b) {
  if (b == 0) zero_division("float floor division by zero");
  double rest = std::fmod(a, b);
  double quotient = (a - rest) / b;
  if (rest == 0) {
    rest = std::copysign(0.0, b);
  } else if ((b < 0) != (rest < 0)) {
    rest += b;
    quotient -= 1;
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), rest};
  const double floored = std::floor(quotient);
  return {quotient - floored > 0.5 ? floored + 1 : floored, rest};
}

Value float_operation(BinaryOperator op, const Value& left, const Value& right) {
  const double a = float_of(left);
  const double b = float_of(right);
  switch (op) {
    case BinaryOperator::Add:
      return make_float(a + b);
    case BinaryOperator::Subtract:
      return make_float(a - b);
    case BinaryOperator::Multiply:
      return make_float(a * b);
    case BinaryOperator::Divide:
      if (b == 0) zero_division("float division by zero");
      return make_float(a / b);
    case BinaryOperator::FloorDivide:
      return make_float(divide_floats(a, b).quotient);
    case BinaryOperator::Modulo:
      return make_float(divide_floats(a, b).rest);
    case BinaryOperator::Power:
      return make_float(float_power(a, b));
    default:
      unsupported_operands(text_of_operator(op), left, right);
  }
}

// Towards minus infinity, as Python divides. `b` is neither 0 nor -1.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

// With the sign of `b`, which is neither 0 nor -1.
std::int64_t floor_modulo(std::int64_t a, std::int64_t b) {
  const std::int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

std::int64_t shift_right(std::int64_t a, std::int64_t b) {
  if (b > 62) return a < 0 ? -1 : 0;
  return a >> b;
}

// The result where it fits in 64 bits and takes no more than a few instructions.
std::optional<std::int64_t> small_operation(BinaryOperator op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  bool overflows = false;
  switch (op) {
    case BinaryOperator::Add:
      overflows = __builtin_add_overflow(a, b, &result);
      break;
    case BinaryOperator::Subtract:
      overflows = __builtin_sub_overflow(a, b, &result);
      break;
    case BinaryOperator::Multiply:
      overflows = __builtin_mul_overflow(a, b, &result);
      break;
    case BinaryOperator::FloorDivide:
      if (b == 0 || b == -1) return std::nullopt;
      return floor_divide(a, b);
    case BinaryOperator::Modulo:
      if (b == 0 || b == -1) return std::nullopt;
      return floor_modulo(a, b);
    case BinaryOperator::ShiftLeft:
      if (b < 0 || b > 62) return std::nullopt;
      overflows = __builtin_mul_overflow(a, std::int64_t{1} << b, &result);
      break;
    case BinaryOperator::ShiftRight:
      if (b < 0) return std::nullopt;
      return shift_right(a, b);
    case BinaryOperator::And:
      return a & b;
    case BinaryOperator::Or:
      return a | b;
    case BinaryOperator::Xor:
      return a ^ b;
    default:
      return std::nullopt;
  }
  return overflows ? std::nullopt : std::optional(result);
}

// A count of bits or an exponent: what is too large for one is cut to a size that is too large for
// every result.
std::uint64_t count_of(const BigInteger& value) {
  const auto small = value.narrow();
  return small ? static_cast<std::uint64_t>(*small) : std::uint64_t{1} << 62;
}

Value integer_power(const Value& left, const Value& right) {
  const BigInteger base = big_of(left);
  const BigInteger exponent = big_of(right);
  if (exponent.is_negative()) {
    if (base.is_zero()) zero_division("0.0 cannot be raised to a negative power");
    return make_float(float_power(float_of(left), float_of(right)));
  }
  // 0, 1 and -1 have small powers, whatever the exponent.
  if (base.bits() <= 1) {
    const std::uint64_t parity = exponent.is_odd() ? 1 : exponent.is_zero() ? 0 : 2;
    return make_integer(BigInteger::power(base, parity));
  }
  return make_integer(BigInteger::power(base, count_of(exponent)));
}

Value shift(BinaryOperator op, const BigInteger& a, const BigInteger& b) {
  if (b.is_negative()) fail(ErrorKind::Input, "ValueError: negative shift count");
  return make_integer(op == BinaryOperator::ShiftLeft ? a.shifted_left(count_of(b))
                                                      : a.shifted_right(count_of(b)));
}

Value true_division(const BigInteger& a, const BigInteger& b) {
  if (b.is_zero()) zero_division("division by zero");
  const double result = BigInteger::ratio(a, b);
  if (std::isinf(result)) {
    fail(ErrorKind::Input, "OverflowError: integer division result too large for a float");
  }
  return make_float(result);
}

Value big_operation(BinaryOperator op, const Value& left, const Value& right) {
  if (op == BinaryOperator::Power) return integer_power(left, right);
  const BigInteger a = big_of(left);
  const BigInteger b = big_of(right);
  switch (op) {
    case BinaryOperator::Add:
      return make_integer(a + b);
    case BinaryOperator::Subtract:
      return make_integer(a - b);
    case BinaryOperator::Multiply:
      return make_integer(a * b);
    case BinaryOperator::Divide:
      return true_division(a, b);
    case BinaryOperator::FloorDivide:
    case BinaryOperator::Modulo: {
      if (b.is_zero()) zero_division("integer division or modulo by zero");
      const BigInteger::Division parts = BigInteger::divide(a, b);
      return make_integer(op == BinaryOperator::Modulo ? parts.rest : parts.quotient);
    }
    case BinaryOperator::ShiftLeft:
    case BinaryOperator::ShiftRight:
      return shift(op, a, b);
    case BinaryOperator::And:
      return make_integer(BigInteger::bitwise(BigInteger::BitOperator::And, a, b));
    case BinaryOperator::Or:
      return make_integer(BigInteger::bitwise(BigInteger::BitOperator::Or, a, b));
    case BinaryOperator::Xor:
      return make_integer(BigInteger::bitwise(BigInteger::BitOperator::Xor, a, b));
    default:
      unsupported_operands(text_of_operator(op), left, right);
  }
}

// Integers up to 2^53 are exact as floats: the quotient rounds once.
bool divides_as_floats(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  return b != 0 && a >= -kExact && a <= kExact && b >= -kExact && b <= kExact;
}

template <class T>
int three_way(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

}  // namespace

std::string_view text_of_operator(BinaryOperator op) {
  return kBinaryText[static_cast<std::size_t>(op)];
}

void unsupported_operands(std::string_view op, const Value& left, const Value& right) {
  fail(ErrorKind::Input, fmt::format("unsupported operand types for {}: '{}' and '{}'", op,
                                     type_name(left), type_name(right)));
}

bool is_integer(const Value& value) {
  return value.is<bool>() || value.is<std::int64_t>() || is_big(value);
}

bool is_number(const Value& value) {
  return is_integer(value) || value.is<double>();
}

BigInteger big_of(const Value& value) {
  const auto* big = value.as<std::shared_ptr<const BigInteger>>();
  return big != nullptr ? **big : BigInteger(*small_of(value));
}

double float_of(const Value& value) {
  if (const auto* number = value.as<double>()) return *number;
  if (const auto small = small_of(value)) return static_cast<double>(*small);
  const double number = big_of(value).to_double();
  if (std::isinf(number)) {
    fail(ErrorKind::Input, "OverflowError: int too large to convert to float");
  }
  return number;
}

std::int64_t narrow_of(const Value& value, std::string_view what) {
  const auto small = small_of(value);
  if (!small) fail(ErrorKind::Input, fmt::format("{} does not fit in 64 bits", what));
  return *small;
}

std::int64_t clamped_of(const Value& value) {
  if (const auto small = small_of(value)) return *small;
  return big_of(value).is_negative() ? INT64_MIN : INT64_MAX;
}

Value whole_of(double number) {
  if (std::isnan(number)) fail(ErrorKind::Input, "cannot convert float NaN to integer");
  if (std::isinf(number)) {
    fail(ErrorKind::Input, "OverflowError: cannot convert float infinity to integer");
  }
  if (std::abs(number) < 0x1p63) return make_integer(static_cast<std::int64_t>(number));
  return make_integer(BigInteger::of(number));
}

Value number_operation(BinaryOperator op, const Value& left, const Value& right) {
  if (left.is<double>() || right.is<double>()) return float_operation(op, left, right);
  const auto a = small_of(left);
  const auto b = small_of(right);
  if (!a || !b) return big_operation(op, left, right);
  if (op == BinaryOperator::Divide && divides_as_floats(*a, *b)) {
    return make_float(static_cast<double>(*a) / static_cast<double>(*b));
  }
  const auto result = small_operation(op, *a, *b);
  if (!result) return big_operation(op, left, right);
  const bool bits =
      op == BinaryOperator::And || op == BinaryOperator::Or || op == BinaryOperator::Xor;
  const bool flags = bits && left.is<bool>() && right.is<bool>();
  return flags ? make_bool(*result != 0) : make_integer(*result);
}

Value number_operation(UnaryOperator op, const Value& operand) {
  if (const auto* number = operand.as<double>(); number != nullptr && op != UnaryOperator::Invert) {
    return make_float(op == UnaryOperator::Negative ? -*number : *number);
  }
  if (!is_integer(operand)) {
    fail(ErrorKind::Input,
         fmt::format("bad operand type for a unary operator: '{}'", type_name(operand)));
  }
  Value plain = is_big(operand) ? operand : make_integer(*small_of(operand));
  if (op == UnaryOperator::Positive) return plain;
  // ~x is -1 - x.
  return number_operation(BinaryOperator::Subtract,
                          make_integer(op == UnaryOperator::Invert ? -1 : 0), plain);
}

int compare_numbers(const Value& left, const Value& right) {
  const auto a = small_of(left);
  const auto b = small_of(right);
  if (a && b) return three_way(*a, *b);
  const auto* x = left.as<double>();
  const auto* y = right.as<double>();
  if (x != nullptr && y != nullptr) {
    return std::isnan(*x) || std::isnan(*y) ? 2 : three_way(*x, *y);
  }
  if (y != nullptr) return BigInteger::compare(big_of(left), *y);
  if (x == nullptr) return BigInteger::compare(big_of(left), big_of(right));
  const int order = BigInteger::compare(big_of(right), *x);
  return order == 2 ? 2 : -order;
}

}  // namespace fitest::pytorch
