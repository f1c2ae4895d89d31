// SPDX-License-Identifier: Apache-2.0
#include "pytorch/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "pytorch/element.h"
#include "pytorch/interpreter.h"
#include "pytorch/number.h"
#include "pytorch/parser.h"
#include "pytorch/profile.h"

namespace fitest::pytorch {
namespace {

const FunctionNode& find_run(const Module& module) {
  const FunctionNode* found = nullptr;
  for (const Stmt& statement : module.body) {
    const auto* definition = std::get_if<FunctionDefinition>(&statement.node);
    if (definition != nullptr && definition->function->name == "run") {
      found = definition->function.get();
    }
  }
  if (found == nullptr) {
    fail_at(ErrorKind::Input, module.source, {0, 1},
            "the reference defines no top-level function 'run'");
  }
  return *found;
}

// Arguments go by name where `run` has parameters of their names: some official references declare
// them in another order than their Definition does.
bool takes_by_name(const FunctionNode& function, const std::vector<NamedTensor>& arguments) {
  return std::all_of(arguments.begin(), arguments.end(), [&](const NamedTensor& argument) {
    return std::any_of(function.parameters.begin(), function.parameters.end(),
                       [&](const Parameter& p) { return p.name == argument.name; });
  });
}

Value argument_value(const NamedTensor& argument) {
  if (!argument.is_scalar) return Value(from_tensor(argument.tensor));
  const DTypeKind kind = kind_of(argument.tensor.dtype());
  if (kind == DTypeKind::Float) return make_float(argument.scalar_value);
  if (kind == DTypeKind::Bool) return make_bool(argument.scalar_value != 0);
  return make_integer(static_cast<std::int64_t>(argument.scalar_value));
}

Tensor output_tensor(const Value& value, std::size_t number) {
  if (const Array* array = value.array()) return to_tensor(*array);
  if (const auto scalar = scalar_of(value)) {
    return to_tensor(make_scalar_array(default_dtype(*scalar), *scalar));
  }
  if (is_integer(value)) {
    narrow_of(value, fmt::format("output {} of the reference, an integer,", number));
  }
  fail(ErrorKind::Input,
       fmt::format("output {} of the reference is a {}, expected a tensor or a number", number,
                   type_name(value)));
}

std::vector<Tensor> run_with(Interpreter& interpreter, const Module& module,
                             const std::vector<NamedTensor>& arguments) {
  const bool by_name = takes_by_name(find_run(module), arguments);
  std::vector<Tensor> outputs;
  Arguments values;
  for (const NamedTensor& argument : arguments) {
    Value value = argument_value(argument);
    if (by_name) {
      values.keywords.emplace_back(argument.name, std::move(value));
    } else {
      values.positional.push_back(std::move(value));
    }
  }
  const Value result = interpreter.run(std::move(values));
  if (const Sequence* items = result.sequence()) {
    for (const Value& item : items->items) outputs.push_back(output_tensor(item, outputs.size()));
  } else {
    outputs.push_back(output_tensor(result, 0));
  }
  return outputs;
}

}  // namespace

std::string engine_version() {
  return "builtin-1";
}

std::vector<Tensor> run_reference(const SourcePtr& source,
                                  const std::vector<NamedTensor>& arguments, const Limits& limits,
                                  std::string* output) {
  const std::shared_ptr<const Module> module = parse_module(source);
  Interpreter interpreter(module, limits, output);
  return run_with(interpreter, *module, arguments);
}

std::vector<Tensor> run_reference(const SourcePtr& source,
                                  const std::vector<NamedTensor>& arguments, const Limits& limits,
                                  Profile& profile) {
  const std::shared_ptr<const Module> module = parse_module(source);
  Interpreter interpreter(module, limits, nullptr);
  interpreter.set_profile(&profile);
  return run_with(interpreter, *module, arguments);
}

std::vector<std::string> parse_reference(const SourcePtr& source) {
  const std::shared_ptr<const Module> module = parse_module(source);
  std::vector<std::string> names;
  for (const Parameter& parameter : find_run(*module).parameters) names.push_back(parameter.name);
  return names;
}

}  // namespace fitest::pytorch
