// SPDX-License-Identifier: Apache-2.0
// Calls: Python functions, functions written in C++, operators and types.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "pytorch/interpreter.h"
#include "pytorch/operator.h"

namespace fitest::pytorch {
namespace {

// The positional arguments; Error (Input) if there are too many.
void bind_positional(const Function& function, const std::vector<Value>& given,
                     Environment& scope) {
  std::size_t at = 0;
  std::size_t room = 0;
  bool variadic = false;
  for (const Parameter& parameter : function.node->parameters) {
    if (parameter.kind == ParameterKind::Normal) {
      ++room;
      if (at < given.size()) scope.names[parameter.name] = given[at++];
    } else if (parameter.kind == ParameterKind::VarPositional) {
      variadic = true;
      const auto rest = given.begin() + static_cast<std::ptrdiff_t>(at);
      scope.names[parameter.name] = make_tuple({rest, given.end()});
      at = given.size();
    }
  }
  if (at < given.size() && !variadic) {
    fail(ErrorKind::Input, fmt::format("{}() takes {} positional arguments but {} were given",
                                       function.node->name, room, given.size()));
  }
}

[[noreturn]] void unexpected_keyword(const FunctionNode& function, const std::string& keyword) {
  std::vector<std::string> names;
  for (const Parameter& parameter : function.parameters) names.push_back(parameter.name);
  const auto near = nearest(keyword, names);
  fail(ErrorKind::Input,
       fmt::format("{}() got an unexpected keyword argument '{}'{}", function.name, keyword,
                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

void bind_keywords(const FunctionNode& function, const Arguments& arguments, Environment& scope) {
  auto extra = std::make_shared<Dictionary>(Collection::Dict);
  const Parameter* rest = nullptr;
  for (const Parameter& parameter : function.parameters) {
    if (parameter.kind == ParameterKind::VarKeyword) rest = &parameter;
  }
  for (const auto& [keyword, value] : arguments.keywords) {
    const bool known = std::any_of(function.parameters.begin(), function.parameters.end(),
                                   [&name = keyword](const Parameter& p) {
                                     const bool named = p.kind == ParameterKind::Normal ||
                                                        p.kind == ParameterKind::KeywordOnly;
                                     return named && p.name == name;
                                   });
    if (known && !scope.names.emplace(keyword, value).second) {
      fail(ErrorKind::Input,
           fmt::format("{}() got multiple values for argument '{}'", function.name, keyword));
    }
    if (!known && rest == nullptr) unexpected_keyword(function, keyword);
    if (!known) extra->insert(make_string(keyword), value);
  }
  if (rest != nullptr) scope.names[rest->name] = Value(Value::Variant(extra));
}

}  // namespace

Value Interpreter::call(const Value& callee, Arguments& arguments) {
  if (const auto* target = callee.as<std::shared_ptr<const BoundOperator>>()) {
    budget_.check_time();
    const ProfiledOperator profiled(profile_, (*target)->overloads->name);
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

void Interpreter::bind(const Function& function, const Arguments& arguments, Environment& scope) {
  bind_positional(function, arguments.positional, scope);
  bind_keywords(*function.node, arguments, scope);
  const std::vector<Parameter>& parameters = function.node->parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (scope.names.count(parameters[i].name) > 0) continue;
    if (!parameters[i].default_value) {
      fail(ErrorKind::Input,
           fmt::format("{}() missing the argument '{}'", function.node->name, parameters[i].name));
    }
    scope.names[parameters[i].name] = function.defaults[i];
  }
}

}  // namespace fitest::pytorch
