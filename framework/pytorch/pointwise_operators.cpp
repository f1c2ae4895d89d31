// SPDX-License-Identifier: Apache-2.0
// Rows of pointwise operators.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"
#include "pytorch/special_functions.h"

namespace fitest::pytorch {
namespace {

using Int = std::int64_t;

// A function of one float, as loops; integers are computed as float32 where the result floats.
template <auto Single, auto Double>
constexpr UnaryLoops kFloatUnary{
    [](const float* x, float* y, Int n) {
      for (Int i = 0; i < n; ++i) y[i] = Single(x[i]);
    },
    [](const double* x, double* y, Int n) {
      for (Int i = 0; i < n; ++i) y[i] = Double(x[i]);
    },
    nullptr};

template <class F>
struct Both {
  static float single(float x) { return F::apply(x); }
  static double both(double x) { return F::apply(x); }
};
template <class F>
constexpr UnaryLoops kUnary = kFloatUnary<Both<F>::single, Both<F>::both>;

#define FITEST_UNARY(name, expression)    \
  struct name {                           \
    template <class T>                    \
    static T apply(T x) { return expression; } \
  };
FITEST_UNARY(Exp, std::exp(x))
FITEST_UNARY(Exp2, std::exp2(x))
FITEST_UNARY(Expm1, std::expm1(x))
FITEST_UNARY(Log, std::log(x))
FITEST_UNARY(Log2, std::log2(x))
FITEST_UNARY(Log10, std::log10(x))
FITEST_UNARY(Log1p, std::log1p(x))
FITEST_UNARY(Sqrt, std::sqrt(x))
FITEST_UNARY(Rsqrt, T(1) / std::sqrt(x))
FITEST_UNARY(Reciprocal, T(1) / x)
FITEST_UNARY(Sin, std::sin(x))
FITEST_UNARY(Cos, std::cos(x))
FITEST_UNARY(Tan, std::tan(x))
FITEST_UNARY(Asin, std::asin(x))
FITEST_UNARY(Acos, std::acos(x))
FITEST_UNARY(Atan, std::atan(x))
FITEST_UNARY(Sinh, std::sinh(x))
FITEST_UNARY(Cosh, std::cosh(x))
FITEST_UNARY(Tanh, std::tanh(x))
FITEST_UNARY(Asinh, std::asinh(x))
FITEST_UNARY(Acosh, std::acosh(x))
FITEST_UNARY(Atanh, std::atanh(x))
FITEST_UNARY(Erf, std::erf(x))
FITEST_UNARY(Erfc, std::erfc(x))
FITEST_UNARY(Lgamma, std::lgamma(x))
FITEST_UNARY(Erfinv, inverse_erf(x))
FITEST_UNARY(Digamma, digamma(x))
FITEST_UNARY(Sigmoid, T(1) / (T(1) + std::exp(-x)))
FITEST_UNARY(Rad2Deg, x * T(180.0 / 3.14159265358979323846))
FITEST_UNARY(Deg2Rad, x * T(3.14159265358979323846 / 180.0))
FITEST_UNARY(Sinc, x == 0 ? T(1) : std::sin(T(3.14159265358979323846) * x) / (T(3.14159265358979323846) * x))
FITEST_UNARY(Floor, std::floor(x))
FITEST_UNARY(Ceil, std::ceil(x))
FITEST_UNARY(Trunc, std::trunc(x))
FITEST_UNARY(Round, std::nearbyint(x))
FITEST_UNARY(Frac, x - std::trunc(x))
#undef FITEST_UNARY

template <class F>
Value run_float(Bound& b) {
  return Value(apply_unary(kUnary<F>, ResultRule::Floating, b.tensor(0)));
}

// floor, ceil, trunc and round leave integers as they are.
template <class F>
Value run_rounding(Bound& b) {
  if (compute_of(b.tensor(0).dtype) == Compute::Integer) return Value(clone(b.tensor(0)));
  return Value(apply_unary(kUnary<F>, ResultRule::Promoted, b.tensor(0)));
}

Value run_round(Bound& b) {
  const std::int64_t decimals = b.integer(1);
  if (decimals == 0) return run_rounding<Round>(b);
  const double scale = std::pow(10.0, static_cast<double>(std::abs(decimals)));
  const Operand factor = operand_of(Scalar::of(scale));
  const BinaryOperator first = decimals > 0 ? BinaryOperator::Multiply : BinaryOperator::Divide;
  const BinaryOperator second = decimals > 0 ? BinaryOperator::Divide : BinaryOperator::Multiply;
  const Array scaled = arithmetic(first, {b.tensor(0), false}, factor);
  return Value(arithmetic(second, {apply_unary(kUnary<Round>, ResultRule::Promoted, scaled), false},
                          factor));
}

struct Abs {
  static float apply(float x) { return std::abs(x); }
  static double apply(double x) { return std::abs(x); }
  static Int apply(Int x) { return x < 0 ? static_cast<Int>(-static_cast<std::uint64_t>(x)) : x; }
};
struct Sign {
  template <class T>
  static T apply(T x) { return x > 0 ? T(1) : x < 0 ? T(-1) : x == 0 ? T(0) : x - x; }
};
struct Signbit {
  static float apply(float x) { return std::signbit(x) ? 1.0F : 0.0F; }
  static double apply(double x) { return std::signbit(x) ? 1.0 : 0.0; }
  static Int apply(Int x) { return x < 0; }
};
struct IsNan {
  template <class T>
  static T apply(T x) { return x != x ? T(1) : T(0); }
};
struct IsInf {
  template <class T>
  static T apply(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::isinf(x) ? T(1) : T(0);
    return T(0);
  }
};
struct IsPosInf {
  template <class T>
  static T apply(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::isinf(x) && x > 0 ? T(1) : T(0);
    return T(0);
  }
};
struct IsNegInf {
  template <class T>
  static T apply(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::isinf(x) && x < 0 ? T(1) : T(0);
    return T(0);
  }
};
struct IsFinite {
  template <class T>
  static T apply(T x) {
    if constexpr (std::is_floating_point_v<T>) return std::isfinite(x) ? T(1) : T(0);
    return T(1);
  }
};
struct LogicalNot {
  template <class T>
  static T apply(T x) { return x == T(0) ? T(1) : T(0); }
};
struct Square {
  static float apply(float x) { return x * x; }
  static double apply(double x) { return x * x; }
  static Int apply(Int x) {
    return static_cast<Int>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(x));
  }
};

template <class F, class T>
void unary_loop(const T* x, T* y, Int n) {
  for (Int i = 0; i < n; ++i) y[i] = F::apply(x[i]);
}
template <class F>
constexpr UnaryLoops kEveryUnary{unary_loop<F, float>, unary_loop<F, double>, unary_loop<F, Int>};

template <class F>
Value run_every(Bound& b) {
  return Value(apply_unary(kEveryUnary<F>, ResultRule::Promoted, b.tensor(0)));
}
template <class F>
Value run_predicate(Bound& b) {
  return Value(apply_unary(kEveryUnary<F>, ResultRule::Boolean, b.tensor(0)));
}

Value run_negative(Bound& b) {
  return Value(negative(b.tensor(0)));
}
Value run_positive(Bound& b) {
  return b.self();
}
Value run_bitwise_not(Bound& b) {
  return Value(bitwise_not(b.tensor(0)));
}

Operand operand(const Bound& b, std::size_t i) {
  return operand_of(b.value(i));
}

Operand times(const Operand& operand_value, const Scalar& alpha) {
  const bool is_one = alpha.number == 1;
  if (is_one) return operand_value;
  return {arithmetic(BinaryOperator::Multiply, operand_value, operand_of(alpha)),
          operand_value.wrapped};
}

template <BinaryOperator Op>
Value run_arithmetic(Bound& b) {
  return Value(arithmetic(Op, operand(b, 0), operand(b, 1)));
}
Value run_add(Bound& b) {
  return Value(arithmetic(BinaryOperator::Add, operand(b, 0), times(operand(b, 1), b.scalar(2))));
}
Value run_sub(Bound& b) {
  return Value(
      arithmetic(BinaryOperator::Subtract, operand(b, 0), times(operand(b, 1), b.scalar(2))));
}
Value run_rsub(Bound& b) {
  return Value(
      arithmetic(BinaryOperator::Subtract, operand(b, 1), times(operand(b, 0), b.scalar(2))));
}

template <CompareOperator Op>
Value run_comparison(Bound& b) {
  return Value(comparison(Op, operand(b, 0), operand(b, 1)));
}

struct Truncate {
  template <class T>
  static T apply(T a, T b) { return std::trunc(a / b); }
  static Int apply(Int a, Int b) {
    if (b == 0) fail(ErrorKind::Input, "ZeroDivisionError: integer division or modulo by zero");
    return b == -1 ? static_cast<Int>(-static_cast<std::uint64_t>(a)) : a / b;
  }
};
struct Fmod {
  template <class T>
  static T apply(T a, T b) { return std::fmod(a, b); }
  static Int apply(Int a, Int b) {
    if (b == 0) fail(ErrorKind::Input, "ZeroDivisionError: integer division or modulo by zero");
    return b == -1 ? 0 : a % b;
  }
};
struct Maximum {
  template <class T>
  static T apply(T a, T b) { return a != a ? a : b != b ? b : a > b ? a : b; }
};
struct Minimum {
  template <class T>
  static T apply(T a, T b) { return a != a ? a : b != b ? b : a < b ? a : b; }
};
struct Fmax {
  template <class T>
  static T apply(T a, T b) { return a != a ? b : b != b ? a : a > b ? a : b; }
};
struct Fmin {
  template <class T>
  static T apply(T a, T b) { return a != a ? b : b != b ? a : a < b ? a : b; }
};
struct Atan2 {
  template <class T>
  static T apply(T a, T b) { return std::atan2(a, b); }
};
struct Hypot {
  template <class T>
  static T apply(T a, T b) { return std::hypot(a, b); }
};
struct CopySign {
  template <class T>
  static T apply(T a, T b) { return std::copysign(a, b); }
};
struct NextAfter {
  template <class T>
  static T apply(T a, T b) { return std::nextafter(a, b); }
};
struct LogAddExp {
  template <class T>
  static T apply(T a, T b) {
    if (std::isinf(a) && a == b) return a;
    const T best = a > b ? a : b;
    return best + std::log1p(std::exp(-std::abs(a - b)));
  }
};
struct LogAddExp2 {
  template <class T>
  static T apply(T a, T b) {
    if (std::isinf(a) && a == b) return a;
    const T best = a > b ? a : b;
    return best + std::log2(T(1) + std::exp2(-std::abs(a - b)));
  }
};
struct XLogY {
  template <class T>
  static T apply(T a, T b) { return b != b ? b : a == 0 ? T(0) : a * std::log(b); }
};
struct Heaviside {
  template <class T>
  static T apply(T a, T b) { return a != a ? a : a == 0 ? b : a < 0 ? T(0) : T(1); }
};
struct LogicalAnd {
  template <class T>
  static T apply(T a, T b) { return a != T(0) && b != T(0) ? T(1) : T(0); }
};
struct LogicalOr {
  template <class T>
  static T apply(T a, T b) { return a != T(0) || b != T(0) ? T(1) : T(0); }
};
struct LogicalXor {
  template <class T>
  static T apply(T a, T b) { return (a != T(0)) != (b != T(0)) ? T(1) : T(0); }
};
struct Gcd {
  static Int apply(Int a, Int b) {
    while (b != 0) {
      const Int rest = b == -1 ? 0 : a % b;
      a = b;
      b = rest;
    }
    return a < 0 ? -a : a;
  }
};
struct Lcm {
  static Int apply(Int a, Int b) {
    const Int divisor = Gcd::apply(a, b);
    const Int product = divisor == 0 ? 0 : a / divisor * b;
    return product < 0 ? -product : product;
  }
};

template <class F, class T>
void binary_loop(const T* a, const T* b, T* out, Int n) {
  for (Int i = 0; i < n; ++i) out[i] = F::apply(a[i], b[i]);
}
template <class F>
constexpr BinaryLoops kEveryBinary{binary_loop<F, float>, binary_loop<F, double>,
                                   binary_loop<F, Int>};
template <class F>
constexpr BinaryLoops kFloatBinary{binary_loop<F, float>, binary_loop<F, double>, nullptr};
template <class F>
constexpr BinaryLoops kIntBinary{nullptr, nullptr, binary_loop<F, Int>};

template <class F, ResultRule Rule = ResultRule::Promoted>
Value run_binary(Bound& b) {
  return Value(apply_binary(kEveryBinary<F>, {Rule, false}, operand(b, 0), operand(b, 1)));
}
template <class F, ResultRule Rule = ResultRule::Floating>
Value run_float_binary(Bound& b) {
  return Value(apply_binary(kFloatBinary<F>, {Rule, false}, operand(b, 0), operand(b, 1)));
}
template <class F>
Value run_int_binary(Bound& b) {
  return Value(apply_binary(kIntBinary<F>, {}, operand(b, 0), operand(b, 1)));
}

Value run_div(Bound& b) {
  if (!b.given(2)) return run_arithmetic<BinaryOperator::Divide>(b);
  const std::string mode = b.string(2);
  if (mode == "floor") return run_arithmetic<BinaryOperator::FloorDivide>(b);
  if (mode != "trunc") {
    fail(ErrorKind::Input, fmt::format("div expected rounding_mode to be one of None, 'trunc', or "
                                       "'floor' but found '{}'",
                                       mode));
  }
  return Value(apply_binary(kEveryBinary<Truncate>, {}, operand(b, 0), operand(b, 1)));
}

Value run_clamp(Bound& b) {
  if (!b.given(1) && !b.given(2)) {
    fail(ErrorKind::Input, "torch.clamp: At least one of 'min' or 'max' must not be None");
  }
  Array result = b.tensor(0);
  if (b.given(1)) {
    result = apply_binary(kEveryBinary<Maximum>, {}, {result, false}, operand(b, 1));
  }
  if (b.given(2)) {
    result = apply_binary(kEveryBinary<Minimum>, {}, {result, false}, operand(b, 2));
  }
  return Value(result);
}
Value run_clamp_min(Bound& b) {
  return Value(apply_binary(kEveryBinary<Maximum>, {}, operand(b, 0), operand(b, 1)));
}
Value run_clamp_max(Bound& b) {
  return Value(apply_binary(kEveryBinary<Minimum>, {}, operand(b, 0), operand(b, 1)));
}

Value run_where(Bound& b) {
  return Value(where(b.tensor(0), operand(b, 1), operand(b, 2)));
}
Value run_where_method(Bound& b) {
  return Value(where(b.tensor(1), operand(b, 0), operand(b, 2)));
}

template <bool kAdds>
Value run_addc(Bound& b) {
  const BinaryOperator op = kAdds ? BinaryOperator::Multiply : BinaryOperator::Divide;
  // value * a * b, from left to right, as ATen's addcmul kernel has it.
  const Operand first = b.scalar(3).number == 1
                            ? operand(b, 1)
                            : Operand{arithmetic(BinaryOperator::Multiply, operand(b, 1),
                                                 operand_of(b.scalar(3))),
                                      false};
  return Value(arithmetic(BinaryOperator::Add, operand(b, 0),
                          {arithmetic(op, first, operand(b, 2)), false}));
}

Value run_lerp(Bound& b) {
  const Array& start = b.tensor(0);
  const Array difference = arithmetic(BinaryOperator::Subtract, operand(b, 1), operand(b, 0));
  const Array step = arithmetic(BinaryOperator::Multiply, {difference, false}, operand(b, 2));
  return Value(arithmetic(BinaryOperator::Add, {start, false}, {step, false}));
}

Value run_nan_to_num(Bound& b) {
  const Array& array = b.tensor(0);
  if (compute_of(array.dtype) == Compute::Integer) return Value(clone(array));
  const double largest = array.dtype == DType::Float64   ? std::numeric_limits<double>::max()
                         : array.dtype == DType::Float16 ? 65504.0
                         : array.dtype == DType::BFloat16
                             ? 0x1.FEp127
                             : static_cast<double>(std::numeric_limits<float>::max());
  const auto pick = [&](const UnaryLoops& predicate, const Array& from, double value) {
    const Array hit = apply_unary(predicate, ResultRule::Boolean, array);
    return where(hit, operand_of(Scalar::of(value)), {from, false});
  };
  Array result = pick(kEveryUnary<IsNan>, array, b.given(1) ? b.number(1) : 0.0);
  result = pick(kEveryUnary<IsPosInf>, result, b.given(2) ? b.number(2) : largest);
  return Value(pick(kEveryUnary<IsNegInf>, result, b.given(3) ? b.number(3) : -largest));
}

Value run_logit(Bound& b) {
  Array x = to_dtype(b.tensor(0), float_type(b.tensor(0).dtype));
  if (b.given(1)) {
    const double eps = b.number(1);
    x = apply_binary(kEveryBinary<Maximum>, {}, {x, false}, operand_of(Scalar::of(eps)));
    x = apply_binary(kEveryBinary<Minimum>, {}, {x, false}, operand_of(Scalar::of(1 - eps)));
  }
  // Half types round after each step, as ATen's kernel does.
  const Array rest =
      arithmetic(BinaryOperator::Subtract, operand_of(Scalar::of(1.0)), {x, false});
  const Array odds = arithmetic(BinaryOperator::Divide, {x, false}, {rest, false});
  return Value(apply_unary(kUnary<Log>, ResultRule::Floating, odds));
}

Value run_isclose(Bound& b) {
  const Operand a = operand(b, 0);
  const Operand c = operand(b, 1);
  const double rtol = b.number(2);
  const double atol = b.number(3);
  const bool equal_nan = b.flag(4);
  const Shape shape = broadcast_shapes(a.array.shape, c.array.shape);
  const std::array<Array, 2> inputs{expand_to(a.array, shape), expand_to(c.array, shape)};
  const Array out = make_array(DType::Bool, shape);
  apply_runs<double, 2>(inputs, out,
                        [=](const std::array<const double*, 2>& in, double* to, Int n) {
                          for (Int i = 0; i < n; ++i) {
                            const double x = in[0][i];
                            const double y = in[1][i];
                            const bool near = std::isfinite(x) && std::isfinite(y) &&
                                              std::abs(x - y) <= atol + rtol * std::abs(y);
                            const bool nans = equal_nan && x != x && y != y;
                            to[i] = x == y || near || nans ? 1 : 0;
                          }
                        });
  return Value(out);
}

Value run_allclose(Bound& b) {
  const Value close = run_isclose(b);
  bool every = true;
  for (std::int64_t i = 0; i < close.array()->count(); ++i) {
    every = every && is_true(element_at(*close.array(), i));
  }
  return make_bool(every);
}

Value run_equal(Bound& b) {
  const Array& x = b.tensor(0);
  const Array& y = b.tensor(1);
  if (x.shape != y.shape) return make_bool(false);
  const Array same = comparison(CompareOperator::Equal, {x, false}, {y, false});
  for (std::int64_t i = 0; i < same.count(); ++i) {
    if (!same.as<bool>()[i]) return make_bool(false);
  }
  return make_bool(true);
}

Value run_result_type(Bound& b) {
  const std::array<Operand, 2> operands{operand(b, 0), operand(b, 1)};
  return Value(Value::Variant(result_type(operands)));
}
Value run_promote_types(Bound& b) {
  return Value(Value::Variant(promote_types(*b.dtype(0), *b.dtype(1))));
}

constexpr unsigned kAll = kTorch | kMethod | kInPlace;
constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kAll, "add(Operand self, Operand other, *, Scalar alpha=1)", run_add},
    {kAll, "sub(Operand self, Operand other, *, Scalar alpha=1)", run_sub},
    {kAll, "subtract(Operand self, Operand other, *, Scalar alpha=1)", run_sub},
    {kTorch, "rsub(Tensor self, Operand other, *, Scalar alpha=1)", run_rsub},
    {kAll, "mul(Operand self, Operand other)", run_arithmetic<BinaryOperator::Multiply>},
    {kAll, "multiply(Operand self, Operand other)", run_arithmetic<BinaryOperator::Multiply>},
    {kAll, "div(Operand self, Operand other, *, str? rounding_mode=None)", run_div},
    {kAll, "divide(Operand self, Operand other, *, str? rounding_mode=None)", run_div},
    {kAll, "true_divide(Operand self, Operand other)", run_arithmetic<BinaryOperator::Divide>},
    {kAll, "floor_divide(Operand self, Operand other)",
     run_arithmetic<BinaryOperator::FloorDivide>},
    {kAll, "remainder(Operand self, Operand other)", run_arithmetic<BinaryOperator::Modulo>},
    {kAll, "fmod(Operand self, Operand other)", run_binary<Fmod>},
    {kAll, "pow(Operand self, Operand exponent)", run_arithmetic<BinaryOperator::Power>},
    {kTorch, "float_power(Operand self, Operand exponent)", run_arithmetic<BinaryOperator::Power>},
    {kAll, "bitwise_and(Operand self, Operand other)", run_arithmetic<BinaryOperator::And>},
    {kAll, "bitwise_or(Operand self, Operand other)", run_arithmetic<BinaryOperator::Or>},
    {kAll, "bitwise_xor(Operand self, Operand other)", run_arithmetic<BinaryOperator::Xor>},
    {kAll, "bitwise_left_shift(Operand self, Operand other)",
     run_arithmetic<BinaryOperator::ShiftLeft>},
    {kAll, "bitwise_right_shift(Operand self, Operand other)",
     run_arithmetic<BinaryOperator::ShiftRight>},
    {kAll, "bitwise_not(Tensor self)", run_bitwise_not},
    {kAll, "logical_and(Tensor self, Tensor other)", run_binary<LogicalAnd, ResultRule::Boolean>},
    {kAll, "logical_or(Tensor self, Tensor other)", run_binary<LogicalOr, ResultRule::Boolean>},
    {kAll, "logical_xor(Tensor self, Tensor other)", run_binary<LogicalXor, ResultRule::Boolean>},
    {kBoth, "logical_not(Tensor self)", run_predicate<LogicalNot>},
    {kBoth, "eq(Tensor self, Operand other)", run_comparison<CompareOperator::Equal>},
    {kBoth, "ne(Tensor self, Operand other)", run_comparison<CompareOperator::NotEqual>},
    {kBoth, "not_equal(Tensor self, Operand other)", run_comparison<CompareOperator::NotEqual>},
    {kBoth, "lt(Tensor self, Operand other)", run_comparison<CompareOperator::Less>},
    {kBoth, "less(Tensor self, Operand other)", run_comparison<CompareOperator::Less>},
    {kBoth, "le(Tensor self, Operand other)", run_comparison<CompareOperator::LessEqual>},
    {kBoth, "less_equal(Tensor self, Operand other)", run_comparison<CompareOperator::LessEqual>},
    {kBoth, "gt(Tensor self, Operand other)", run_comparison<CompareOperator::Greater>},
    {kBoth, "greater(Tensor self, Operand other)", run_comparison<CompareOperator::Greater>},
    {kBoth, "ge(Tensor self, Operand other)", run_comparison<CompareOperator::GreaterEqual>},
    {kBoth, "greater_equal(Tensor self, Operand other)",
     run_comparison<CompareOperator::GreaterEqual>},
    {kAll, "neg(Tensor self)", run_negative},
    {kAll, "negative(Tensor self)", run_negative},
    {kBoth, "positive(Tensor self)", run_positive},
    {kAll, "abs(Tensor self)", run_every<Abs>},
    {kAll, "absolute(Tensor self)", run_every<Abs>},
    {kAll, "sign(Tensor self)", run_every<Sign>},
    {kAll, "sgn(Tensor self)", run_every<Sign>},
    {kAll, "square(Tensor self)", run_every<Square>},
    {kBoth, "signbit(Tensor self)", run_predicate<Signbit>},
    {kBoth, "isnan(Tensor self)", run_predicate<IsNan>},
    {kBoth, "isinf(Tensor self)", run_predicate<IsInf>},
    {kBoth, "isposinf(Tensor self)", run_predicate<IsPosInf>},
    {kBoth, "isneginf(Tensor self)", run_predicate<IsNegInf>},
    {kBoth, "isfinite(Tensor self)", run_predicate<IsFinite>},
    {kAll, "exp(Tensor self)", run_float<Exp>},
    {kAll | kSpecial, "exp2(Tensor self)", run_float<Exp2>},
    {kAll | kSpecial, "expm1(Tensor self)", run_float<Expm1>},
    {kAll, "log(Tensor self)", run_float<Log>},
    {kAll, "log2(Tensor self)", run_float<Log2>},
    {kAll, "log10(Tensor self)", run_float<Log10>},
    {kAll | kSpecial, "log1p(Tensor self)", run_float<Log1p>},
    {kAll, "sqrt(Tensor self)", run_float<Sqrt>},
    {kAll, "rsqrt(Tensor self)", run_float<Rsqrt>},
    {kAll, "reciprocal(Tensor self)", run_float<Reciprocal>},
    {kAll, "sin(Tensor self)", run_float<Sin>},
    {kAll, "cos(Tensor self)", run_float<Cos>},
    {kAll, "tan(Tensor self)", run_float<Tan>},
    {kAll, "asin(Tensor self)", run_float<Asin>},
    {kAll, "acos(Tensor self)", run_float<Acos>},
    {kAll, "atan(Tensor self)", run_float<Atan>},
    {kAll, "arcsin(Tensor self)", run_float<Asin>},
    {kAll, "arccos(Tensor self)", run_float<Acos>},
    {kAll, "arctan(Tensor self)", run_float<Atan>},
    {kAll, "sinh(Tensor self)", run_float<Sinh>},
    {kAll, "cosh(Tensor self)", run_float<Cosh>},
    {kAll | kFunctional, "tanh(Tensor self)", run_float<Tanh>},
    {kAll, "asinh(Tensor self)", run_float<Asinh>},
    {kAll, "acosh(Tensor self)", run_float<Acosh>},
    {kAll, "atanh(Tensor self)", run_float<Atanh>},
    {kAll | kSpecial, "erf(Tensor self)", run_float<Erf>},
    {kAll | kSpecial, "erfc(Tensor self)", run_float<Erfc>},
    {kAll | kSpecial, "erfinv(Tensor self)", run_float<Erfinv>},
    {kAll, "lgamma(Tensor self)", run_float<Lgamma>},
    {kSpecial, "gammaln(Tensor self)", run_float<Lgamma>},
    {kAll | kSpecial, "digamma(Tensor self)", run_float<Digamma>},
    {kAll | kSpecial, "sinc(Tensor self)", run_float<Sinc>},
    {kAll | kFunctional, "sigmoid(Tensor self)", run_float<Sigmoid>},
    {kSpecial, "expit(Tensor self)", run_float<Sigmoid>},
    {kAll, "rad2deg(Tensor self)", run_float<Rad2Deg>},
    {kAll, "deg2rad(Tensor self)", run_float<Deg2Rad>},
    {kAll, "floor(Tensor self)", run_rounding<Floor>},
    {kAll, "ceil(Tensor self)", run_rounding<Ceil>},
    {kAll, "trunc(Tensor self)", run_rounding<Trunc>},
    {kAll, "fix(Tensor self)", run_rounding<Trunc>},
    {kAll, "frac(Tensor self)", run_rounding<Frac>},
    {kAll, "round(Tensor self, *, int decimals=0)", run_round},
    {kBoth, "maximum(Tensor self, Tensor other)", run_binary<Maximum>},
    {kBoth, "minimum(Tensor self, Tensor other)", run_binary<Minimum>},
    {kBoth, "max(Tensor self, Tensor other)", run_binary<Maximum>},
    {kBoth, "min(Tensor self, Tensor other)", run_binary<Minimum>},
    {kBoth, "fmax(Tensor self, Tensor other)", run_binary<Fmax>},
    {kBoth, "fmin(Tensor self, Tensor other)", run_binary<Fmin>},
    {kAll, "clamp(Tensor self, Operand? min=None, Operand? max=None)", run_clamp},
    {kAll, "clip(Tensor self, Operand? min=None, Operand? max=None)", run_clamp},
    {kAll, "clamp_min(Tensor self, Operand min)", run_clamp_min},
    {kAll, "clamp_max(Tensor self, Operand max)", run_clamp_max},
    {kAll, "atan2(Tensor self, Tensor other)", run_float_binary<Atan2>},
    {kAll, "arctan2(Tensor self, Tensor other)", run_float_binary<Atan2>},
    {kAll, "hypot(Tensor self, Tensor other)", run_float_binary<Hypot>},
    {kAll, "copysign(Tensor self, Operand other)", run_float_binary<CopySign>},
    {kAll, "nextafter(Tensor self, Tensor other)", run_float_binary<NextAfter>},
    {kBoth, "logaddexp(Tensor self, Tensor other)", run_float_binary<LogAddExp>},
    {kBoth, "logaddexp2(Tensor self, Tensor other)", run_float_binary<LogAddExp2>},
    {kAll | kSpecial, "xlogy(Operand self, Operand other)", run_float_binary<XLogY>},
    {kAll, "heaviside(Tensor self, Tensor values)", run_binary<Heaviside>},
    {kAll, "gcd(Tensor self, Tensor other)", run_int_binary<Gcd>},
    {kAll, "lcm(Tensor self, Tensor other)", run_int_binary<Lcm>},
    {kTorch, "where(Tensor condition, Operand self, Operand other)", run_where},
    {kMethod, "where(Tensor self, Tensor condition, Operand other)", run_where_method},
    {kAll, "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
     run_addc<true>},
    {kAll, "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
     run_addc<false>},
    {kAll, "lerp(Tensor self, Tensor end, Operand weight)", run_lerp},
    {kAll, "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
     run_nan_to_num},
    {kAll | kSpecial, "logit(Tensor self, float? eps=None)", run_logit},
    {kBoth, "isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool "
            "equal_nan=False)",
     run_isclose},
    {kBoth, "allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool "
            "equal_nan=False)",
     run_allclose},
    {kBoth, "equal(Tensor self, Tensor other)", run_equal},
    {kTorch, "result_type(Operand tensor1, Operand tensor2)", run_result_type},
    {kTorch, "promote_types(ScalarType type1, ScalarType type2)", run_promote_types},
};

}  // namespace

std::span<const OperatorRow> pointwise_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
