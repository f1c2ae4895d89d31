// SPDX-License-Identifier: Apache-2.0
// Python's operators on numbers, containers and tensors.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "pytorch/indexing.h"
#include "pytorch/interpreter.h"
#include "pytorch/linear_algebra.h"
#include "pytorch/number.h"
#include "pytorch/operator.h"
#include "pytorch/pointwise.h"

namespace fitest::pytorch {
namespace {

constexpr std::array<std::string_view, 10> kCompareText{"==", "!=", "<",      "<=", ">",
                                                        ">=", "is", "is not", "in", "not in"};

Value repeat(const Value& sequence, const Value& count) {
  const std::int64_t times =
      std::max<std::int64_t>(narrow_of(count, "the count of a repeated sequence"), 0);
  const std::size_t length =
      sequence.string() != nullptr ? sequence.string()->size() : sequence.sequence()->items.size();
  constexpr std::size_t kLongest = std::size_t{1} << 26;
  if (length > 0 && static_cast<std::size_t>(times) > kLongest / length) {
    fail(ErrorKind::Input, fmt::format("a sequence of {} × {} items is too long", length, times));
  }
  const bool is_text = sequence.string() != nullptr;
  const Charge charge(length * static_cast<std::size_t>(times) * (is_text ? 1 : sizeof(Value)));
  if (const std::string* text = sequence.string()) {
    std::string result;
    for (std::int64_t i = 0; i < times; ++i) result += *text;
    return make_string(std::move(result));
  }
  const Sequence* items = sequence.sequence();
  std::vector<Value> result;
  for (std::int64_t i = 0; i < times; ++i) {
    result.insert(result.end(), items->items.begin(), items->items.end());
  }
  return items->kind == Collection::List ? make_list(std::move(result))
                                         : make_tuple(std::move(result));
}

std::optional<Value> container_operation(BinaryOperator op, const Value& left, const Value& right) {
  const bool repeatable = left.string() != nullptr || left.sequence() != nullptr;
  if (op == BinaryOperator::Multiply && repeatable && is_integer(right)) return repeat(left, right);
  if (op == BinaryOperator::Multiply && is_integer(left) &&
      (right.string() != nullptr || right.sequence() != nullptr)) {
    return repeat(right, left);
  }
  if (op != BinaryOperator::Add) return std::nullopt;
  if (left.string() != nullptr && right.string() != nullptr) {
    return make_string(*left.string() + *right.string());
  }
  const Sequence* a = left.sequence();
  const Sequence* b = right.sequence();
  if (a == nullptr || b == nullptr || a->kind != b->kind) return std::nullopt;
  std::vector<Value> items = a->items;
  items.insert(items.end(), b->items.begin(), b->items.end());
  return a->kind == Collection::List ? make_list(std::move(items)) : make_tuple(std::move(items));
}

bool is_numeric(const Value& value) {
  if (is_integer(value)) narrow_of(value, "an integer next to a tensor");
  return value.array() != nullptr || is_number(value);
}

Value tensor_operation(BinaryOperator op, const Value& left, const Value& right) {
  if (op == BinaryOperator::MatMultiply) {
    if (left.array() == nullptr || right.array() == nullptr) {
      unsupported_operands("@", left, right);
    }
    return Value(matmul(*left.array(), *right.array()));
  }
  return Value(arithmetic(op, operand_of(left), operand_of(right)));
}

int order_of(const Value& left, const Value& right);

template <class T>
int three_way(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

int order_of_items(const std::vector<Value>& a, const std::vector<Value>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (!equals(a[i], b[i])) return order_of(a[i], b[i]);
  }
  return three_way(a.size(), b.size());
}

// -1, 0 or 1; 2 where they are unordered (NaN).
int order_of(const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) return compare_numbers(left, right);
  if (left.string() != nullptr && right.string() != nullptr) {
    return three_way(left.string()->compare(*right.string()), 0);
  }
  const Sequence* x = left.sequence();
  const Sequence* y = right.sequence();
  if (x != nullptr && y != nullptr && x->kind == y->kind) return order_of_items(x->items, y->items);
  unsupported_operands("comparison", left, right);
}

bool is_same(const Value& left, const Value& right) {
  if (left.held.index() != right.held.index()) return false;
  if (left.array() != nullptr) return left.array() == right.array();
  if (left.sequence() != nullptr) return left.sequence() == right.sequence();
  if (left.dictionary() != nullptr) return left.dictionary() == right.dictionary();
  return equals(left, right);
}

bool contains(const Value& container, const Value& item) {
  if (const Dictionary* items = container.dictionary()) return items->find(item) != nullptr;
  if (const std::string* text = container.string()) {
    if (item.string() == nullptr) unsupported_operands("in", item, container);
    return text->find(*item.string()) != std::string::npos;
  }
  if (const Array* array = container.array()) {
    const Array hits = comparison(CompareOperator::Equal, Operand{*array, false}, operand_of(item));
    return nonzero(hits).shape[0] > 0;
  }
  if (const auto* range = container.as<Range>()) {
    const auto scalar = scalar_of(item);
    const std::int64_t length = range->length();
    if (!scalar || length == 0 || compare_numbers(item, make_integer(scalar->integer)) != 0) {
      return false;
    }
    const std::int64_t last = range->start + (length - 1) * range->step;
    const bool inside = scalar->integer >= std::min(range->start, last) &&
                        scalar->integer <= std::max(range->start, last);
    const auto distance = BigInteger(scalar->integer) - BigInteger(range->start);
    return inside && BigInteger::divide(distance, BigInteger(range->step)).rest.is_zero();
  }
  bool found = false;
  for_each_item(container, [&](const Value& other) {
    found = is_same(item, other) || is_true(compare_operation(CompareOperator::Equal, item, other));
    return !found;
  });
  return found;
}

// Of a slice; nullopt for None.
std::optional<std::int64_t> bound_of(const Value& value) {
  if (value.is_none()) return std::nullopt;
  const Array* array = value.array();
  const Value plain = array != nullptr && array->count() == 1 ? element_at(*array, 0) : value;
  if (!is_integer(plain)) fail(ErrorKind::Input, "slice indices must be integers or None");
  return clamped_of(plain);
}

// Positions of a sequence that a slice selects.
std::vector<std::size_t> slice_positions(const SliceValue& slice, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t step = bound_of(slice.step).value_or(1);
  if (step == 0) fail(ErrorKind::Input, "slice step cannot be zero");
  const std::int64_t lowest = step > 0 ? 0 : -1;
  const std::int64_t highest = step > 0 ? length : length - 1;
  const auto end_of = [&](const Value& value, std::int64_t otherwise) {
    const std::optional<std::int64_t> at = bound_of(value);
    if (!at) return otherwise;
    return std::clamp<std::int64_t>(*at < 0 ? *at + length : *at, lowest, highest);
  };
  const std::int64_t start = end_of(slice.start, step > 0 ? lowest : highest);
  const std::int64_t stop = end_of(slice.stop, step > 0 ? highest : lowest);
  std::vector<std::size_t> positions;
  const std::int64_t count = Range{start, stop, step}.length();
  for (std::int64_t i = 0; i < count; ++i) {
    positions.push_back(static_cast<std::size_t>(start + i * step));
  }
  return positions;
}

std::size_t position_of(const Value& index, std::size_t size) {
  const Value plain = index.array() != nullptr && index.array()->count() == 1
                          ? element_at(*index.array(), 0)
                          : index;
  if (!is_integer(plain)) {
    fail(ErrorKind::Input,
         fmt::format("indices must be integers or slices, not {}", type_name(index)));
  }
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t given = clamped_of(plain);
  const std::int64_t at = given < 0 ? given + length : given;
  if (at < 0 || at >= length) {
    fail(ErrorKind::Input,
         fmt::format("index {} is out of range for {} items", text_of(plain), size));
  }
  return static_cast<std::size_t>(at);
}

Value sequence_item(const Sequence& items, const Value& index) {
  const auto* slice = index.as<std::shared_ptr<const SliceValue>>();
  if (slice == nullptr) return items.items[position_of(index, items.items.size())];
  std::vector<Value> part;
  for (std::size_t at : slice_positions(**slice, items.items.size())) {
    part.push_back(items.items[at]);
  }
  if (items.kind == Collection::List) return make_list(std::move(part));
  Value result = make_tuple(std::move(part));
  result.sequence()->is_size = items.is_size;
  return result;
}

Value string_item(const std::string& text, const Value& index) {
  std::string part;
  if (const auto* slice = index.as<std::shared_ptr<const SliceValue>>()) {
    for (std::size_t at : slice_positions(**slice, text.size())) part += text[at];
  } else {
    part = text[position_of(index, text.size())];
  }
  return make_string(std::move(part));
}

}  // namespace

Value unary_operation(UnaryOperator op, const Value& operand) {
  if (op == UnaryOperator::Not) return make_bool(!is_true(operand));
  if (const Array* array = operand.array()) {
    if (op == UnaryOperator::Negative) return Value(negative(*array));
    return op == UnaryOperator::Invert ? Value(bitwise_not(*array)) : operand;
  }
  return number_operation(op, operand);
}

Value binary_operation(BinaryOperator op, const Value& left, const Value& right) {
  if (left.array() != nullptr || right.array() != nullptr) {
    if (is_numeric(left) && is_numeric(right)) return tensor_operation(op, left, right);
    unsupported_operands(text_of_operator(op), left, right);
  }
  if (is_number(left) && is_number(right)) return number_operation(op, left, right);
  if (op == BinaryOperator::Modulo && left.string() != nullptr) {
    fail(ErrorKind::Unsupported, "'%' formatting is not supported; use an f-string");
  }
  if (const auto result = container_operation(op, left, right)) return *result;
  unsupported_operands(text_of_operator(op), left, right);
}

Value augmented_operation(BinaryOperator op, const Value& left, const Value& right) {
  if (left.array() != nullptr && op != BinaryOperator::MatMultiply) {
    const Value result = binary_operation(op, left, right);
    write_in_place(*left.array(), *result.array(), text_of_operator(op));
    return left;
  }
  Sequence* items = left.sequence();
  if (op == BinaryOperator::Add && items != nullptr && items->kind == Collection::List) {
    for (Value& item : items_of(right)) items->append(std::move(item));
    return left;
  }
  return binary_operation(op, left, right);
}

Value compare_operation(CompareOperator op, const Value& left, const Value& right) {
  switch (op) {
    case CompareOperator::Is:
      return make_bool(is_same(left, right));
    case CompareOperator::IsNot:
      return make_bool(!is_same(left, right));
    case CompareOperator::In:
      return make_bool(contains(right, left));
    case CompareOperator::NotIn:
      return make_bool(!contains(right, left));
    default:
      break;
  }
  const bool equality = op == CompareOperator::Equal || op == CompareOperator::NotEqual;
  if (left.array() != nullptr || right.array() != nullptr) {
    if (is_numeric(left) && is_numeric(right)) {
      return Value(comparison(op, operand_of(left), operand_of(right)));
    }
    if (!equality) {
      unsupported_operands(kCompareText[static_cast<std::size_t>(op)], left, right);
    }
    return make_bool(op == CompareOperator::NotEqual);
  }
  if (equality) return make_bool(equals(left, right) == (op == CompareOperator::Equal));
  const int order = order_of(left, right);
  switch (op) {
    case CompareOperator::Less:
      return make_bool(order == -1);
    case CompareOperator::LessEqual:
      return make_bool(order == -1 || order == 0);
    case CompareOperator::Greater:
      return make_bool(order == 1);
    default:
      return make_bool(order == 1 || order == 0);
  }
}

Value get_item(const Value& object, const Value& index) {
  if (const Array* array = object.array()) return Value(index_get(*array, index));
  if (const Sequence* items = object.sequence()) return sequence_item(*items, index);
  if (const Dictionary* items = object.dictionary(); items && items->kind == Collection::Dict) {
    if (const Value* found = items->find(index)) return *found;
    fail(ErrorKind::Input, fmt::format("KeyError: {}", repr_of(index)));
  }
  if (const std::string* text = object.string()) return string_item(*text, index);
  if (const auto* range = object.as<Range>()) {
    const auto at = position_of(index, static_cast<std::size_t>(range->length()));
    return make_integer(range->start + static_cast<std::int64_t>(at) * range->step);
  }
  // Annotations such as list[int] evaluate to the type.
  if (object.is<const TypeInfo*>()) return object;
  fail(ErrorKind::Input, fmt::format("'{}' object is not subscriptable", type_name(object)));
}

void set_item(const Value& object, const Value& index, const Value& value) {
  if (const Array* array = object.array()) return index_set(*array, index, value);
  Sequence* items = object.sequence();
  if (items != nullptr && items->kind == Collection::List) {
    if (index.is<std::shared_ptr<const SliceValue>>()) {
      fail(ErrorKind::Unsupported, "assigning to a slice of a list is not supported");
    }
    items->items[position_of(index, items->items.size())] = value;
    return;
  }
  Dictionary* dict = object.dictionary();
  if (dict != nullptr && dict->kind == Collection::Dict) return dict->insert(index, value);
  fail(ErrorKind::Input,
       fmt::format("'{}' object does not support item assignment", type_name(object)));
}

void delete_item(const Value& object, const Value& index) {
  Sequence* items = object.sequence();
  if (items != nullptr && items->kind == Collection::List) {
    const auto at = static_cast<std::ptrdiff_t>(position_of(index, items->items.size()));
    items->items.erase(items->items.begin() + at);
    return;
  }
  Dictionary* dict = object.dictionary();
  if (dict != nullptr && dict->erase(index)) return;
  fail(ErrorKind::Input,
       fmt::format("cannot delete {} of this {}", repr_of(index), type_name(object)));
}

}  // namespace fitest::pytorch
