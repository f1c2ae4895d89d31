// SPDX-License-Identifier: Apache-2.0
#include "pytorch/value.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "pytorch/element.h"
#include "pytorch/number.h"

namespace fitest::pytorch {
namespace {

constexpr std::size_t kItemBytes = sizeof(Value) + 16;
constexpr int kMaxNesting = 50;

// Containers whose elements are still to be destroyed, innermost thread of destruction only.
class Undertaker {
 public:
  void take(Value value) {
    if (!value.sequence() && !value.dictionary()) return;
    pending_.push_back(std::move(value));
  }
  void drain() {
    if (draining_) return;
    draining_ = true;
    while (!pending_.empty()) {
      const Value last = std::move(pending_.back());
      pending_.pop_back();
    }
    draining_ = false;
  }

 private:
  std::vector<Value> pending_;
  bool draining_ = false;
};

Undertaker& undertaker() {
  thread_local Undertaker instance;
  return instance;
}

// Text that is equal for equal keys: 1, 1.0 and True are one key in Python.
std::string key_of(const Value& value, int depth = 0) {
  if (value.is_none()) return "n";
  if (is_integer(value)) return "i" + big_of(value).text(16);
  if (const auto* number = value.as<double>()) {
    if (!std::isfinite(*number) || *number != std::trunc(*number)) {
      return fmt::format("f{}", *number);
    }
    return "i" + BigInteger::of(*number).text(16);
  }
  if (const std::string* text = value.string()) return "s" + *text;
  if (const auto* dtype = value.as<DType>()) return fmt::format("d{}", static_cast<int>(*dtype));
  const Sequence* items = value.sequence();
  if (items != nullptr && items->kind == Collection::Tuple && depth < kMaxNesting) {
    std::string key = "(";
    for (const Value& item : items->items) {
      const std::string part = key_of(item, depth + 1);
      key += fmt::format("{}:{}", part.size(), part);
    }
    return key + ")";
  }
  fail(ErrorKind::Input, fmt::format("unhashable type: '{}'", type_name(value)));
}

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b, int depth);

bool equal_dictionaries(const Dictionary& a, const Dictionary& b, int depth);

bool equals_at(const Value& a, const Value& b, int depth) {
  if (depth > kMaxNesting) fail(ErrorKind::Input, "the values are nested too deeply to compare");
  if (is_number(a) && is_number(b)) return compare_numbers(a, b) == 0;
  if (a.held.index() != b.held.index()) return false;
  if (a.is_none() || a.is<Ellipsis>()) return true;
  if (a.string() != nullptr) return *a.string() == *b.string();
  if (const auto* dtype = a.as<DType>()) return *dtype == *b.as<DType>();
  if (const auto* device = a.as<Device>()) return device->text == b.as<Device>()->text;
  if (const Sequence* x = a.sequence()) {
    const Sequence* y = b.sequence();
    return x->kind == y->kind && equal_items(x->items, y->items, depth);
  }
  if (a.dictionary() != nullptr) return equal_dictionaries(*a.dictionary(), *b.dictionary(), depth);
  if (const auto* range = a.as<Range>()) {
    const auto* other = b.as<Range>();
    return range->start == other->start && range->stop == other->stop && range->step == other->step;
  }
  if (const auto* module = a.as<const ModuleInfo*>()) return *module == *b.as<const ModuleInfo*>();
  if (const auto* type = a.as<const TypeInfo*>()) return *type == *b.as<const TypeInfo*>();
  return false;
}

bool equal_dictionaries(const Dictionary& a, const Dictionary& b, int depth) {
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  for (const auto& [key, value] : a.items) {
    const Value* other = b.find(key);
    if (other == nullptr || !equals_at(value, *other, depth + 1)) return false;
  }
  return true;
}

bool equal_items(const std::vector<Value>& a, const std::vector<Value>& b, int depth) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equals_at(a[i], b[i], depth + 1)) return false;
  }
  return true;
}

}  // namespace

std::int64_t Range::length() const {
  const auto distance = static_cast<unsigned long long>(step > 0 ? stop : start) -
                        static_cast<unsigned long long>(step > 0 ? start : stop);
  if (step > 0 ? start >= stop : start <= stop) return 0;
  const auto width =
      step > 0 ? static_cast<unsigned long long>(step) : -static_cast<unsigned long long>(step);
  return static_cast<std::int64_t>((distance - 1) / width + 1);
}

Sequence::Sequence(Collection collection, std::vector<Value> values)
    : kind(collection), items(std::move(values)), charge(64 + items.size() * kItemBytes) {}

Sequence::~Sequence() {
  for (Value& item : items) undertaker().take(std::move(item));
  undertaker().drain();
}

void Sequence::append(Value value) {
  charge.add(kItemBytes);
  items.push_back(std::move(value));
}

Dictionary::~Dictionary() {
  for (auto& [key, value] : items) {
    undertaker().take(std::move(key));
    undertaker().take(std::move(value));
  }
  undertaker().drain();
}

const Value* Dictionary::find(const Value& key) const {
  const auto found = index_.find(key_of(key));
  return found == index_.end() ? nullptr : &items[found->second].second;
}

void Dictionary::insert(const Value& key, Value value) {
  const std::string text = key_of(key);
  if (const auto found = index_.find(text); found != index_.end()) {
    items[found->second].second = std::move(value);
    return;
  }
  charge.add(4 * kItemBytes + text.size());
  index_.emplace(text, items.size());
  items.emplace_back(key, std::move(value));
}

bool Dictionary::erase(const Value& key) {
  const auto found = index_.find(key_of(key));
  if (found == index_.end()) return false;
  const std::size_t position = found->second;
  index_.erase(found);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(position));
  for (auto& [text, at] : index_) {
    if (at > position) --at;
  }
  return true;
}

Value make_string(std::string text) {
  constexpr std::size_t kLongestText = std::size_t{64} << 20;
  if (text.size() > kLongestText) fail(ErrorKind::Input, "a string grows beyond 64 MiB");
  // Small texts are held by containers, which are counted; a large one is counted itself.
  constexpr std::size_t kLargeText = 256;
  if (text.size() <= kLargeText) {
    return Value(Value::Variant(std::make_shared<const std::string>(std::move(text))));
  }
  struct Counted {
    explicit Counted(std::string&& t) : charge(t.size()), text(std::move(t)) {}
    Charge charge;
    const std::string text;
  };
  const auto counted = std::make_shared<const Counted>(std::move(text));
  return Value(Value::Variant(StringPtr(counted, &counted->text)));
}

Value make_list(std::vector<Value> items) {
  return Value(Value::Variant(std::make_shared<Sequence>(Collection::List, std::move(items))));
}

Value make_tuple(std::vector<Value> items) {
  return Value(Value::Variant(std::make_shared<Sequence>(Collection::Tuple, std::move(items))));
}

Value make_named_tuple(std::vector<Value> items, const std::vector<std::string_view>& fields) {
  Value tuple = make_tuple(std::move(items));
  tuple.sequence()->fields = &fields;
  return tuple;
}

Value make_size(const Shape& shape) {
  std::vector<Value> items;
  items.reserve(shape.size());
  for (std::int64_t extent : shape) items.push_back(make_integer(extent));
  Value size = make_tuple(std::move(items));
  size.sequence()->is_size = true;
  return size;
}

Value make_integer(std::int64_t value) {
  return Value(Value::Variant(value));
}

Value make_integer(BigInteger value) {
  if (const auto small = value.narrow()) return make_integer(*small);
  struct Counted {
    explicit Counted(BigInteger&& v) : charge(sizeof(Counted) + v.bits() / 8), held(std::move(v)) {}
    Charge charge;
    const BigInteger held;
  };
  const auto counted = std::make_shared<const Counted>(std::move(value));
  return Value(Value::Variant(BigIntegerPtr(counted, &counted->held)));
}

Value make_bool(bool value) {
  return Value(Value::Variant(value));
}

Value make_float(double value) {
  return Value(Value::Variant(value));
}

std::string type_name(const Value& value) {
  struct Namer {
    std::string operator()(const None&) const { return "NoneType"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(std::int64_t) const { return "int"; }
    std::string operator()(const BigIntegerPtr&) const { return "int"; }
    std::string operator()(double) const { return "float"; }
    std::string operator()(const StringPtr&) const { return "str"; }
    std::string operator()(const ArrayPtr&) const { return "Tensor"; }
    std::string operator()(DType) const { return "torch.dtype"; }
    std::string operator()(const Device&) const { return "torch.device"; }
    std::string operator()(const Ellipsis&) const { return "ellipsis"; }
    std::string operator()(const Range&) const { return "range"; }
    std::string operator()(const std::shared_ptr<Sequence>& s) const {
      return s->kind == Collection::List ? "list" : s->is_size ? "torch.Size" : "tuple";
    }
    std::string operator()(const std::shared_ptr<Dictionary>& d) const {
      return d->kind == Collection::Dict ? "dict" : "set";
    }
    std::string operator()(const std::shared_ptr<const SliceValue>&) const { return "slice"; }
    std::string operator()(const std::shared_ptr<const Function>&) const { return "function"; }
    std::string operator()(const std::shared_ptr<const Builtin>&) const { return "builtin"; }
    std::string operator()(const std::shared_ptr<const BoundOperator>&) const { return "builtin"; }
    std::string operator()(const ModuleInfo*) const { return "module"; }
    std::string operator()(const TypeInfo*) const { return "type"; }
    std::string operator()(const std::shared_ptr<const NumericLimits>& l) const {
      return std::string(l->type);
    }
  };
  return std::visit(Namer{}, value.held);
}

bool is_true(const Value& value) {
  if (value.is_none()) return false;
  if (is_number(value)) return compare_numbers(value, make_integer(0)) != 0;
  if (const std::string* text = value.string()) return !text->empty();
  if (const Sequence* items = value.sequence()) return !items->items.empty();
  if (const Dictionary* items = value.dictionary()) return !items->items.empty();
  if (const auto* range = value.as<Range>()) return range->length() > 0;
  if (const Array* array = value.array()) {
    if (array->count() != 1) {
      fail(ErrorKind::Input, array->count() == 0
                                 ? "Boolean value of Tensor with no values is ambiguous"
                                 : "Boolean value of Tensor with more than one value is ambiguous");
    }
    return is_true(element_at(*array, 0));
  }
  return true;
}

bool equals(const Value& a, const Value& b) {
  return equals_at(a, b, 0);
}

namespace {

void for_each_of(const Range& range, const std::function<bool(Value)>& body) {
  const std::int64_t length = range.length();
  std::int64_t item = range.start;
  Budget* budget = Budget::current();
  for (std::int64_t i = 0; i < length; ++i) {
    if (budget != nullptr) budget->tick();
    if (!body(make_integer(item))) return;
    if (i + 1 < length) item += range.step;
  }
}

}  // namespace

void for_each_item(const Value& value, const std::function<bool(Value)>& body) {
  if (const auto* range = value.as<Range>()) return for_each_of(*range, body);
  if (const auto* held = value.as<std::shared_ptr<Sequence>>()) {
    // The list may grow or shrink while it is walked.
    const std::shared_ptr<Sequence> items = *held;
    for (std::size_t i = 0; i < items->items.size(); ++i) {
      if (!body(items->items[i])) return;
    }
    return;
  }
  for (Value& item : items_of(value)) {
    if (!body(std::move(item))) return;
  }
}

std::vector<Value> items_of(const Value& value) {
  if (const Sequence* items = value.sequence()) return items->items;
  std::vector<Value> result;
  if (const auto* range = value.as<Range>()) {
    const Charge charge(static_cast<std::size_t>(range->length()) * sizeof(Value));
    for_each_item(value, [&](Value item) {
      result.push_back(std::move(item));
      return true;
    });
    return result;
  }
  if (const Dictionary* items = value.dictionary()) {
    for (const auto& [key, unused] : items->items) result.push_back(key);
    return result;
  }
  if (const std::string* text = value.string()) {
    for (char c : *text) result.push_back(make_string(std::string(1, c)));
    return result;
  }
  if (const Array* array = value.array()) {
    if (array->dim() == 0) fail(ErrorKind::Input, "iteration over a 0-d tensor");
    for (std::int64_t i = 0; i < array->shape[0]; ++i) result.push_back(select(*array, 0, i));
    return result;
  }
  fail(ErrorKind::Input, fmt::format("'{}' object is not iterable", type_name(value)));
}

}  // namespace fitest::pytorch
