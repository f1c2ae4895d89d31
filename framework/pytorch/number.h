// SPDX-License-Identifier: Apache-2.0
// Python's numbers: bool, int of any size and float, and the operators on them.
#pragma once

#include <cstdint>
#include <string_view>

#include "pytorch/big_integer.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

bool is_integer(const Value& value);  // bool or int
bool is_number(const Value& value);   // the same or float

// Of a bool or an int.
BigInteger big_of(const Value& value);
// Of a number; Error (Input) where an int is beyond a float's range.
double float_of(const Value& value);
// Of a bool or an int; Error (Input) naming `what` where it does not fit in 64 bits.
std::int64_t narrow_of(const Value& value, std::string_view what);
// Of a bool or an int: the nearest int64.
std::int64_t clamped_of(const Value& value);
// int(number); Error (Input) for NaN and infinities.
Value whole_of(double number);

// Both are numbers. Error (Input) as Python has it: division by zero, overflow of a float, an int
// of too many bits, operators that numbers lack.
Value number_operation(BinaryOperator op, const Value& left, const Value& right);
Value number_operation(UnaryOperator op, const Value& operand);
// Exact: -1, 0 or 1; 2 where they are unordered (NaN).
int compare_numbers(const Value& left, const Value& right);

std::string_view text_of_operator(BinaryOperator op);
[[noreturn]] void unsupported_operands(std::string_view op, const Value& left, const Value& right);

}  // namespace fitest::pytorch
