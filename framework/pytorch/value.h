// SPDX-License-Identifier: Apache-2.0
// The values that a reference computes with.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "pytorch/array.h"
#include "pytorch/ast.h"

namespace fitest::pytorch {

class BigInteger;
class Interpreter;
struct Environment;
struct Value;
struct OverloadSet;  // operators of one name (operator.h)

struct None {};
struct Ellipsis {};
struct Device {
  std::string text = "cpu";
};
struct Range {
  std::int64_t start = 0;
  std::int64_t stop = 0;
  std::int64_t step = 1;
  std::int64_t length() const;
};

// Values of positional and keyword arguments of one call.
struct Arguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keywords;
};

struct Sequence;
struct Dictionary;
struct SliceValue;
struct Function;
struct Builtin;
struct BoundOperator;
struct ModuleInfo;
struct TypeInfo;
struct NumericLimits;

using ArrayPtr = std::shared_ptr<Array>;
using BigIntegerPtr = std::shared_ptr<const BigInteger>;
using StringPtr = std::shared_ptr<const std::string>;

// `Sequence` is a list or a tuple, `Dictionary` a dict or a set. An int is an int64 where it fits,
// else a BigInteger.
struct Value {
  using Variant =
      std::variant<None, bool, std::int64_t, BigIntegerPtr, double, StringPtr, ArrayPtr, DType,
                   Device, Ellipsis, Range, std::shared_ptr<Sequence>, std::shared_ptr<Dictionary>,
                   std::shared_ptr<const SliceValue>, std::shared_ptr<const Function>,
                   std::shared_ptr<const Builtin>, std::shared_ptr<const BoundOperator>,
                   const ModuleInfo*, const TypeInfo*, std::shared_ptr<const NumericLimits>>;
  Variant held;

  Value() = default;
  Value(Variant value) : held(std::move(value)) {}                         // NOLINT
  Value(Array array) : held(std::make_shared<Array>(std::move(array))) {}  // NOLINT

  template <class T>
  const T* as() const {
    return std::get_if<T>(&held);
  }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(held);
  }
  bool is_none() const { return is<None>(); }
  const Array* array() const {
    const auto* held_array = as<ArrayPtr>();
    return held_array != nullptr ? held_array->get() : nullptr;
  }
  const std::string* string() const {
    const auto* text = as<StringPtr>();
    return text != nullptr ? text->get() : nullptr;
  }
  Sequence* sequence() const {
    const auto* items = as<std::shared_ptr<Sequence>>();
    return items != nullptr ? items->get() : nullptr;
  }
  Dictionary* dictionary() const {
    const auto* items = as<std::shared_ptr<Dictionary>>();
    return items != nullptr ? items->get() : nullptr;
  }
};

// Holds the memory of a container against the budget, and takes nested containers apart without
// recursion when the last one goes.
struct Sequence {
  Collection kind = Collection::List;  // List or Tuple
  std::vector<Value> items;
  // Field names of the pairs that topk, sort, max … return.
  const std::vector<std::string_view>* fields = nullptr;
  bool is_size = false;  // torch.Size
  Charge charge;

  Sequence(Collection collection, std::vector<Value> values);
  ~Sequence();
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;
  void append(Value value);
};

// Insertion order, as in Python. Keys are hashable values; a set has no values.
struct Dictionary {
  Collection kind = Collection::Dict;  // Dict or Set
  std::vector<std::pair<Value, Value>> items;
  Charge charge;

  explicit Dictionary(Collection collection) : kind(collection) {}
  ~Dictionary();
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  const Value* find(const Value& key) const;
  void insert(const Value& key, Value value);
  bool erase(const Value& key);

 private:
  std::unordered_map<std::string, std::size_t> index_;
};

struct SliceValue {
  Value start;
  Value stop;
  Value step;
};

struct Function {
  std::shared_ptr<const FunctionNode> node;
  SourcePtr source;
  std::shared_ptr<Environment> closure;
  std::vector<Value> defaults;  // one per parameter, None where it has none
};

// A function of Python, of `math` or a method of a container, written in C++.
struct Builtin {
  std::string name;
  std::function<Value(Interpreter&, Arguments&)> call;
};

// torch.softmax, or x.softmax with its self.
struct BoundOperator {
  const OverloadSet* overloads;
  Value self;  // None for a function
  bool in_place = false;
};

struct TypeInfo {
  std::string_view name;
  bool (*matches)(const Value& value);
  Value (*construct)(Interpreter&, Arguments&);  // null where it cannot be called
};

struct NumericLimits {
  std::string_view type;  // "finfo" or "iinfo"
  DType dtype;
};

Value make_string(std::string text);
Value make_list(std::vector<Value> items);
Value make_tuple(std::vector<Value> items);
Value make_named_tuple(std::vector<Value> items, const std::vector<std::string_view>& fields);
Value make_size(const Shape& shape);
Value make_integer(std::int64_t value);
Value make_integer(BigInteger value);
Value make_bool(bool value);
Value make_float(double value);

// "int", "Tensor", …
std::string type_name(const Value& value);
// str(value) and repr(value).
std::string text_of(const Value& value);
std::string repr_of(const Value& value);
std::string float_text(double value);
// Error (Input) for a tensor with other than one element.
bool is_true(const Value& value);
// Python's ==, for everything but tensors.
bool equals(const Value& a, const Value& b);
// Elements of a list, tuple, range, dict, set, string or tensor.
std::vector<Value> items_of(const Value& value);
// Calls body for each element until it returns false; a range is not spelt out.
void for_each_item(const Value& value, const std::function<bool(Value)>& body);

}  // namespace fitest::pytorch
