// SPDX-License-Identifier: Apache-2.0
#include "pytorch/types.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/element.h"
#include "pytorch/interpreter.h"
#include "pytorch/number.h"

namespace fitest::pytorch {
namespace {

// The one argument of int(x), list(x), …; none is given for int(), list(), ….
const Value* only_argument(std::string_view name, const Arguments& arguments) {
  if (arguments.positional.size() > 1 || !arguments.keywords.empty()) {
    fail(ErrorKind::Input, fmt::format("{}() takes at most one argument", name));
  }
  return arguments.positional.empty() ? nullptr : &arguments.positional[0];
}

// A tensor of one element as its number.
Value plain(const Value& value) {
  const Array* array = value.array();
  if (array == nullptr) return value;
  if (array->count() != 1) {
    fail(ErrorKind::Input, "only one element tensors can be converted to Python scalars");
  }
  return element_at(*array, 0);
}

// Takes "0x", "0o" or "0b" off where `base` is that or 0; gives the base of what is left.
unsigned take_prefix(std::string& digits, unsigned base) {
  if (digits.size() <= 2 || digits[0] != '0' || base == 10) return base;
  const std::string prefix = to_lower(digits.substr(0, 2));
  const unsigned named = prefix == "0x" ? 16 : prefix == "0o" ? 8 : prefix == "0b" ? 2 : 0;
  if (named == 0 || (base != 0 && base != named)) return base;
  digits.erase(0, 2);
  return named;
}

// int(text) and int(text, base); base 0 goes by the prefix.
Value parse_int(const std::string& text, unsigned base) {
  std::string digits;
  for (char c : trim(text)) {
    if (c != '_') digits += c;
  }
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.erase(0, 1);
  base = take_prefix(digits, base);
  const auto value = BigInteger::parse(digits, base == 0 ? 10 : base);
  if (!value) {
    fail(ErrorKind::Input, fmt::format("invalid literal for int() with base {}: {}", base,
                                       repr_of(make_string(text))));
  }
  return make_integer(negative ? -*value : *value);
}

Value to_int(Interpreter&, Arguments& arguments) {
  if (arguments.positional.empty() && arguments.keywords.empty()) return make_integer(0);
  std::int64_t base = 10;
  if (arguments.positional.size() == 2 && is_integer(arguments.positional[1])) {
    base = clamped_of(arguments.positional[1]);
    arguments.positional.pop_back();
    if (arguments.positional[0].string() == nullptr) {
      fail(ErrorKind::Input, "int() can't convert non-string with explicit base");
    }
  }
  Value value = plain(*only_argument("int", arguments));
  if (base != 0 && base != 2 && base != 8 && base != 10 && base != 16) {
    fail(ErrorKind::Unsupported, "int() takes the bases 0, 2, 8, 10 and 16");
  }
  if (const std::string* text = value.string()) {
    return parse_int(*text, static_cast<unsigned>(base));
  }
  if (const auto* number = value.as<double>()) return whole_of(*number);
  if (const auto* flag = value.as<bool>()) return make_integer(*flag ? 1 : 0);
  if (is_integer(value)) return value;
  fail(ErrorKind::Input,
       fmt::format("int() argument must be a string or a number, not '{}'", type_name(value)));
}

Value to_float(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("float", arguments);
  if (given == nullptr) return make_float(0);
  const Value value = plain(*given);
  if (const std::string* text = value.string()) {
    const std::string lower = to_lower(trim(*text));
    const bool negative = lower.starts_with('-');
    const std::string_view rest =
        std::string_view(lower).substr(negative || lower.starts_with('+') ? 1 : 0);
    const double sign = negative ? -1 : 1;
    if (rest == "inf" || rest == "infinity") return make_float(sign * INFINITY);
    if (rest == "nan") return make_float(NAN);
    if (const auto number = parse_double(rest)) return make_float(sign * *number);
    fail(ErrorKind::Input, fmt::format("could not convert string to float: '{}'", *text));
  }
  if (!is_number(value)) {
    fail(ErrorKind::Input,
         fmt::format("float() argument must be a string or a number, not '{}'", type_name(value)));
  }
  return make_float(float_of(value));
}

Value to_bool(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("bool", arguments);
  return make_bool(given != nullptr && is_true(*given));
}

Value to_string(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("str", arguments);
  return make_string(given == nullptr ? "" : text_of(*given));
}

Value to_list(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("list", arguments);
  return make_list(given == nullptr ? std::vector<Value>{} : items_of(*given));
}

Value to_tuple(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("tuple", arguments);
  return make_tuple(given == nullptr ? std::vector<Value>{} : items_of(*given));
}

Value to_size(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("Size", arguments);
  Shape shape;
  if (given != nullptr) {
    for (const Value& extent : items_of(*given)) {
      const Value whole = plain(extent);
      if (!is_integer(whole)) fail(ErrorKind::Input, "torch.Size() takes integers");
      shape.push_back(narrow_of(whole, "an extent"));
    }
  }
  return make_size(shape);
}

Value to_set(Interpreter&, Arguments& arguments) {
  const Value* given = only_argument("set", arguments);
  auto set = std::make_shared<Dictionary>(Collection::Set);
  if (given != nullptr) {
    for (const Value& item : items_of(*given)) set->insert(item, {});
  }
  return Value(Value::Variant(set));
}

Value to_dict(Interpreter&, Arguments& arguments) {
  auto dict = std::make_shared<Dictionary>(Collection::Dict);
  for (const Value& given : arguments.positional) {
    if (const Dictionary* other = given.dictionary()) {
      for (const auto& [key, value] : other->items) dict->insert(key, value);
      continue;
    }
    for (const Value& pair : items_of(given)) {
      const std::vector<Value> parts = items_of(pair);
      if (parts.size() != 2) fail(ErrorKind::Input, "dict() takes pairs of key and value");
      dict->insert(parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.keywords) dict->insert(make_string(name), value);
  return Value(Value::Variant(dict));
}

Value to_device(Interpreter&, Arguments& arguments) {
  if (arguments.positional.empty()) fail(ErrorKind::Input, "torch.device() needs a name");
  Device device;
  device.text = text_of(arguments.positional[0]);
  return Value(Value::Variant(device));
}

bool is_sequence(const Value& value, Collection kind) {
  return value.sequence() != nullptr && value.sequence()->kind == kind;
}
bool is_dictionary(const Value& value, Collection kind) {
  return value.dictionary() != nullptr && value.dictionary()->kind == kind;
}

const std::array<TypeInfo, 9> kPythonTypes{{
    {"int", is_integer, to_int},
    {"float", [](const Value& v) { return v.is<double>(); }, to_float},
    {"bool", [](const Value& v) { return v.is<bool>(); }, to_bool},
    {"str", [](const Value& v) { return v.string() != nullptr; }, to_string},
    {"list", [](const Value& v) { return is_sequence(v, Collection::List); }, to_list},
    {"tuple", [](const Value& v) { return is_sequence(v, Collection::Tuple); }, to_tuple},
    {"set", [](const Value& v) { return is_dictionary(v, Collection::Set); }, to_set},
    {"dict", [](const Value& v) { return is_dictionary(v, Collection::Dict); }, to_dict},
    {"object", [](const Value&) { return true; }, nullptr},
}};

const std::array<TypeInfo, 4> kTorchTypes{{
    {"Tensor", [](const Value& v) { return v.array() != nullptr; }, nullptr},
    {"Size", [](const Value& v) { return v.sequence() != nullptr && v.sequence()->is_size; },
     to_size},
    {"dtype", [](const Value& v) { return v.is<DType>(); }, nullptr},
    {"device", [](const Value& v) { return v.is<Device>(); }, to_device},
}};

const TypeInfo kNoneType{"NoneType", [](const Value& v) { return v.is_none(); }, nullptr};
const TypeInfo kOtherType{"other", [](const Value&) { return false; }, nullptr};

}  // namespace

std::span<const TypeInfo> python_types() {
  return kPythonTypes;
}

std::span<const TypeInfo> torch_types() {
  return kTorchTypes;
}

Value type_value_of(const Value& value) {
  if (value.is_none()) return Value(Value::Variant(&kNoneType));
  if (value.is<bool>()) return Value(Value::Variant(&kPythonTypes[2]));
  for (const TypeInfo& type : kTorchTypes) {
    if (type.matches(value)) return Value(Value::Variant(&type));
  }
  for (const TypeInfo& type : kPythonTypes) {
    if (type.name != "object" && type.matches(value)) return Value(Value::Variant(&type));
  }
  return Value(Value::Variant(&kOtherType));
}

}  // namespace fitest::pytorch
