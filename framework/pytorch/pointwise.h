// SPDX-License-Identifier: Apache-2.0
// Pointwise operators that other parts of the engine call by name.
#pragma once

#include "pytorch/ast.h"
#include "pytorch/promote.h"

namespace fitest::pytorch {

// Two inputs, as loops over the three compute types; null where the operator has none.
struct BinaryLoops {
  void (*single)(const float*, const float*, float*, std::int64_t);
  void (*both)(const double*, const double*, double*, std::int64_t);
  void (*integer)(const std::int64_t*, const std::int64_t*, std::int64_t*, std::int64_t);
};
struct UnaryLoops {
  void (*single)(const float*, float*, std::int64_t);
  void (*both)(const double*, double*, std::int64_t);
  void (*integer)(const std::int64_t*, std::int64_t*, std::int64_t);
};

// What the result's dtype is.
enum class ResultRule {
  Promoted,  // the inputs' common dtype
  Floating,  // the same, float32 for integers
  Boolean,   // bool, whatever the inputs
};

struct BinaryRule {
  ResultRule result = ResultRule::Promoted;
  // Numbers and 0-dimensional tensors keep float32 precision next to half tensors.
  bool precise_numbers = false;
};

Array apply_binary(const BinaryLoops& loops, BinaryRule rule, const Operand& a, const Operand& b);
Array apply_unary(const UnaryLoops& loops, ResultRule rule, const Array& input);

// a + b, a - b, a & b, … of tensors and numbers, one of which is a tensor.
Array arithmetic(BinaryOperator op, const Operand& a, const Operand& b);
Array comparison(CompareOperator op, const Operand& a, const Operand& b);
Array negative(const Array& input);
Array bitwise_not(const Array& input);
// `a` where the condition holds, else `b`.
Array where(const Array& condition, const Operand& a, const Operand& b);

}  // namespace fitest::pytorch
