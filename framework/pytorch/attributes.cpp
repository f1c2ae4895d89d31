// SPDX-License-Identifier: Apache-2.0
// object.name: tensors, containers, finfo, modules.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"
#include "pytorch/modules.h"
#include "pytorch/number.h"
#include "pytorch/operator.h"
#include "pytorch/shape.h"

namespace fitest::pytorch {
namespace {

[[noreturn]] void no_attribute(const Value& object, const std::string& name,
                               const std::vector<std::string>& names) {
  const auto near = nearest(name, names);
  fail(object.array() != nullptr ? ErrorKind::Unsupported : ErrorKind::Input,
       fmt::format("the builtin engine's '{}' object has no attribute '{}'{}", type_name(object),
                   name, near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

struct TensorRow {
  std::string_view name;
  Value (*get)(const Array&);
};

constexpr std::array<TensorRow, 17> kTensorAttributes{{
    {"shape", [](const Array& a) { return make_size(a.shape); }},
    {"dtype", [](const Array& a) { return Value(Value::Variant(a.dtype)); }},
    {"device", [](const Array&) { return Value(Value::Variant(Device{})); }},
    {"ndim", [](const Array& a) { return make_integer(a.dim()); }},
    {"T", [](const Array& a) { return Value(reverse_dims(a)); }},
    {"mT", [](const Array& a) { return Value(transpose(a, -1, -2)); }},
    {"H", [](const Array& a) { return Value(reverse_dims(a)); }},
    {"is_cuda", [](const Array&) { return make_bool(false); }},
    {"is_cpu", [](const Array&) { return make_bool(true); }},
    {"requires_grad", [](const Array&) { return make_bool(false); }},
    {"grad", [](const Array&) { return Value(); }},
    {"data", [](const Array& a) { return Value(a); }},
    {"itemsize",
     [](const Array& a) { return make_integer(static_cast<std::int64_t>(a.item_size())); }},
    {"nbytes",
     [](const Array& a) {
       return make_integer(a.count() * static_cast<std::int64_t>(a.item_size()));
     }},
    {"is_leaf", [](const Array&) { return make_bool(true); }},
    {"real", [](const Array& a) { return Value(a); }},
    {"layout", [](const Array&) { return make_string("torch.strided"); }},
}};

Value tensor_attribute(const Value& object, const std::string& name) {
  for (const TensorRow& row : kTensorAttributes) {
    if (row.name == name) return row.get(*object.array());
  }
  if (const OverloadSet* overloads = find_operator(OperatorSpace::Method, name)) {
    const bool in_place = name.ends_with('_');
    return Value(Value::Variant(
        std::make_shared<const BoundOperator>(BoundOperator{overloads, object, in_place})));
  }
  std::vector<std::string> names = operator_names(OperatorSpace::Method);
  for (const TensorRow& row : kTensorAttributes) names.emplace_back(row.name);
  no_attribute(object, name, names);
}

using Method = Value (*)(const Value& self, Arguments& arguments);
struct MethodRow {
  std::string_view name;
  Method call;
};

const Value& argument(const Arguments& arguments, std::size_t i) {
  if (i >= arguments.positional.size()) fail(ErrorKind::Input, "an argument is missing");
  return arguments.positional[i];
}

Value list_append(const Value& self, Arguments& arguments) {
  self.sequence()->append(argument(arguments, 0));
  return {};
}
Value list_extend(const Value& self, Arguments& arguments) {
  for (Value& item : items_of(argument(arguments, 0))) self.sequence()->append(std::move(item));
  return {};
}
Value list_pop(const Value& self, Arguments& arguments) {
  const Value index = arguments.positional.empty() ? make_integer(-1) : arguments.positional[0];
  Value item = get_item(self, index);
  delete_item(self, index);
  return item;
}
Value list_insert(const Value& self, Arguments& arguments) {
  const auto scalar = scalar_of(argument(arguments, 0));
  if (!scalar) fail(ErrorKind::Input, "list.insert() takes an integer and a value");
  auto& items = self.sequence()->items;
  const auto size = static_cast<std::int64_t>(items.size());
  const std::int64_t at = scalar->integer < 0 ? scalar->integer + size : scalar->integer;
  self.sequence()->charge.add(sizeof(Value));
  items.insert(items.begin() + std::clamp<std::int64_t>(at, 0, size), argument(arguments, 1));
  return {};
}
Value list_reverse(const Value& self, Arguments&) {
  std::reverse(self.sequence()->items.begin(), self.sequence()->items.end());
  return {};
}
Value list_copy(const Value& self, Arguments&) {
  return make_list(self.sequence()->items);
}
Value list_clear(const Value& self, Arguments&) {
  self.sequence()->items.clear();
  return {};
}
Value sequence_index(const Value& self, Arguments& arguments) {
  const auto& items = self.sequence()->items;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (equals(items[i], argument(arguments, 0))) {
      return make_integer(static_cast<std::int64_t>(i));
    }
  }
  fail(ErrorKind::Input,
       fmt::format("{} is not in the {}", repr_of(argument(arguments, 0)), type_name(self)));
}
Value sequence_count(const Value& self, Arguments& arguments) {
  std::int64_t count = 0;
  for (const Value& item : self.sequence()->items) {
    count += equals(item, argument(arguments, 0)) ? 1 : 0;
  }
  return make_integer(count);
}
Value size_numel(const Value& self, Arguments&) {
  std::int64_t count = 1;
  for (const Value& item : self.sequence()->items) count *= scalar_of(item)->integer;
  return make_integer(count);
}

constexpr MethodRow kListMethods[] = {
    {"append", list_append},   {"extend", list_extend},   {"pop", list_pop},
    {"insert", list_insert},   {"reverse", list_reverse}, {"copy", list_copy},
    {"index", sequence_index}, {"count", sequence_count}, {"clear", list_clear},
};
constexpr MethodRow kTupleMethods[] = {
    {"index", sequence_index}, {"count", sequence_count}, {"numel", size_numel}};

Value dict_keys(const Value& self, Arguments&) {
  return make_list(items_of(self));
}
Value dict_values(const Value& self, Arguments&) {
  std::vector<Value> values;
  for (const auto& [key, value] : self.dictionary()->items) values.push_back(value);
  return make_list(std::move(values));
}
Value dict_items(const Value& self, Arguments&) {
  std::vector<Value> pairs;
  for (const auto& [key, value] : self.dictionary()->items) {
    pairs.push_back(make_tuple({key, value}));
  }
  return make_list(std::move(pairs));
}
Value dict_get(const Value& self, Arguments& arguments) {
  if (const Value* found = self.dictionary()->find(argument(arguments, 0))) return *found;
  return arguments.positional.size() > 1 ? arguments.positional[1] : Value();
}
Value dict_pop(const Value& self, Arguments& arguments) {
  Value result = dict_get(self, arguments);
  const bool known = self.dictionary()->erase(argument(arguments, 0));
  if (!known && arguments.positional.size() < 2) {
    fail(ErrorKind::Input, fmt::format("KeyError: {}", repr_of(argument(arguments, 0))));
  }
  return result;
}
Value dict_setdefault(const Value& self, Arguments& arguments) {
  if (const Value* found = self.dictionary()->find(argument(arguments, 0))) return *found;
  Value value = arguments.positional.size() > 1 ? arguments.positional[1] : Value();
  self.dictionary()->insert(argument(arguments, 0), value);
  return value;
}
Value dict_update(const Value& self, Arguments& arguments) {
  const Dictionary* other = argument(arguments, 0).dictionary();
  if (other == nullptr) fail(ErrorKind::Input, "update() takes a dict or a set");
  const auto items = other->items;
  for (const auto& [key, value] : items) self.dictionary()->insert(key, value);
  return {};
}
Value set_add(const Value& self, Arguments& arguments) {
  self.dictionary()->insert(argument(arguments, 0), {});
  return {};
}

constexpr MethodRow kDictMethods[] = {
    {"keys", dict_keys},     {"values", dict_values}, {"items", dict_items},
    {"get", dict_get},       {"pop", dict_pop},       {"setdefault", dict_setdefault},
    {"update", dict_update},
};
constexpr MethodRow kSetMethods[] = {{"add", set_add}, {"update", dict_update}};

Value string_join(const Value& self, Arguments& arguments) {
  std::string text;
  Charge charge;
  bool first = true;
  for (const Value& item : items_of(argument(arguments, 0))) {
    if (item.string() == nullptr) fail(ErrorKind::Input, "join() takes strings");
    charge.add(item.string()->size() + self.string()->size());
    if (!std::exchange(first, false)) text += *self.string();
    text += *item.string();
  }
  return make_string(std::move(text));
}
Value string_lower(const Value& self, Arguments&) {
  return make_string(to_lower(*self.string()));
}
Value string_strip(const Value& self, Arguments&) {
  return make_string(std::string(trim(*self.string())));
}
Value string_starts_with(const Value& self, Arguments& arguments) {
  const std::string* prefix = argument(arguments, 0).string();
  return make_bool(prefix != nullptr && self.string()->starts_with(*prefix));
}
Value string_ends_with(const Value& self, Arguments& arguments) {
  const std::string* suffix = argument(arguments, 0).string();
  return make_bool(suffix != nullptr && self.string()->ends_with(*suffix));
}

constexpr MethodRow kStringMethods[] = {
    {"join", string_join},          {"lower", string_lower},
    {"strip", string_strip},        {"startswith", string_starts_with},
    {"endswith", string_ends_with},
};

Value integer_bit_length(const Value& self, Arguments&) {
  return make_integer(static_cast<std::int64_t>(big_of(self).bits()));
}
Value integer_bit_count(const Value& self, Arguments&) {
  return make_integer(static_cast<std::int64_t>(big_of(self).set_bits()));
}
Value float_is_integer(const Value& self, Arguments&) {
  const double number = *self.as<double>();
  return make_bool(std::isfinite(number) && number == std::trunc(number));
}

constexpr MethodRow kIntegerMethods[] = {{"bit_length", integer_bit_length},
                                         {"bit_count", integer_bit_count}};
constexpr MethodRow kFloatMethods[] = {{"is_integer", float_is_integer}};

template <std::size_t N>
Value method_of(const Value& object, const std::string& name, const MethodRow (&rows)[N]) {
  std::vector<std::string> names;
  for (const MethodRow& row : rows) {
    if (row.name == name) {
      return Value(Value::Variant(std::make_shared<const Builtin>(
          Builtin{name, [object, call = row.call](Interpreter&, Arguments& arguments) {
                    return call(object, arguments);
                  }})));
    }
    names.emplace_back(row.name);
  }
  no_attribute(object, name, names);
}

struct FloatLimits {
  DType dtype;
  double max;
  double eps;
  double tiny;
};

// https://docs.pytorch.org/docs/stable/type_info.html
constexpr FloatLimits kFloatLimits[] = {
    {DType::Float64, std::numeric_limits<double>::max(), 0x1p-52, 0x1p-1022},
    {DType::Float32, std::numeric_limits<float>::max(), 0x1p-23, 0x1p-126},
    {DType::Float16, 65504, 0x1p-10, 0x1p-14},
    {DType::BFloat16, 0x1.FEp127, 0x1p-7, 0x1p-126},
    {DType::Float8E4M3Fn, 448, 0x1p-3, 0x1p-6},
    {DType::Float8E5M2, 57344, 0x1p-2, 0x1p-14},
    {DType::Float8E8M0Fnu, 0x1p127, 1, 0x1p-127},
};

// Nothing where a float type has no such limit.
std::optional<double> float_limit(const FloatLimits& row, const std::string& name) {
  if (name == "max") return row.max;
  if (name == "min") return row.dtype == DType::Float8E8M0Fnu ? row.tiny : -row.max;
  if (name == "eps" || name == "resolution") return row.eps;
  if (name == "tiny" || name == "smallest_normal") return row.tiny;
  return std::nullopt;
}

Value limits_attribute(const Value& object, const std::string& name) {
  const NumericLimits& limits = **object.as<std::shared_ptr<const NumericLimits>>();
  const auto bits = static_cast<std::int64_t>(bits_of(limits.dtype));
  if (name == "bits") return make_integer(bits);
  if (name == "dtype") return make_string(std::string(name_of(limits.dtype)));
  for (const FloatLimits& row : kFloatLimits) {
    if (row.dtype != limits.dtype) continue;
    if (const auto limit = float_limit(row, name)) return make_float(*limit);
  }
  const bool is_signed = kind_of(limits.dtype) == DTypeKind::Signed;
  const std::uint64_t top = ~std::uint64_t{0} >> (64 - bits + (is_signed ? 1 : 0));
  if (name == "max" && top > INT64_MAX) {
    return make_integer(BigInteger(1).shifted_left(64) - BigInteger(1));
  }
  if (name == "max") return make_integer(static_cast<std::int64_t>(top));
  if (name == "min") {
    return make_integer(is_signed ? -static_cast<std::int64_t>(top) - 1 : 0);
  }
  no_attribute(object, name, {"max", "min", "eps", "tiny", "bits", "smallest_normal"});
}

Value dtype_attribute(const Value& object, const std::string& name) {
  const DType dtype = *object.as<DType>();
  const DTypeKind kind = kind_of(dtype);
  if (name == "itemsize") return make_integer(static_cast<std::int64_t>(bits_of(dtype) / 8));
  if (name == "is_floating_point") return make_bool(kind == DTypeKind::Float);
  if (name == "is_signed") {
    return make_bool(kind != DTypeKind::Unsigned && kind != DTypeKind::Bool);
  }
  no_attribute(object, name, {});
}

Value sequence_attribute(const Value& object, const std::string& name) {
  const Sequence& items = *object.sequence();
  if (items.fields != nullptr) {
    for (std::size_t i = 0; i < items.fields->size(); ++i) {
      if ((*items.fields)[i] == name) return items.items[i];
    }
  }
  if (items.kind == Collection::List) return method_of(object, name, kListMethods);
  return method_of(object, name, kTupleMethods);
}

}  // namespace

Value attribute_of(const Value& object, const std::string& name) {
  if (object.array() != nullptr) return tensor_attribute(object, name);
  if (const auto* module = object.as<const ModuleInfo*>()) {
    return module_attribute(**module, name);
  }
  if (object.sequence() != nullptr) return sequence_attribute(object, name);
  if (const Dictionary* items = object.dictionary()) {
    if (items->kind == Collection::Dict) return method_of(object, name, kDictMethods);
    return method_of(object, name, kSetMethods);
  }
  if (object.string() != nullptr) return method_of(object, name, kStringMethods);
  if (object.is<std::shared_ptr<const NumericLimits>>()) return limits_attribute(object, name);
  if (const auto* device = object.as<Device>()) {
    const std::size_t colon = device->text.find(':');
    if (name == "type") return make_string(device->text.substr(0, colon));
    if (name == "index") return {};
  }
  if (is_integer(object)) return method_of(object, name, kIntegerMethods);
  if (object.is<double>()) return method_of(object, name, kFloatMethods);
  if (object.is<DType>()) return dtype_attribute(object, name);
  no_attribute(object, name, {});
}

}  // namespace fitest::pytorch
