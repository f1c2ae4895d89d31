// SPDX-License-Identifier: Apache-2.0
// +, -, *, /, comparisons and bit operators on tensors and numbers.
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "pytorch/elementwise.h"
#include "pytorch/pointwise.h"

namespace fitest::pytorch {
namespace {

using Int = std::int64_t;
using Unsigned = std::uint64_t;

[[noreturn]] void zero_division() {
  fail(ErrorKind::Input, "ZeroDivisionError: integer division or modulo by zero");
}

// Integer arithmetic wraps, as it does in PyTorch.
struct Add {
  template <class T>
  static T apply(T a, T b) {
    return a + b;
  }
  static Int apply(Int a, Int b) {
    return static_cast<Int>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b));
  }
};
struct Subtract {
  template <class T>
  static T apply(T a, T b) {
    return a - b;
  }
  static Int apply(Int a, Int b) {
    return static_cast<Int>(static_cast<Unsigned>(a) - static_cast<Unsigned>(b));
  }
};
struct Multiply {
  template <class T>
  static T apply(T a, T b) {
    return a * b;
  }
  static Int apply(Int a, Int b) {
    return static_cast<Int>(static_cast<Unsigned>(a) * static_cast<Unsigned>(b));
  }
};
struct Divide {
  template <class T>
  static T apply(T a, T b) {
    return a / b;
  }
};

// c10/util/generic_math.h: div_floor_floating
struct FloorDivide {
  template <class T>
  static T apply(T a, T b) {
    if (b == 0) return a / b;
    const T rest = std::fmod(a, b);
    T quotient = (a - rest) / b;
    if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
    if (quotient == 0) return std::copysign(T(0), a / b);
    const T floored = std::floor(quotient);
    return quotient - floored > T(0.5) ? floored + 1 : floored;
  }
  static Int apply(Int a, Int b) {
    if (b == 0) zero_division();
    if (b == -1) return Subtract::apply(Int{0}, a);
    const Int quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
  }
};
struct Remainder {
  template <class T>
  static T apply(T a, T b) {
    const T rest = std::fmod(a, b);
    return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
  }
  static Int apply(Int a, Int b) {
    if (b == 0) zero_division();
    if (b == -1) return 0;
    const Int rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
};

struct Power {
  template <class T>
  static T apply(T a, T b) {
    if (b == T(2)) return a * a;
    if (b == T(0.5)) return std::sqrt(a);
    if (b == T(3)) return a * a * a;
    if (b == T(-1)) return 1 / a;
    if (b == T(-2)) return 1 / (a * a);
    if (b == T(-0.5)) return 1 / std::sqrt(a);
    return std::pow(a, b);
  }
  static Int apply(Int base, Int exponent) {
    if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    Unsigned result = 1;
    for (auto factor = static_cast<Unsigned>(base); exponent > 0; exponent >>= 1) {
      if (exponent & 1) result *= factor;
      factor *= factor;
    }
    return static_cast<Int>(result);
  }
};

struct ShiftLeft {
  static Int apply(Int a, Int b) {
    return b < 0 || b >= 64 ? 0 : static_cast<Int>(static_cast<Unsigned>(a) << b);
  }
};
struct ShiftRight {
  static Int apply(Int a, Int b) { return b < 0 || b >= 63 ? (a < 0 ? -1 : 0) : a >> b; }
};
struct BitAnd {
  static Int apply(Int a, Int b) { return a & b; }
};
struct BitOr {
  static Int apply(Int a, Int b) { return a | b; }
};
struct BitXor {
  static Int apply(Int a, Int b) { return a ^ b; }
};

#define FITEST_COMPARISON(name, op)  \
  struct name {                      \
    template <class T>               \
    static T apply(T a, T b) {       \
      return static_cast<T>(a op b); \
    }                                \
  };
FITEST_COMPARISON(Equal, ==)
FITEST_COMPARISON(NotEqual, !=)
FITEST_COMPARISON(Less, <)
FITEST_COMPARISON(LessEqual, <=)
FITEST_COMPARISON(Greater, >)
FITEST_COMPARISON(GreaterEqual, >=)
#undef FITEST_COMPARISON

template <class Op, class T>
void loop(const T* a, const T* b, T* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = Op::apply(a[i], b[i]);
}

template <class Op>
constexpr BinaryLoops kEvery{loop<Op, float>, loop<Op, double>, loop<Op, Int>};
template <class Op>
constexpr BinaryLoops kFloating{loop<Op, float>, loop<Op, double>, nullptr};
template <class Op>
constexpr BinaryLoops kIntegral{nullptr, nullptr, loop<Op, Int>};

struct ArithmeticRow {
  BinaryOperator op;
  BinaryLoops loops;
  BinaryRule rule;
};

const ArithmeticRow kArithmetic[] = {
    {BinaryOperator::Add, kEvery<Add>, {}},
    {BinaryOperator::Subtract, kEvery<Subtract>, {}},
    {BinaryOperator::Multiply, kEvery<Multiply>, {ResultRule::Promoted, true}},
    {BinaryOperator::Divide, kFloating<Divide>, {ResultRule::Floating, true}},
    {BinaryOperator::FloorDivide, kEvery<FloorDivide>, {}},
    {BinaryOperator::Modulo, kEvery<Remainder>, {}},
    {BinaryOperator::Power, kEvery<Power>, {}},
    {BinaryOperator::ShiftLeft, kIntegral<ShiftLeft>, {}},
    {BinaryOperator::ShiftRight, kIntegral<ShiftRight>, {}},
    {BinaryOperator::And, kIntegral<BitAnd>, {}},
    {BinaryOperator::Or, kIntegral<BitOr>, {}},
    {BinaryOperator::Xor, kIntegral<BitXor>, {}},
};

struct ComparisonRow {
  CompareOperator op;
  BinaryLoops loops;
};

const ComparisonRow kComparisons[] = {
    {CompareOperator::Equal, kEvery<Equal>},
    {CompareOperator::NotEqual, kEvery<NotEqual>},
    {CompareOperator::Less, kEvery<Less>},
    {CompareOperator::LessEqual, kEvery<LessEqual>},
    {CompareOperator::Greater, kEvery<Greater>},
    {CompareOperator::GreaterEqual, kEvery<GreaterEqual>},
};

// Of BinaryLoops or UnaryLoops.
template <class C, class Loops>
auto loop_of(const Loops& loops) {
  if constexpr (std::is_same_v<C, float>) {
    return loops.single;
  } else if constexpr (std::is_same_v<C, double>) {
    return loops.both;
  } else {
    return loops.integer;
  }
}

// PyTorch stores and compares 8-bit floats, it does not compute with them.
bool is_float8(DType dtype) {
  return kind_of(dtype) == DTypeKind::Float && bits_of(dtype) == 8;
}

[[noreturn]] void no_loop(DType dtype) {
  fail(ErrorKind::Input, fmt::format("the operator is not implemented for '{}'", name_of(dtype)));
}

// The input as the common dtype has it: PyTorch casts before it computes.
Array as_common(const Operand& operand, DType common, bool precise) {
  const bool wide = common == DType::Float32 || common == DType::Float64 || common == DType::Int64;
  const bool keeps = precise && operand.array.dim() == 0 && compute_of(common) == Compute::Float;
  return wide || keeps ? operand.array : to_dtype(operand.array, common);
}

void check_integer_power(const Operand& a, const Operand& b, DType common) {
  if (compute_of(common) != Compute::Integer || !b.wrapped) return;
  if (element_at(b.array, 0).as<std::int64_t>() == nullptr) return;
  (void)a;
  if (*element_at(b.array, 0).as<std::int64_t>() < 0) {
    fail(ErrorKind::Input, "Integers to negative integer powers are not allowed.");
  }
}

}  // namespace

Array apply_binary(const BinaryLoops& loops, BinaryRule rule, const Operand& a, const Operand& b) {
  const std::array<Operand, 2> operands{a, b};
  DType common = result_type(operands);
  if (rule.result == ResultRule::Floating) common = float_type(common);
  const DType dtype = rule.result == ResultRule::Boolean ? DType::Bool : common;
  const Shape shape = broadcast_shapes(a.array.shape, b.array.shape);
  const std::array<Array, 2> inputs{expand_to(as_common(a, common, rule.precise_numbers), shape),
                                    expand_to(as_common(b, common, rule.precise_numbers), shape)};
  Array out = make_result(dtype, shape, inputs);
  with_compute_type(common, [&](auto tag) {
    using C = decltype(tag);
    const auto run = loop_of<C>(loops);
    if (run == nullptr) no_loop(common);
    apply_runs<C, 2>(inputs, out, [run](const std::array<const C*, 2>& in, C* to, std::int64_t n) {
      run(in[0], in[1], to, n);
    });
  });
  return out;
}

Array apply_unary(const UnaryLoops& loops, ResultRule rule, const Array& input) {
  const DType common = rule == ResultRule::Floating ? float_type(input.dtype) : input.dtype;
  const DType dtype = rule == ResultRule::Boolean ? DType::Bool : common;
  const std::array<Array, 1> inputs{input};
  Array out = make_result(dtype, input.shape, inputs);
  with_compute_type(common, [&](auto tag) {
    using C = decltype(tag);
    const auto run = loop_of<C>(loops);
    if (run == nullptr) no_loop(common);
    apply_runs<C, 1>(inputs, out, [run](const std::array<const C*, 1>& in, C* to, std::int64_t n) {
      run(in[0], to, n);
    });
  });
  return out;
}

Array arithmetic(BinaryOperator op, const Operand& a, const Operand& b) {
  const std::array<Operand, 2> operands{a, b};
  if (op == BinaryOperator::Subtract && result_type(operands) == DType::Bool) {
    fail(ErrorKind::Input,
         "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
         "invert a mask, use the `~` or `logical_not()` operator instead.");
  }
  if (is_float8(result_type(operands))) no_loop(result_type(operands));
  if (op == BinaryOperator::Power) check_integer_power(a, b, result_type(operands));
  for (const ArithmeticRow& row : kArithmetic) {
    if (row.op == op) return apply_binary(row.loops, row.rule, a, b);
  }
  fail(ErrorKind::Internal, "an operator has no row");
}

Array comparison(CompareOperator op, const Operand& a, const Operand& b) {
  for (const ComparisonRow& row : kComparisons) {
    if (row.op == op) return apply_binary(row.loops, {ResultRule::Boolean, false}, a, b);
  }
  fail(ErrorKind::Input, "this comparison is not defined for tensors");
}

Array negative(const Array& input) {
  if (input.dtype == DType::Bool) {
    fail(ErrorKind::Input,
         "Negation, the `-` operator, on a bool tensor is not supported. If you "
         "are trying to invert a mask, use the `~` or `logical_not()` operator "
         "instead.");
  }
  struct Loop {
    static void f(const float* x, float* y, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) y[i] = -x[i];
    }
    static void d(const double* x, double* y, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) y[i] = -x[i];
    }
    static void k(const Int* x, Int* y, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) y[i] = Subtract::apply(Int{0}, x[i]);
    }
  };
  return apply_unary({Loop::f, Loop::d, Loop::k}, ResultRule::Promoted, input);
}

Array bitwise_not(const Array& input) {
  if (input.dtype == DType::Bool) {
    return comparison(CompareOperator::Equal, {input, false}, operand_of(Scalar::of(false)));
  }
  const auto loop_not = [](const Int* x, Int* y, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = ~x[i];
  };
  return apply_unary({nullptr, nullptr, loop_not}, ResultRule::Promoted, input);
}

Array where(const Array& condition, const Operand& a, const Operand& b) {
  const std::array<Operand, 2> operands{a, b};
  const DType common = result_type(operands);
  const Shape shape =
      broadcast_shapes(broadcast_shapes(a.array.shape, b.array.shape), condition.shape);
  const std::array<Array, 3> inputs{expand_to(condition, shape),
                                    expand_to(as_common(a, common, false), shape),
                                    expand_to(as_common(b, common, false), shape)};
  Array out = make_array(common, shape);
  with_compute_type(common, [&](auto tag) {
    using C = decltype(tag);
    apply_runs<C, 3>(inputs, out, [](const std::array<const C*, 3>& in, C* to, std::int64_t n) {
      for (std::int64_t i = 0; i < n; ++i) to[i] = in[0][i] != C{0} ? in[1][i] : in[2][i];
    });
  });
  return out;
}

}  // namespace fitest::pytorch
