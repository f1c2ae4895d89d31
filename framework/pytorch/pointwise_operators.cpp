// SPDX-License-Identifier: Apache-2.0
// Rows of pointwise operators of two or more operands.
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"

namespace fitest::pytorch {
namespace {

using Int = std::int64_t;

Operand operand(const Bound& b, std::size_t i) {
  return operand_of(b.value(i));
}

template <class C>
C as_compute(const Scalar& scalar) {
  if constexpr (std::is_same_v<C, Int>) {
    return scalar.kind == Scalar::Kind::Float ? static_cast<Int>(scalar.number) : scalar.integer;
  } else {
    return static_cast<C>(scalar.number);
  }
}

// a·b + c: floats in one rounding, integers with wrap-around.
template <class T>
T multiply_add(T a, T b, T c) {
  return std::fma(a, b, c);
}
Int multiply_add(Int a, Int b, Int c) {
  return static_cast<Int>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b) +
                          static_cast<std::uint64_t>(c));
}

// `function` of the operands' elements in their common dtype, whose half types round once, at the
// end. `scalar` does not take part in promotion.
template <std::size_t N, class F>
Array apply_fused(const std::array<Operand, N>& operands, const Scalar& scalar, F function) {
  const DType common = result_type(operands);
  Shape shape;
  for (const Operand& one : operands) shape = broadcast_shapes(shape, one.array.shape);
  std::array<Array, N> inputs;
  for (std::size_t k = 0; k < N; ++k) {
    inputs[k] = expand_to(to_dtype(operands[k].array, common), shape);
  }
  Array out = make_result(common, shape, inputs);
  with_compute_type(common, [&](auto tag) {
    using C = decltype(tag);
    const C factor = as_compute<C>(scalar);
    apply_runs<C, N>(inputs, out, [&](const std::array<const C*, N>& in, C* to, Int n) {
      for (Int i = 0; i < n; ++i) {
        std::array<C, N> x{};
        for (std::size_t k = 0; k < N; ++k) x[k] = in[k][i];
        to[i] = function(x, factor);
      }
    });
  });
  return out;
}

// a + alpha·b
Array add_scaled(const Operand& a, const Operand& b, const Scalar& alpha) {
  return apply_fused<2>(
      {a, b}, alpha, [](const auto& x, auto factor) { return multiply_add(factor, x[1], x[0]); });
}

Scalar negated(const Scalar& scalar) {
  if (scalar.kind == Scalar::Kind::Float) return Scalar::of(-scalar.number);
  return Scalar::of(-scalar.integer);
}

template <BinaryOperator Op>
Value run_arithmetic(Bound& b) {
  return Value(arithmetic(Op, operand(b, 0), operand(b, 1)));
}
// In float64, whatever the operands are.
Value run_float_power(Bound& b) {
  const auto wide = [&](std::size_t i) {
    const Array* array = b.value(i).array();
    return operand_of(array != nullptr ? Value(to_dtype(*array, DType::Float64)) : b.value(i));
  };
  return Value(arithmetic(BinaryOperator::Power, wide(0), wide(1)));
}
Value run_add(Bound& b) {
  const Scalar alpha = b.scalar(2);
  if (alpha.number != 1) return Value(add_scaled(operand(b, 0), operand(b, 1), alpha));
  return Value(arithmetic(BinaryOperator::Add, operand(b, 0), operand(b, 1)));
}
Value subtract(const Operand& from, const Operand& what, const Scalar& alpha) {
  const Array plain = arithmetic(BinaryOperator::Subtract, from, what);  // checks the dtypes
  return Value(alpha.number == 1 ? plain : add_scaled(from, what, negated(alpha)));
}
Value run_sub(Bound& b) {
  return subtract(operand(b, 0), operand(b, 1), b.scalar(2));
}
Value run_rsub(Bound& b) {
  return subtract(operand(b, 1), operand(b, 0), b.scalar(2));
}

template <CompareOperator Op>
Value run_comparison(Bound& b) {
  return Value(comparison(Op, operand(b, 0), operand(b, 1)));
}

struct Truncate {
  template <class T>
  static T apply(T a, T b) {
    return std::trunc(a / b);
  }
  static Int apply(Int a, Int b) {
    if (b == 0) fail(ErrorKind::Input, "ZeroDivisionError: integer division or modulo by zero");
    return b == -1 ? static_cast<Int>(-static_cast<std::uint64_t>(a)) : a / b;
  }
};
struct Fmod {
  template <class T>
  static T apply(T a, T b) {
    return std::fmod(a, b);
  }
  static Int apply(Int a, Int b) {
    if (b == 0) fail(ErrorKind::Input, "ZeroDivisionError: integer division or modulo by zero");
    return b == -1 ? 0 : a % b;
  }
};
struct Maximum {
  template <class T>
  static T apply(T a, T b) {
    return a != a ? a : b != b ? b : a > b ? a : b;
  }
};
struct Minimum {
  template <class T>
  static T apply(T a, T b) {
    return a != a ? a : b != b ? b : a < b ? a : b;
  }
};
struct Fmax {
  template <class T>
  static T apply(T a, T b) {
    return a != a ? b : b != b ? a : a > b ? a : b;
  }
};
struct Fmin {
  template <class T>
  static T apply(T a, T b) {
    return a != a ? b : b != b ? a : a < b ? a : b;
  }
};
struct Atan2 {
  template <class T>
  static T apply(T a, T b) {
    return std::atan2(a, b);
  }
};
struct Hypot {
  template <class T>
  static T apply(T a, T b) {
    return std::hypot(a, b);
  }
};
struct CopySign {
  template <class T>
  static T apply(T a, T b) {
    return std::copysign(a, b);
  }
};
struct NextAfter {
  template <class T>
  static T apply(T a, T b) {
    return std::nextafter(a, b);
  }
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
  static T apply(T a, T b) {
    return b != b ? b : a == 0 ? T(0) : a * std::log(b);
  }
};
struct Heaviside {
  template <class T>
  static T apply(T a, T b) {
    return a != a ? a : a == 0 ? b : a < 0 ? T(0) : T(1);
  }
};
struct LogicalAnd {
  template <class T>
  static T apply(T a, T b) {
    return a != T(0) && b != T(0) ? T(1) : T(0);
  }
};
struct LogicalOr {
  template <class T>
  static T apply(T a, T b) {
    return a != T(0) || b != T(0) ? T(1) : T(0);
  }
};
struct LogicalXor {
  template <class T>
  static T apply(T a, T b) {
    return (a != T(0)) != (b != T(0)) ? T(1) : T(0);
  }
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

// self + value·tensor1·tensor2, the product from left to right.
Value run_addcmul(Bound& b) {
  return Value(apply_fused<3>(
      {operand(b, 0), operand(b, 1), operand(b, 2)}, b.scalar(3),
      [](const auto& x, auto value) { return multiply_add(value * x[1], x[2], x[0]); }));
}
Value run_addcdiv(Bound& b) {
  const std::array<Operand, 3> operands{operand(b, 0), operand(b, 1), operand(b, 2)};
  if (kind_of(result_type(operands)) != DTypeKind::Float) {
    fail(ErrorKind::Input, "Integer division with addcdiv is not supported");
  }
  return Value(apply_fused<3>(
      operands, b.scalar(3), [](const auto& x, auto value) { return x[0] + value * x[1] / x[2]; }));
}

// From the nearer end, so that a weight of 1 gives the end itself.
template <class C>
C interpolate(C start, C end, C weight) {
  const C difference = end - start;
  if (std::abs(static_cast<double>(weight)) < 0.5) return multiply_add(weight, difference, start);
  return multiply_add(weight - C{1}, difference, end);
}

// A weight that is a number keeps its precision next to half tensors.
Value run_lerp(Bound& b) {
  const Operand start = operand(b, 0);
  const Operand end = operand(b, 1);
  if (operand(b, 2).wrapped) {
    return Value(apply_fused<2>({start, end}, b.scalar(2), [](const auto& x, auto weight) {
      return interpolate(x[0], x[1], weight);
    }));
  }
  return Value(apply_fused<3>({start, end, operand(b, 2)}, Scalar::of(1.0),
                              [](const auto& x, auto) { return interpolate(x[0], x[1], x[2]); }));
}

// The bits of the half number next to `from` on the way to `toward`.
std::uint16_t next_half(std::uint16_t from, std::uint16_t toward, float x, float y) {
  if (x != x) return from;
  if (y != y || x == y) return toward;
  if (x == 0) return static_cast<std::uint16_t>((toward & 0x8000U) | 1U);
  const bool outward = (x < y) == (x > 0);
  return static_cast<std::uint16_t>(outward ? from + 1 : from - 1);
}

// The neighbour in the dtype itself: half types have fewer numbers than float32.
Value run_nextafter(Bound& b) {
  const std::array<Operand, 2> operands{operand(b, 0), operand(b, 1)};
  const DType dtype = result_type(operands);
  if (bits_of(dtype) != 16 || kind_of(dtype) != DTypeKind::Float) {
    return run_float_binary<NextAfter>(b);
  }
  const Shape shape = broadcast_shapes(operands[0].array.shape, operands[1].array.shape);
  const Array from = contiguous(expand_to(to_dtype(operands[0].array, dtype), shape));
  const Array toward = contiguous(expand_to(to_dtype(operands[1].array, dtype), shape));
  const Array wide_from = to_dtype(from, DType::Float32);
  const Array wide_toward = to_dtype(toward, DType::Float32);
  Array out = make_array(dtype, shape);
  auto* bits = reinterpret_cast<std::uint16_t*>(out.writable());
  for (Int i = 0; i < out.count(); ++i) {
    bits[i] = next_half(from.as<std::uint16_t>()[i], toward.as<std::uint16_t>()[i],
                        wide_from.as<float>()[i], wide_toward.as<float>()[i]);
  }
  return Value(out);
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
  apply_runs<double, 2>(
      inputs, out, [=](const std::array<const double*, 2>& in, double* to, Int n) {
        for (Int i = 0; i < n; ++i) {
          const double x = in[0][i];
          const double y = in[1][i];
          const bool near =
              std::isfinite(x) && std::isfinite(y) && std::abs(x - y) <= atol + rtol * std::abs(y);
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
    {kAll, "pow(Operand self, Operand exponent)", run_arithmetic<BinaryOperator::Power>,
     Agreement::Rounded},
    {kTorch, "float_power(Operand self, Operand exponent)", run_float_power, Agreement::Rounded},
    {kAll, "bitwise_and(Operand self, Operand other)", run_arithmetic<BinaryOperator::And>},
    {kAll, "bitwise_or(Operand self, Operand other)", run_arithmetic<BinaryOperator::Or>},
    {kAll, "bitwise_xor(Operand self, Operand other)", run_arithmetic<BinaryOperator::Xor>},
    {kAll, "bitwise_left_shift(Operand self, Operand other)",
     run_arithmetic<BinaryOperator::ShiftLeft>},
    {kAll, "bitwise_right_shift(Operand self, Operand other)",
     run_arithmetic<BinaryOperator::ShiftRight>},
    {kAll, "logical_and(Tensor self, Tensor other)", run_binary<LogicalAnd, ResultRule::Boolean>},
    {kAll, "logical_or(Tensor self, Tensor other)", run_binary<LogicalOr, ResultRule::Boolean>},
    {kAll, "logical_xor(Tensor self, Tensor other)", run_binary<LogicalXor, ResultRule::Boolean>},
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
    {kAll, "atan2(Tensor self, Tensor other)", run_float_binary<Atan2>, Agreement::Rounded},
    {kAll, "arctan2(Tensor self, Tensor other)", run_float_binary<Atan2>, Agreement::Rounded},
    {kAll, "hypot(Tensor self, Tensor other)", run_float_binary<Hypot>, Agreement::Rounded},
    {kAll, "copysign(Tensor self, Operand other)", run_float_binary<CopySign>},
    {kAll, "nextafter(Tensor self, Tensor other)", run_nextafter},
    {kBoth, "logaddexp(Tensor self, Tensor other)", run_float_binary<LogAddExp>,
     Agreement::Rounded},
    {kBoth, "logaddexp2(Tensor self, Tensor other)", run_float_binary<LogAddExp2>,
     Agreement::Rounded},
    {kAll | kSpecial, "xlogy(Operand self, Operand other)", run_float_binary<XLogY>,
     Agreement::Rounded},
    {kAll, "heaviside(Tensor self, Tensor values)", run_binary<Heaviside>},
    {kAll, "gcd(Tensor self, Tensor other)", run_int_binary<Gcd>},
    {kAll, "lcm(Tensor self, Tensor other)", run_int_binary<Lcm>},
    {kTorch, "where(Tensor condition, Operand self, Operand other)", run_where},
    {kMethod, "where(Tensor self, Tensor condition, Operand other)", run_where_method},
    {kAll, "addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", run_addcmul,
     Agreement::Rounded},
    {kAll, "addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", run_addcdiv,
     Agreement::Rounded},
    {kAll, "lerp(Tensor self, Tensor end, Operand weight)", run_lerp, Agreement::Rounded},
    {kBoth,
     "isclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool "
     "equal_nan=False)",
     run_isclose},
    {kBoth,
     "allclose(Tensor self, Tensor other, float rtol=1e-05, float atol=1e-08, bool "
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
