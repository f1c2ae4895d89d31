// SPDX-License-Identifier: Apache-2.0
// Rows of pointwise operators of one operand.
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
constexpr UnaryLoops kFloatUnary{[](const float* x, float* y, Int n) {
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

#define FITEST_UNARY(name, expression) \
  struct name {                        \
    template <class T>                 \
    static T apply(T x) {              \
      return expression;               \
    }                                  \
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
FITEST_UNARY(Rad2Deg, x* T(180.0 / 3.14159265358979323846))
FITEST_UNARY(Deg2Rad, x* T(3.14159265358979323846 / 180.0))
FITEST_UNARY(Sinc, x == 0
                       ? T(1)
                       : std::sin(T(3.14159265358979323846) * x) / (T(3.14159265358979323846) * x))
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
  // Half types round once, at the end.
  const DType dtype = b.tensor(0).dtype;
  const bool half = kind_of(dtype) == DTypeKind::Float && bits_of(dtype) == 16;
  const Array input = half ? to_dtype(b.tensor(0), DType::Float32) : b.tensor(0);
  const Array scaled = arithmetic(first, {input, false}, factor);
  const Array rounded = apply_unary(kUnary<Round>, ResultRule::Promoted, scaled);
  const Array result = arithmetic(second, {rounded, false}, factor);
  return Value(half ? to_dtype(result, dtype) : result);
}

struct Abs {
  static float apply(float x) { return std::abs(x); }
  static double apply(double x) { return std::abs(x); }
  static Int apply(Int x) { return x < 0 ? static_cast<Int>(-static_cast<std::uint64_t>(x)) : x; }
};
struct Sign {
  template <class T>
  static T apply(T x) {
    return static_cast<T>((x > 0) - (x < 0));  // 0 of NaN, as PyTorch's
  }
};
struct Signbit {
  static float apply(float x) { return std::signbit(x) ? 1.0F : 0.0F; }
  static double apply(double x) { return std::signbit(x) ? 1.0 : 0.0; }
  static Int apply(Int x) { return x < 0; }
};
struct IsNan {
  template <class T>
  static T apply(T x) {
    return x != x ? T(1) : T(0);
  }
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
  static T apply(T x) {
    return x == T(0) ? T(1) : T(0);
  }
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
// As pow(2), of which bools are integers.
Value run_square(Bound& b) {
  const Array& input = b.tensor(0);
  const Array number = input.dtype == DType::Bool ? to_dtype(input, DType::Int64) : input;
  return Value(apply_unary(kEveryUnary<Square>, ResultRule::Promoted, number));
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
    const Operand low = operand_of(Scalar::of(eps));
    const Operand high = operand_of(Scalar::of(1 - eps));
    x = where(comparison(CompareOperator::Less, {x, false}, low), low, {x, false});
    x = where(comparison(CompareOperator::Greater, {x, false}, high), high, {x, false});
  }
  // Half types round after each step, as ATen's kernel does.
  const Array rest = arithmetic(BinaryOperator::Subtract, operand_of(Scalar::of(1.0)), {x, false});
  const Array odds = arithmetic(BinaryOperator::Divide, {x, false}, {rest, false});
  return Value(apply_unary(kUnary<Log>, ResultRule::Floating, odds));
}

constexpr unsigned kAll = kTorch | kMethod | kInPlace;
constexpr unsigned kBoth = kTorch | kMethod;

constexpr OperatorRow kRows[] = {
    {kAll, "bitwise_not(Tensor self)", run_bitwise_not},
    {kBoth, "logical_not(Tensor self)", run_predicate<LogicalNot>},
    {kAll, "neg(Tensor self)", run_negative},
    {kAll, "negative(Tensor self)", run_negative},
    {kBoth, "positive(Tensor self)", run_positive},
    {kAll, "abs(Tensor self)", run_every<Abs>},
    {kAll, "absolute(Tensor self)", run_every<Abs>},
    {kAll, "sign(Tensor self)", run_every<Sign>},
    {kAll, "sgn(Tensor self)", run_every<Sign>},
    {kAll, "square(Tensor self)", run_square},
    {kBoth, "signbit(Tensor self)", run_predicate<Signbit>},
    {kBoth, "isnan(Tensor self)", run_predicate<IsNan>},
    {kBoth, "isinf(Tensor self)", run_predicate<IsInf>},
    {kBoth, "isposinf(Tensor self)", run_predicate<IsPosInf>},
    {kBoth, "isneginf(Tensor self)", run_predicate<IsNegInf>},
    {kBoth, "isfinite(Tensor self)", run_predicate<IsFinite>},
    {kAll, "exp(Tensor self)", run_float<Exp>, Agreement::Rounded},
    {kAll | kSpecial, "exp2(Tensor self)", run_float<Exp2>, Agreement::Rounded},
    {kAll | kSpecial, "expm1(Tensor self)", run_float<Expm1>, Agreement::Rounded},
    {kAll, "log(Tensor self)", run_float<Log>, Agreement::Rounded},
    {kAll, "log2(Tensor self)", run_float<Log2>, Agreement::Rounded},
    {kAll, "log10(Tensor self)", run_float<Log10>, Agreement::Rounded},
    {kAll | kSpecial, "log1p(Tensor self)", run_float<Log1p>, Agreement::Rounded},
    {kAll, "sqrt(Tensor self)", run_float<Sqrt>, Agreement::Rounded},
    {kAll, "rsqrt(Tensor self)", run_float<Rsqrt>, Agreement::Rounded},
    {kAll, "reciprocal(Tensor self)", run_float<Reciprocal>},
    {kAll, "sin(Tensor self)", run_float<Sin>, Agreement::Rounded},
    {kAll, "cos(Tensor self)", run_float<Cos>, Agreement::Rounded},
    {kAll, "tan(Tensor self)", run_float<Tan>, Agreement::Rounded},
    {kAll, "asin(Tensor self)", run_float<Asin>, Agreement::Rounded},
    {kAll, "acos(Tensor self)", run_float<Acos>, Agreement::Rounded},
    {kAll, "atan(Tensor self)", run_float<Atan>, Agreement::Rounded},
    {kAll, "arcsin(Tensor self)", run_float<Asin>, Agreement::Rounded},
    {kAll, "arccos(Tensor self)", run_float<Acos>, Agreement::Rounded},
    {kAll, "arctan(Tensor self)", run_float<Atan>, Agreement::Rounded},
    {kAll, "sinh(Tensor self)", run_float<Sinh>, Agreement::Rounded},
    {kAll, "cosh(Tensor self)", run_float<Cosh>, Agreement::Rounded},
    {kAll | kFunctional, "tanh(Tensor self)", run_float<Tanh>, Agreement::Rounded},
    {kAll, "asinh(Tensor self)", run_float<Asinh>, Agreement::Rounded},
    {kAll, "acosh(Tensor self)", run_float<Acosh>, Agreement::Rounded},
    {kAll, "atanh(Tensor self)", run_float<Atanh>, Agreement::Rounded},
    {kAll | kSpecial, "erf(Tensor self)", run_float<Erf>, Agreement::Rounded},
    {kAll | kSpecial, "erfc(Tensor self)", run_float<Erfc>, Agreement::Rounded},
    {kAll | kSpecial, "erfinv(Tensor self)", run_float<Erfinv>, Agreement::Rounded},
    {kAll, "lgamma(Tensor self)", run_float<Lgamma>, Agreement::Rounded},
    {kSpecial, "gammaln(Tensor self)", run_float<Lgamma>, Agreement::Rounded},
    {kAll | kSpecial, "digamma(Tensor self)", run_float<Digamma>, Agreement::Rounded},
    {kAll | kSpecial, "sinc(Tensor self)", run_float<Sinc>, Agreement::Rounded},
    {kAll | kFunctional, "sigmoid(Tensor self)", run_float<Sigmoid>, Agreement::Rounded},
    {kSpecial, "expit(Tensor self)", run_float<Sigmoid>, Agreement::Rounded},
    {kAll, "rad2deg(Tensor self)", run_float<Rad2Deg>, Agreement::Rounded},
    {kAll, "deg2rad(Tensor self)", run_float<Deg2Rad>, Agreement::Rounded},
    {kAll, "floor(Tensor self)", run_rounding<Floor>},
    {kAll, "ceil(Tensor self)", run_rounding<Ceil>},
    {kAll, "trunc(Tensor self)", run_rounding<Trunc>},
    {kAll, "fix(Tensor self)", run_rounding<Trunc>},
    {kAll, "frac(Tensor self)", run_rounding<Frac>},
    {kAll, "round(Tensor self, *, int decimals=0)", run_round, Agreement::Rounded},
    {kAll, "nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None)",
     run_nan_to_num},
    {kAll | kSpecial, "logit(Tensor self, float? eps=None)", run_logit, Agreement::Rounded},
};

}  // namespace

std::span<const OperatorRow> unary_operators() {
  return kRows;
}

}  // namespace fitest::pytorch
