// SPDX-License-Identifier: Apache-2.0
// Calls: Python functions, functions written in C++, operators and types.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"
#include "pytorch/operator.h"

namespace fitest::pytorch {

Value Interpreter::call(const Value& callee, Arguments& arguments) {
  if (const auto* target = callee.as<std::shared_ptr<const BoundOperator>>()) {
    budget_.check_time();
    return call_operator(**target, arguments);
  }
  if (const auto* function = callee.as<std::shared_ptr<const Function>>()) {
    return call_function(*function, arguments);
  }
  if (const auto* builtin = callee.as<std::shared_ptr<const Builtin>>()) {
    return (*builtin)->call(*this, arguments);
  }
  if (const auto* type = callee.as<const TypeInfo*>()) {
    if ((*type)->construct != nullptr) return (*type)->construct(*this, arguments);
    fail(ErrorKind::Unsupported, fmt::format("'{}' cannot be called here", (*type)->name));
  }
  fail(ErrorKind::Input, fmt::format("'{}' object is not callable", type_name(callee)));
}

Value Interpreter::call_function(const std::shared_ptr<const Function>& function,
                                 Arguments& arguments) {
  if (frames_.size() > limits_.call_depth) {
    fail(ErrorKind::Input,
         fmt::format("maximum recursion depth of {} calls exceeded", limits_.call_depth));
  }
  EnvironmentPtr scope = make_environment(function->closure);
  bind(*function, arguments, *scope);
  frames_.push_back({function->node->name, current_});
  const SourceRange call_site = current_;
  std::swap(scope_, scope);
  Value result;
  if (function->node->expression) {
    result = evaluate(*function->node->expression);
  } else if (execute(function->node->body) == Flow::Return) {
    result = std::move(returned_);
  }
  std::swap(scope_, scope);
  frames_.pop_back();
  current_ = call_site;
  return result;
}

void Interpreter::bind(const Function& function, Arguments& arguments, Environment& scope) {
  const std::vector<pytorch::Parameter>& parameters = function.node->parameters;
  const std::string& name = function.node->name;
  std::size_t given = 0;
  std::size_t room = 0;
  bool variadic = false;
  for (const pytorch::Parameter& parameter : parameters) {
    if (parameter.kind == ParameterKind::Normal) {
      ++room;
      if (given < arguments.positional.size()) {
        scope.names[parameter.name] = arguments.positional[given++];
      }
    } else if (parameter.kind == ParameterKind::VarPositional) {
      variadic = true;
      const auto first = arguments.positional.begin() + static_cast<std::ptrdiff_t>(given);
      scope.names[parameter.name] = make_tuple({first, arguments.positional.end()});
      given = arguments.positional.size();
    }
  }
  if (given < arguments.positional.size() && !variadic) {
    fail(ErrorKind::Input, fmt::format("{}() takes {} positional arguments but {} were given", name,
                                       room, arguments.positional.size()));
  }
  auto extra = std::make_shared<Dictionary>(Collection::Dict);
  const pytorch::Parameter* rest = nullptr;
  for (const pytorch::Parameter& parameter : parameters) {
    if (parameter.kind == ParameterKind::VarKeyword) rest = &parameter;
  }
  for (auto& [keyword, value] : arguments.keywords) {
    const auto known = std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) {
      return p.name == keyword && p.kind != ParameterKind::VarPositional &&
             p.kind != ParameterKind::VarKeyword;
    });
    if (known != parameters.end()) {
      if (!scope.names.emplace(keyword, std::move(value)).second) {
        fail(ErrorKind::Input,
             fmt::format("{}() got multiple values for argument '{}'", name, keyword));
      }
    } else if (rest != nullptr) {
      extra->insert(make_string(keyword), std::move(value));
    } else {
      std::vector<std::string> names;
      for (const pytorch::Parameter& parameter : parameters) names.push_back(parameter.name);
      const auto near = nearest(keyword, names);
      fail(ErrorKind::Input,
           fmt::format("{}() got an unexpected keyword argument '{}'{}", name, keyword,
                       near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
  }
  if (rest != nullptr) scope.names[rest->name] = Value(Value::Variant(extra));
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const pytorch::Parameter& parameter = parameters[i];
    if (scope.names.count(parameter.name) > 0) continue;
    if (!parameter.default_value) {
      fail(ErrorKind::Input, fmt::format("{}() missing the argument '{}'", name, parameter.name));
    }
    scope.names[parameter.name] = function.defaults[i];
  }
}

}  // namespace fitest::pytorch
