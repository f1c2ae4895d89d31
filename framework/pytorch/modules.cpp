// SPDX-License-Identifier: Apache-2.0
#include "pytorch/modules.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"
#include "pytorch/types.h"

namespace fitest::pytorch {
namespace {

struct DtypeRow {
  const char* name;
  DType dtype;
};

constexpr DtypeRow kDtypes[] = {
    {"float64", DType::Float64},
    {"double", DType::Float64},
    {"float32", DType::Float32},
    {"float", DType::Float32},
    {"float16", DType::Float16},
    {"half", DType::Float16},
    {"bfloat16", DType::BFloat16},
    {"float8_e4m3fn", DType::Float8E4M3Fn},
    {"float8_e5m2", DType::Float8E5M2},
    {"float8_e8m0fnu", DType::Float8E8M0Fnu},
    {"int64", DType::Int64},
    {"long", DType::Int64},
    {"int32", DType::Int32},
    {"int", DType::Int32},
    {"int16", DType::Int16},
    {"short", DType::Int16},
    {"int8", DType::Int8},
    {"uint64", DType::UInt64},
    {"uint32", DType::UInt32},
    {"uint16", DType::UInt16},
    {"uint8", DType::UInt8},
    {"bool", DType::Bool},
};

// Decorator factories and contexts that change nothing here: torch.no_grad(), @torch.no_grad,
// torch.inference_mode(), @torch.compile(...), torch.autocast(...).
constexpr const char* kContexts[] = {"no_grad", "inference_mode", "enable_grad",
                                     "compile", "autocast",       "set_grad_enabled"};

Value builtin(const char* name, std::function<Value(Interpreter&, Arguments&)> call) {
  return Value(Value::Variant(std::make_shared<const Builtin>(Builtin{name, std::move(call)})));
}

// Called with a function it is the decorator itself, else it makes one.
Value context(const char* name) {
  return builtin(name, [name](Interpreter&, Arguments& arguments) -> Value {
    const bool decorates = !arguments.positional.empty() &&
                           arguments.positional[0].is<std::shared_ptr<const Function>>();
    return decorates ? arguments.positional[0] : context(name);
  });
}

Value limits(const char* type, const Arguments& arguments) {
  const DType* dtype =
      arguments.positional.size() == 1 ? arguments.positional[0].as<DType>() : nullptr;
  if (dtype == nullptr) fail(ErrorKind::Input, fmt::format("torch.{}() takes a dtype", type));
  const bool floating = kind_of(*dtype) == DTypeKind::Float;
  if (floating != (std::string_view(type) == "finfo") || kind_of(*dtype) == DTypeKind::Bool) {
    fail(ErrorKind::Input, fmt::format("torch.{}() is not for torch.{}", type, name_of(*dtype)));
  }
  return Value(Value::Variant(std::make_shared<const NumericLimits>(NumericLimits{type, *dtype})));
}

Value constant_function(const char* name, const Value& value) {
  return builtin(name, [value](Interpreter&, Arguments&) { return value; });
}

Value module_value(const ModuleInfo& module) {
  return Value(Value::Variant(&module));
}

using Modules = std::map<std::string, ModuleInfo>;

void add_torch_members(std::map<std::string, Value>& members) {
  for (const DtypeRow& row : kDtypes) members[row.name] = Value(Value::Variant(row.dtype));
  for (const TypeInfo& type : torch_types()) {
    members[std::string(type.name)] = Value(Value::Variant(&type));
  }
  for (const char* name : kContexts) members[name] = context(name);
  for (const char* name : {"finfo", "iinfo"}) {
    members[name] = builtin(
        name, [name](Interpreter&, Arguments& arguments) { return limits(name, arguments); });
  }
  members["inf"] = make_float(INFINITY);
  members["nan"] = make_float(NAN);
  members["pi"] = make_float(std::numbers::pi);
  members["e"] = make_float(std::numbers::e);
  members["manual_seed"] = constant_function("manual_seed", {});
  members["set_float32_matmul_precision"] = constant_function("set_float32_matmul_precision", {});
  members["contiguous_format"] = make_string("contiguous_format");
  members["preserve_format"] = make_string("preserve_format");
  members["strided"] = make_string("strided");
  members["get_default_dtype"] =
      constant_function("get_default_dtype", Value(Value::Variant(DType::Float32)));
}

Modules make_modules() {
  Modules modules;
  for (const char* name :
       {"torch", "torch.nn", "torch.nn.functional", "torch.special", "torch.linalg", "torch.cuda",
        "torch.backends", "torch.backends.cuda", "torch.backends.cuda.matmul", "math", "typing",
        "__future__", "collections.abc", "dataclasses"}) {
    modules[name].name = name;
  }
  ModuleInfo& torch = modules["torch"];
  torch.operators = OperatorSpace::Torch;
  add_torch_members(torch.members);
  torch.members["nn"] = module_value(modules["torch.nn"]);
  torch.members["special"] = module_value(modules["torch.special"]);
  torch.members["linalg"] = module_value(modules["torch.linalg"]);
  torch.members["cuda"] = module_value(modules["torch.cuda"]);
  modules["torch.nn"].members["functional"] = module_value(modules["torch.nn.functional"]);
  modules["torch.nn.functional"].operators = OperatorSpace::Functional;
  modules["torch.special"].operators = OperatorSpace::Special;
  modules["torch.linalg"].operators = OperatorSpace::Linalg;
  auto& cuda = modules["torch.cuda"].members;
  cuda["is_available"] = constant_function("is_available", make_bool(false));
  cuda["device_count"] = constant_function("device_count", make_integer(0));
  cuda["synchronize"] = constant_function("synchronize", {});
  modules["math"].members = math_members();
  for (const char* name : {"typing", "__future__", "collections.abc"}) {
    modules[name].accepts_everything = true;
  }
  return modules;
}

Modules& modules() {
  static Modules instance = make_modules();
  return instance;
}

}  // namespace

Value import_module(const std::string& module) {
  const auto found = modules().find(module);
  if (found != modules().end()) return module_value(found->second);
  std::vector<std::string> names;
  for (const auto& [name, info] : modules()) names.push_back(name);
  const auto near = nearest(module, names);
  fail(ErrorKind::Unsupported,
       fmt::format("module '{}' is not available in references{}; torch and math are", module,
                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Value module_attribute(const ModuleInfo& module, const std::string& name) {
  const auto member = module.members.find(name);
  if (member != module.members.end()) return member->second;
  if (module.accepts_everything) return Value(Value::Variant(&python_types()[8]));
  std::vector<std::string> names;
  for (const auto& [other, value] : module.members) names.push_back(other);
  if (module.operators) {
    if (const OverloadSet* overloads = find_operator(*module.operators, name)) {
      const bool in_place = name.ends_with('_');
      return Value(Value::Variant(
          std::make_shared<const BoundOperator>(BoundOperator{overloads, {}, in_place})));
    }
    for (std::string& other : operator_names(*module.operators)) names.push_back(std::move(other));
  }
  const auto near = nearest(name, names);
  fail(ErrorKind::Unsupported,
       fmt::format("the builtin engine has no {}.{}{}", module.name, name,
                   near ? fmt::format("; did you mean {}.{}?", module.name, *near) : ""));
}

}  // namespace fitest::pytorch
