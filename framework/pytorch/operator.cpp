// SPDX-License-Identifier: Apache-2.0
#include "pytorch/operator.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace fitest::pytorch {
namespace {

struct TypeRow {
  std::string_view text;
  ArgumentType type;
  std::string_view shown;
};

constexpr std::array<TypeRow, 13> kTypes{{
    {"Tensor", ArgumentType::Tensor, "Tensor"},
    {"Operand", ArgumentType::Operand, "Tensor or Number"},
    {"Scalar", ArgumentType::Scalar, "Number"},
    {"int", ArgumentType::Int, "int"},
    {"float", ArgumentType::Float, "float"},
    {"bool", ArgumentType::Bool, "bool"},
    {"int[]", ArgumentType::Ints, "tuple of ints"},
    {"float[]", ArgumentType::Floats, "tuple of floats"},
    {"Tensor[]", ArgumentType::Tensors, "tuple of Tensors"},
    {"ScalarType", ArgumentType::Dtype, "torch.dtype"},
    {"Device", ArgumentType::Device, "torch.device"},
    {"str", ArgumentType::String, "str"},
    {"Any", ArgumentType::Any, "object"},
}};

const TypeRow& type_row(ArgumentType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row;
  }
  fail(ErrorKind::Internal, "an argument type has no row");
}

Value parse_default(std::string_view text) {
  if (text == "None") return {};
  if (text == "True" || text == "False") return make_bool(text == "True");
  if (text == "()") return make_tuple({});
  if (text.front() == '"') return make_string(std::string(text.substr(1, text.size() - 2)));
  if (const auto integer = parse_integer(text)) return make_integer(*integer);
  if (const auto number = parse_double(text)) return make_float(*number);
  fail(ErrorKind::Internal, fmt::format("the default '{}' of an operator is not understood", text));
}

Formal parse_formal(std::string_view text, bool keyword_only) {
  Formal formal;
  formal.keyword_only = keyword_only;
  if (const std::size_t equal = text.find('='); equal != std::string_view::npos) {
    formal.has_default = true;
    formal.default_value = parse_default(text.substr(equal + 1));
    text = text.substr(0, equal);
  }
  const std::size_t space = text.rfind(' ');
  formal.name = text.substr(space + 1);
  std::string_view type = text.substr(0, space);
  if (type.ends_with('?')) {
    formal.optional = true;
    type.remove_suffix(1);
  }
  for (const TypeRow& row : kTypes) {
    if (row.text == type) {
      formal.type = row.type;
      return formal;
    }
  }
  fail(ErrorKind::Internal, fmt::format("the type '{}' of an operator is not known", type));
}

Overload parse_signature(const OperatorRow& row) {
  const std::string_view text = row.signature;
  const std::size_t open = text.find('(');
  Overload overload{&row, text.substr(0, open), {}};
  std::string_view list = text.substr(open + 1, text.rfind(')') - open - 1);
  bool keyword_only = false;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    const std::string_view part = list.substr(0, comma);
    if (part == "*") {
      keyword_only = true;
    } else {
      overload.formals.push_back(parse_formal(part, keyword_only));
    }
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  return overload;
}

using Space = std::map<std::string, OverloadSet, std::less<>>;

class Table {
 public:
  Table() {
    for (const auto& rows :
         {creation_operators(), pointwise_operators(), reduction_operators(), shape_operators(),
          indexing_operators(), sort_operators(), scan_operators(), linear_algebra_operators(),
          functional_operators(), random_operators(), query_operators(), unary_operators()}) {
      for (const OperatorRow& row : rows) add(row);
    }
  }
  const Space& space(OperatorSpace which) const { return spaces_[static_cast<std::size_t>(which)]; }

 private:
  void put(OperatorSpace which, const std::string& name, const Overload& overload) {
    OverloadSet& set = spaces_[static_cast<std::size_t>(which)][name];
    set.name = name;
    set.overloads.push_back(overload);
  }

  void add(const OperatorRow& row) {
    const Overload overload = parse_signature(row);
    const std::string name(overload.name);
    if (row.spelling & kTorch) put(OperatorSpace::Torch, name, overload);
    if (row.spelling & kMethod) put(OperatorSpace::Method, name, overload);
    if (row.spelling & kFunctional) put(OperatorSpace::Functional, name, overload);
    if (row.spelling & kSpecial) put(OperatorSpace::Special, name, overload);
    if (row.spelling & kLinalg) put(OperatorSpace::Linalg, name, overload);
    if (row.spelling & (kInPlace | kMutating)) {
      put(OperatorSpace::Method, name + "_", overload);
      if (row.spelling & kTorch) put(OperatorSpace::Torch, name + "_", overload);
    }
  }

  std::array<Space, 5> spaces_;
};

const Table& table() {
  static const Table instance;
  return instance;
}

bool is_whole_tensor(const Value& value) {
  const Array* array = value.array();
  return array != nullptr && array->count() == 1 && kind_of(array->dtype) != DTypeKind::Float;
}

bool is_integer(const Value& value) {
  return value.is<std::int64_t>() || value.is<bool>() || is_whole_tensor(value);
}

bool all_items(const Value& value, bool (*matches)(const Value&)) {
  const Sequence* items = value.sequence();
  if (items == nullptr) return false;
  for (const Value& item : items->items) {
    if (!matches(item)) return false;
  }
  return true;
}

bool is_single(const Value& value) {
  return scalar_of(value).has_value() || (value.array() != nullptr && value.array()->count() == 1);
}

bool matches(ArgumentType type, const Value& value) {
  switch (type) {
    case ArgumentType::Tensor:
      return value.array() != nullptr;
    case ArgumentType::Operand:
      return value.array() != nullptr || scalar_of(value).has_value();
    case ArgumentType::Scalar:
    case ArgumentType::Float:
      return is_single(value);
    case ArgumentType::Int:
      return is_integer(value);
    case ArgumentType::Bool:
      return value.is<bool>() || is_integer(value);
    case ArgumentType::Ints:
      return is_integer(value) || all_items(value, is_integer);
    case ArgumentType::Floats:
      return is_single(value) || all_items(value, is_single);
    case ArgumentType::Tensors:
      return all_items(value, [](const Value& v) { return v.array() != nullptr; });
    case ArgumentType::Dtype:
      return value.is<DType>();
    case ArgumentType::Device:
      return value.is<Device>() || value.string() != nullptr || value.is<std::int64_t>();
    case ArgumentType::String:
      return value.string() != nullptr;
    case ArgumentType::Any:
      return true;
  }
  return false;
}

std::size_t positional_count(const Overload& overload) {
  std::size_t count = 0;
  while (count < overload.formals.size() && !overload.formals[count].keyword_only) ++count;
  return count;
}

// Binds one call to one signature; `problem` says why it does not fit.
class Binder {
 public:
  Binder(const Overload& overload, const Value& self, const Arguments& arguments)
      : overload_(overload),
        values_(overload.formals.size()),
        set_(overload.formals.size(), false) {
    if (!self.is_none()) set(0, self);
    bind_positional(self.is_none() ? 0 : 1, arguments.positional);
    for (const auto& [name, value] : arguments.keywords) bind_keyword(name, value);
    for (std::size_t i = 0; i < values_.size() && problem_.empty(); ++i) finish(i);
  }
  const std::string& problem() const { return problem_; }
  std::vector<Value> take() { return std::move(values_); }

 private:
  void set(std::size_t i, Value value) {
    values_[i] = std::move(value);
    set_[i] = true;
  }

  void bind_positional(std::size_t first, const std::vector<Value>& given) {
    const std::size_t room = positional_count(overload_);
    for (std::size_t i = 0; i < given.size(); ++i) {
      const std::size_t at = first + i;
      const bool spelt_out = at < room && at + 1 == room &&
                             overload_.formals[at].type == ArgumentType::Ints &&
                             given.size() - i > 1 && is_integer(given[i]);
      if (spelt_out) {
        set(at, make_tuple({given.begin() + static_cast<std::ptrdiff_t>(i), given.end()}));
        return;
      }
      if (at >= room) {
        problem_ = fmt::format("takes at most {} positional arguments, not {}", room,
                               given.size() + first);
        return;
      }
      set(at, given[i]);
    }
  }

  // NumPy's names, which PyTorch takes too.
  static std::string_view torch_name(std::string_view name) {
    if (name == "axis") return "dim";
    if (name == "keepdims") return "keepdim";
    if (name == "input") return "self";
    if (name == "x") return "self";
    return name;
  }

  void bind_keyword(std::string_view name, const Value& value) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const std::string_view formal = overload_.formals[i].name;
      if (formal != name && formal != torch_name(name)) continue;
      if (set_[i] && problem_.empty()) {
        problem_ = fmt::format("got several values for argument '{}'", name);
      }
      return set(i, value);
    }
    if (problem_.empty()) problem_ = fmt::format("got an unexpected keyword argument '{}'", name);
  }

  void finish(std::size_t i) {
    const Formal& formal = overload_.formals[i];
    if (!set_[i]) {
      if (!formal.has_default) {
        problem_ =
            fmt::format("missing the argument '{}'", formal.name == "self" ? "input" : formal.name);
        return;
      }
      values_[i] = formal.default_value;
      return;
    }
    if (values_[i].is_none() && (formal.optional || formal.type == ArgumentType::Any)) return;
    if (matches(formal.type, values_[i])) return;
    problem_ = fmt::format(
        "argument '{}' must be {}, not {}", formal.name == "self" ? "input" : formal.name,
        type_row(formal.type).shown,
        values_[i].is<BigIntegerPtr>() ? "an integer beyond 64 bits" : type_name(values_[i]));
  }

  const Overload& overload_;
  std::vector<Value> values_;
  std::vector<bool> set_;
  std::string problem_;
};

Value run(const Overload& overload, std::vector<Value> values, bool in_place) {
  Bound bound(overload, std::move(values));
  const unsigned spelling = overload.row->spelling;
  if (spelling & kMutating) {
    if (!in_place) bound.self() = clone(bound.tensor(0));
    return overload.row->handler(bound);
  }
  if (!in_place) return overload.row->handler(bound);
  Value self = bound.self();
  const Value result = overload.row->handler(bound);
  write_in_place(*self.array(), *result.array(), overload.name);
  return self;
}

}  // namespace

void write_in_place(const Array& self, const Array& result, std::string_view name) {
  if (self.shape != result.shape) {
    fail(ErrorKind::Input,
         fmt::format("{}_(): output with shape {} doesn't match the broadcast shape {}", name,
                     sizes_text(self.shape), sizes_text(result.shape)));
  }
  for (std::size_t d = 0; d < self.shape.size(); ++d) {
    if (self.strides[d] != 0 || self.shape[d] <= 1) continue;
    fail(ErrorKind::Input,
         fmt::format("{}_(): several elements of the written tensor share one memory location; "
                     "clone() it before writing in place",
                     name));
  }
  const bool narrows =
      (kind_of(result.dtype) == DTypeKind::Float && kind_of(self.dtype) != DTypeKind::Float) ||
      (self.dtype == DType::Bool && result.dtype != DType::Bool);
  if (narrows) {
    fail(ErrorKind::Input, fmt::format("{}_(): result type {} can't be cast to {}", name,
                                       name_of(result.dtype), name_of(self.dtype)));
  }
  copy_into(result, self);
}

std::int64_t Bound::integer(std::size_t i) const {
  return scalar(i).integer;
}

double Bound::number(std::size_t i) const {
  return scalar(i).number;
}

Scalar Bound::scalar(std::size_t i) const {
  const Array* array = values_[i].array();
  return *scalar_of(array != nullptr ? element_at(*array, 0) : values_[i]);
}

Shape Bound::integers(std::size_t i) const {
  const auto one = [](const Value& value) {
    const Array* array = value.array();
    return scalar_of(array != nullptr ? element_at(*array, 0) : value)->integer;
  };
  const Sequence* items = values_[i].sequence();
  if (items == nullptr) return {one(values_[i])};
  Shape shape;
  for (const Value& item : items->items) shape.push_back(one(item));
  return shape;
}

std::vector<double> Bound::numbers(std::size_t i) const {
  const auto one = [](const Value& value) {
    const Array* array = value.array();
    return scalar_of(array != nullptr ? element_at(*array, 0) : value)->number;
  };
  const Sequence* items = values_[i].sequence();
  if (items == nullptr) return {one(values_[i])};
  std::vector<double> result;
  for (const Value& item : items->items) result.push_back(one(item));
  return result;
}

std::vector<Array> Bound::tensors(std::size_t i) const {
  std::vector<Array> arrays;
  for (const Value& item : values_[i].sequence()->items) arrays.push_back(*item.array());
  return arrays;
}

std::optional<DType> Bound::dtype(std::size_t i) const {
  const auto* dtype = values_[i].as<DType>();
  return dtype != nullptr ? std::optional(*dtype) : std::nullopt;
}

std::string Bound::string(std::size_t i) const {
  return *values_[i].string();
}

const OverloadSet* find_operator(OperatorSpace space, std::string_view name) {
  const Space& set = table().space(space);
  const auto found = set.find(name);
  return found == set.end() ? nullptr : &found->second;
}

std::vector<std::string> operator_names(OperatorSpace space) {
  std::vector<std::string> names;
  for (const auto& [name, set] : table().space(space)) names.push_back(name);
  return names;
}

Value call_operator(const BoundOperator& target, Arguments& arguments) {
  const OverloadSet& set = *target.overloads;
  const auto take_keyword = [&](std::string_view name) -> Value {
    for (std::size_t i = 0; i < arguments.keywords.size(); ++i) {
      if (arguments.keywords[i].first != name) continue;
      Value value = std::move(arguments.keywords[i].second);
      arguments.keywords.erase(arguments.keywords.begin() + static_cast<std::ptrdiff_t>(i));
      return value;
    }
    return {};
  };
  Value out = take_keyword("out");
  std::string problem;
  for (const Overload& overload : set.overloads) {
    Binder binder(overload, target.self, arguments);
    if (binder.problem().empty()) {
      Value result = run(overload, binder.take(), target.in_place);
      if (out.array() == nullptr || result.array() == nullptr) return result;
      write_in_place(*out.array(), *result.array(), set.name);
      return out;
    }
    problem = binder.problem();
  }
  std::string message = fmt::format("{}(): {}", set.name, problem);
  if (set.overloads.size() > 1) {
    message = fmt::format("{}(): no signature fits the arguments:", set.name);
    for (const Overload& overload : set.overloads) {
      message += fmt::format("\n  {}", overload.row->signature);
    }
  } else {
    message += fmt::format("; the signature is {}", set.overloads[0].row->signature);
  }
  fail(ErrorKind::Input, message);
}

}  // namespace fitest::pytorch
