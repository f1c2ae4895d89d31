// SPDX-License-Identifier: Apache-2.0
// Python's built-in functions and types.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"
#include "pytorch/number.h"
#include "pytorch/operator.h"
#include "pytorch/types.h"

namespace fitest::pytorch {
namespace {

using Items = std::vector<Value>;

void expect_count(std::string_view name, const Arguments& arguments, std::size_t least,
                  std::size_t most) {
  const std::size_t given = arguments.positional.size();
  if (given >= least && given <= most) return;
  fail(ErrorKind::Input,
       fmt::format("{}() takes {} argument{}, not {}", name,
                   least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most),
                   most == 1 ? "" : "s", given));
}

const Value* keyword(const Arguments& arguments, std::string_view name) {
  for (const auto& [other, value] : arguments.keywords) {
    if (other == name) return &value;
  }
  return nullptr;
}

std::int64_t integer_of(const Value& value, std::string_view what) {
  const Array* array = value.array();
  const Value plain = array != nullptr && array->count() == 1 ? element_at(*array, 0) : value;
  if (!is_integer(plain)) {
    fail(ErrorKind::Input, fmt::format("{} must be an integer, not {}", what, type_name(value)));
  }
  return narrow_of(plain, what);
}

Value print_values(Interpreter& interpreter, Arguments& arguments) {
  const Value* separator = keyword(arguments, "sep");
  std::string text;
  for (std::size_t i = 0; i < arguments.positional.size(); ++i) {
    if (i > 0) text += separator != nullptr ? text_of(*separator) : " ";
    text += text_of(arguments.positional[i]);
  }
  const Value* end = keyword(arguments, "end");
  interpreter.print(text + (end != nullptr ? text_of(*end) : "\n"));
  return {};
}

std::int64_t length_of(const Value& value) {
  if (const std::string* text = value.string()) return static_cast<std::int64_t>(text->size());
  if (const Sequence* items = value.sequence()) {
    return static_cast<std::int64_t>(items->items.size());
  }
  if (const Dictionary* items = value.dictionary()) {
    return static_cast<std::int64_t>(items->items.size());
  }
  if (const auto* range = value.as<Range>()) return range->length();
  if (const Array* array = value.array()) {
    if (array->dim() == 0) fail(ErrorKind::Input, "len() of a 0-d tensor");
    return array->shape[0];
  }
  fail(ErrorKind::Input, fmt::format("object of type '{}' has no len()", type_name(value)));
}

Value make_length(Interpreter&, Arguments& arguments) {
  expect_count("len", arguments, 1, 1);
  return make_integer(length_of(arguments.positional[0]));
}

Value make_range(Interpreter&, Arguments& arguments) {
  expect_count("range", arguments, 1, 3);
  Range range;
  const auto at = [&](std::size_t i) {
    return integer_of(arguments.positional[i], "an argument of range()");
  };
  if (arguments.positional.size() == 1) {
    range.stop = at(0);
  } else {
    range.start = at(0);
    range.stop = at(1);
  }
  if (arguments.positional.size() == 3) range.step = at(2);
  if (range.step == 0) fail(ErrorKind::Input, "range() step must not be zero");
  return Value(Value::Variant(range));
}

Value absolute(Interpreter& interpreter, Arguments& arguments) {
  expect_count("abs", arguments, 1, 1);
  const Value& value = arguments.positional[0];
  if (value.array() != nullptr) {
    return interpreter.call(attribute_of(value, "abs"), *std::make_unique<Arguments>());
  }
  if (!is_number(value)) {
    fail(ErrorKind::Input, fmt::format("bad operand type for abs(): '{}'", type_name(value)));
  }
  if (const auto* number = value.as<double>()) return make_float(std::abs(*number));
  const bool negative = compare_numbers(value, make_integer(0)) < 0;
  return number_operation(negative ? UnaryOperator::Negative : UnaryOperator::Positive, value);
}

Value apply_key(Interpreter& interpreter, const Value* key, const Value& item) {
  if (key == nullptr || key->is_none()) return item;
  Arguments arguments{{item}, {}};
  return interpreter.call(*key, arguments);
}

Value extreme(Interpreter& interpreter, Arguments& arguments, CompareOperator better) {
  const std::string_view name = better == CompareOperator::Less ? "min" : "max";
  expect_count(name, arguments, 1, 1000000);
  const Items items =
      arguments.positional.size() == 1 ? items_of(arguments.positional[0]) : arguments.positional;
  const Value* key = keyword(arguments, "key");
  if (items.empty()) {
    if (const Value* otherwise = keyword(arguments, "default")) return *otherwise;
    fail(ErrorKind::Input, fmt::format("{}() of an empty sequence", name));
  }
  Value best = items[0];
  Value best_key = apply_key(interpreter, key, best);
  for (std::size_t i = 1; i < items.size(); ++i) {
    Value other_key = apply_key(interpreter, key, items[i]);
    if (!is_true(compare_operation(better, other_key, best_key))) continue;
    best = items[i];
    best_key = std::move(other_key);
  }
  return best;
}

Value minimum(Interpreter& interpreter, Arguments& arguments) {
  return extreme(interpreter, arguments, CompareOperator::Less);
}

Value maximum(Interpreter& interpreter, Arguments& arguments) {
  return extreme(interpreter, arguments, CompareOperator::Greater);
}

Value sum_items(Interpreter&, Arguments& arguments) {
  expect_count("sum", arguments, 1, 2);
  Value total = arguments.positional.size() == 2 ? arguments.positional[1] : make_integer(0);
  if (const Value* start = keyword(arguments, "start")) total = *start;
  for_each_item(arguments.positional[0], [&](const Value& item) {
    total = binary_operation(BinaryOperator::Add, total, item);
    return true;
  });
  return total;
}

Value enumerate(Interpreter&, Arguments& arguments) {
  expect_count("enumerate", arguments, 1, 2);
  std::int64_t number = 0;
  if (arguments.positional.size() == 2) number = integer_of(arguments.positional[1], "start");
  if (const Value* start = keyword(arguments, "start")) number = integer_of(*start, "start");
  Items pairs;
  for (Value& item : items_of(arguments.positional[0])) {
    pairs.push_back(make_tuple({make_integer(number++), std::move(item)}));
  }
  return make_list(std::move(pairs));
}

Value zip(Interpreter&, Arguments& arguments) {
  std::vector<Items> columns;
  std::size_t length = arguments.positional.empty() ? 0 : SIZE_MAX;
  for (const Value& value : arguments.positional) {
    columns.push_back(items_of(value));
    length = std::min(length, columns.back().size());
  }
  Items rows;
  for (std::size_t i = 0; i < length; ++i) {
    Items row;
    for (const Items& column : columns) row.push_back(column[i]);
    rows.push_back(make_tuple(std::move(row)));
  }
  return make_list(std::move(rows));
}

Value map_items(Interpreter& interpreter, Arguments& arguments) {
  expect_count("map", arguments, 2, 2);
  Items results;
  for (Value& item : items_of(arguments.positional[1])) {
    Arguments one{{std::move(item)}, {}};
    results.push_back(interpreter.call(arguments.positional[0], one));
  }
  return make_list(std::move(results));
}

Value filter_items(Interpreter& interpreter, Arguments& arguments) {
  expect_count("filter", arguments, 2, 2);
  Items results;
  for (Value& item : items_of(arguments.positional[1])) {
    if (is_true(apply_key(interpreter, &arguments.positional[0], item))) {
      results.push_back(std::move(item));
    }
  }
  return make_list(std::move(results));
}

Value sorted(Interpreter& interpreter, Arguments& arguments) {
  expect_count("sorted", arguments, 1, 1);
  const Value* key = keyword(arguments, "key");
  const Value* reverse = keyword(arguments, "reverse");
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& item : items_of(arguments.positional[0])) {
    Value sort_key = apply_key(interpreter, key, item);
    keyed.emplace_back(std::move(sort_key), std::move(item));
  }
  const auto before = [](const auto& a, const auto& b) {
    return is_true(compare_operation(CompareOperator::Less, a.first, b.first));
  };
  // An inconsistent order (NaN) must not lead std::sort astray: merging needs none.
  if (reverse != nullptr && is_true(*reverse)) std::reverse(keyed.begin(), keyed.end());
  std::stable_sort(keyed.begin(), keyed.end(), before);
  if (reverse != nullptr && is_true(*reverse)) std::reverse(keyed.begin(), keyed.end());
  Items items;
  for (auto& [sort_key, item] : keyed) items.push_back(std::move(item));
  return make_list(std::move(items));
}

Value reversed(Interpreter&, Arguments& arguments) {
  expect_count("reversed", arguments, 1, 1);
  Items items = items_of(arguments.positional[0]);
  std::reverse(items.begin(), items.end());
  return make_list(std::move(items));
}

Value any_item(Interpreter&, Arguments& arguments) {
  expect_count("any", arguments, 1, 1);
  bool found = false;
  for_each_item(arguments.positional[0], [&](const Value& item) {
    found = is_true(item);
    return !found;
  });
  return make_bool(found);
}

Value all_items(Interpreter&, Arguments& arguments) {
  expect_count("all", arguments, 1, 1);
  bool every = true;
  for_each_item(arguments.positional[0], [&](const Value& item) {
    every = is_true(item);
    return every;
  });
  return make_bool(every);
}

Value is_instance(Interpreter&, Arguments& arguments) {
  expect_count("isinstance", arguments, 2, 2);
  const Value& types = arguments.positional[1];
  const Items candidates = types.sequence() != nullptr ? types.sequence()->items : Items{types};
  for (const Value& candidate : candidates) {
    const auto* type = candidate.as<const TypeInfo*>();
    if (type == nullptr) fail(ErrorKind::Input, "isinstance() arg 2 must be a type or a tuple");
    if ((*type)->matches(arguments.positional[0])) return make_bool(true);
  }
  return make_bool(false);
}

// Half to even at the digit 10^-digits.
Value round_integer(const Value& value, std::int64_t digits) {
  Value plain = number_operation(UnaryOperator::Positive, value);
  if (digits >= 0) return plain;
  constexpr std::int64_t kMostDigits = 5000;  // no integer has more
  const BigInteger unit = BigInteger::power(
      BigInteger(10),
      static_cast<std::uint64_t>(std::min(kMostDigits, -std::max(digits, -kMostDigits))));
  BigInteger::Division parts = BigInteger::divide(big_of(value), unit);
  const int side = BigInteger::compare(parts.rest + parts.rest, unit);
  const bool up = side > 0 || (side == 0 && parts.quotient.is_odd());
  return make_integer((up ? parts.quotient + BigInteger(1) : parts.quotient) * unit);
}

// Correctly rounded, as CPython goes by the shortest text with so many digits.
double round_decimal(double number, std::int64_t digits) {
  if (!std::isfinite(number) || digits > 323) return number;
  if (digits < -308) return std::copysign(0.0, number);
  if (digits >= 0) {
    return std::strtod(fmt::format("{:.{}f}", number, digits).c_str(), nullptr);
  }
  const double unit = std::pow(10.0, static_cast<double>(-digits));
  return std::nearbyint(number / unit) * unit;
}

Value round_number(Interpreter& interpreter, Arguments& arguments) {
  expect_count("round", arguments, 1, 2);
  const Value& value = arguments.positional[0];
  if (value.array() != nullptr) {
    Arguments none;
    return interpreter.call(attribute_of(value, "round"), none);
  }
  if (!is_number(value)) fail(ErrorKind::Input, "round() takes a number");
  const bool has_digits = arguments.positional.size() == 2 && !arguments.positional[1].is_none();
  const std::int64_t digits =
      has_digits ? integer_of(arguments.positional[1], "the digits of round()") : 0;
  if (is_integer(value)) return round_integer(value, digits);
  const double number = *value.as<double>();
  if (!has_digits) return whole_of(std::nearbyint(number));
  return make_float(round_decimal(number, digits));
}

Value divide_with_rest(Interpreter&, Arguments& arguments) {
  expect_count("divmod", arguments, 2, 2);
  const Value& a = arguments.positional[0];
  const Value& b = arguments.positional[1];
  return make_tuple({binary_operation(BinaryOperator::FloorDivide, a, b),
                     binary_operation(BinaryOperator::Modulo, a, b)});
}

Value modular_power(const Items& given) {
  if (!std::all_of(given.begin(), given.end(), is_integer)) {
    fail(ErrorKind::Input, "pow() 3rd argument not allowed unless all arguments are integers");
  }
  const BigInteger exponent = big_of(given[1]);
  const BigInteger modulus = big_of(given[2]);
  if (modulus.is_zero()) fail(ErrorKind::Input, "ValueError: pow() 3rd argument cannot be 0");
  if (exponent.is_negative()) {
    fail(ErrorKind::Unsupported, "pow() with a modulus takes no negative exponent");
  }
  return make_integer(BigInteger::power(big_of(given[0]), exponent, modulus));
}

Value power(Interpreter&, Arguments& arguments) {
  expect_count("pow", arguments, 2, 3);
  if (arguments.positional.size() == 3) return modular_power(arguments.positional);
  return binary_operation(BinaryOperator::Power, arguments.positional[0], arguments.positional[1]);
}

Value representation(Interpreter&, Arguments& arguments) {
  expect_count("repr", arguments, 1, 1);
  return make_string(repr_of(arguments.positional[0]));
}

Value type_of(Interpreter&, Arguments& arguments) {
  expect_count("type", arguments, 1, 1);
  return type_value_of(arguments.positional[0]);
}

Value make_slice(Interpreter&, Arguments& arguments) {
  expect_count("slice", arguments, 1, 3);
  auto slice = std::make_shared<SliceValue>();
  const Items& given = arguments.positional;
  if (given.size() == 1) {
    slice->stop = given[0];
  } else {
    slice->start = given[0];
    slice->stop = given[1];
    if (given.size() == 3) slice->step = given[2];
  }
  return Value(Value::Variant(std::shared_ptr<const SliceValue>(std::move(slice))));
}

Value has_attribute(Interpreter&, Arguments& arguments) {
  expect_count("hasattr", arguments, 2, 2);
  if (arguments.positional[1].string() == nullptr) {
    fail(ErrorKind::Input, "hasattr(): attribute name must be string");
  }
  try {
    attribute_of(arguments.positional[0], *arguments.positional[1].string());
    return make_bool(true);
  } catch (const Error&) {
    return make_bool(false);
  }
}

struct FunctionRow {
  const char* name;
  Value (*call)(Interpreter&, Arguments&);
};

constexpr FunctionRow kFunctions[] = {
    {"print", print_values},
    {"len", make_length},
    {"range", make_range},
    {"abs", absolute},
    {"min", minimum},
    {"max", maximum},
    {"sum", sum_items},
    {"enumerate", enumerate},
    {"zip", zip},
    {"map", map_items},
    {"filter", filter_items},
    {"sorted", sorted},
    {"reversed", reversed},
    {"any", any_item},
    {"all", all_items},
    {"isinstance", is_instance},
    {"round", round_number},
    {"divmod", divide_with_rest},
    {"pow", power},
    {"repr", representation},
    {"type", type_of},
    {"slice", make_slice},
    {"hasattr", has_attribute},
};

// Exceptions are only raised, never caught: an exception is its text.
constexpr const char* kExceptions[] = {"Exception",  "ValueError",     "RuntimeError",
                                       "TypeError",  "AssertionError", "NotImplementedError",
                                       "IndexError", "KeyError"};

Value make_exception(const std::string& name, const Arguments& arguments) {
  return make_string(arguments.positional.empty() ? name
                                                  : name + ": " + text_of(arguments.positional[0]));
}

std::map<std::string, Value> make_table() {
  std::map<std::string, Value> table;
  for (const FunctionRow& row : kFunctions) {
    table[row.name] =
        Value(Value::Variant(std::make_shared<const Builtin>(Builtin{row.name, row.call})));
  }
  for (const char* name : kExceptions) {
    const auto call = [name = std::string(name)](Interpreter&, Arguments& arguments) {
      return make_exception(name, arguments);
    };
    table[name] = Value(Value::Variant(std::make_shared<const Builtin>(Builtin{name, call})));
  }
  for (const TypeInfo& type : python_types()) {
    table[std::string(type.name)] = Value(Value::Variant(&type));
  }
  table["Ellipsis"] = Value(Value::Variant(Ellipsis{}));
  table["__name__"] = make_string("reference");
  return table;
}

const std::map<std::string, Value>& table() {
  static const std::map<std::string, Value> instance = make_table();
  return instance;
}

}  // namespace

const Value* find_builtin(const std::string& name) {
  const auto found = table().find(name);
  return found == table().end() ? nullptr : &found->second;
}

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  for (const auto& [name, value] : table()) names.push_back(name);
  return names;
}

}  // namespace fitest::pytorch
