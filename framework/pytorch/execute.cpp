// SPDX-License-Identifier: Apache-2.0
// Statements.
#include <fmt/format.h>

#include "base/error.h"
#include "pytorch/interpreter.h"

namespace fitest::pytorch {

// Only where somebody asks: finding the line costs.
std::size_t Interpreter::line_of(const Stmt& statement) const {
  return profile_ == nullptr ? 0 : module_->source->position(statement.range.begin).line;
}

Flow Interpreter::execute(const Block& block) {
  for (const Stmt& statement : block) {
    budget_.tick();
    current_ = statement.range;
    const ProfiledLine profiled(profile_, line_of(statement));
    const Flow flow =
        std::visit([&](const auto& node) { return this->execute_node(node); }, statement.node);
    if (flow != Flow::Next) return flow;
  }
  return Flow::Next;
}

Flow Interpreter::execute_node(const ExpressionStatement& statement) {
  evaluate(*statement.value);
  return Flow::Next;
}

Flow Interpreter::execute_node(const Assign& statement) {
  const Value value = evaluate(*statement.value);
  for (const ExprPtr& target : statement.targets) assign(*target, value);
  return Flow::Next;
}

void Interpreter::assign_name(const std::string& name, const Value& value) {
  if (!scope_->redirected.empty()) {
    const auto other = scope_->redirected.find(name);
    if (other != scope_->redirected.end()) {
      other->second->names[name] = value;
      return;
    }
  }
  scope_->names[name] = value;
}

void Interpreter::assign(const Expr& target, const Value& value) {
  if (const auto* name = std::get_if<Name>(&target.node)) return assign_name(name->id, value);
  if (const auto* display = std::get_if<Display>(&target.node)) return unpack(*display, value);
  if (const auto* subscript = std::get_if<Subscript>(&target.node)) {
    const Value object = evaluate(*subscript->object);
    const Value index = evaluate(*subscript->index);
    current_ = target.range;
    const ProfiledOperator profiled(profile_, "[]=");
    return set_item(object, index, value);
  }
  current_ = target.range;
  fail(ErrorKind::Unsupported, "assigning to an attribute is not supported in references");
}

void Interpreter::unpack(const Display& targets, const Value& value) {
  const std::vector<Value> items = items_of(value);
  std::size_t star = targets.items.size();
  for (std::size_t i = 0; i < targets.items.size(); ++i) {
    if (std::holds_alternative<Starred>(targets.items[i]->node)) star = i;
  }
  const bool starred = star < targets.items.size();
  const std::size_t fixed = targets.items.size() - (starred ? 1 : 0);
  if (items.size() < fixed || (!starred && items.size() > fixed)) {
    fail(ErrorKind::Input, fmt::format("{} values to unpack (expected {}{}, got {})",
                                       items.size() < fixed ? "not enough" : "too many",
                                       starred ? "at least " : "", fixed, items.size()));
  }
  const std::size_t middle = items.size() - fixed;
  std::size_t at = 0;
  for (std::size_t i = 0; i < targets.items.size(); ++i) {
    if (i != star) {
      assign(*targets.items[i], items[at++]);
      continue;
    }
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = first + static_cast<std::ptrdiff_t>(middle);
    assign(*std::get<Starred>(targets.items[i]->node).value, make_list({first, last}));
    at += middle;
  }
}

Flow Interpreter::execute_node(const AugmentedAssign& statement) {
  const SourceRange range = current_;
  const Expr& target = *statement.target;
  if (const auto* subscript = std::get_if<Subscript>(&target.node)) {
    const Value object = evaluate(*subscript->object);
    const Value index = evaluate(*subscript->index);
    const Value value = evaluate(*statement.value);
    current_ = range;
    const ProfiledOperator profiled(profile_, "[]=");
    set_item(object, index, augmented_operation(statement.op, get_item(object, index), value));
    return Flow::Next;
  }
  const Value before = evaluate(target);
  const Value value = evaluate(*statement.value);
  current_ = range;
  const ProfiledOperator profiled(profile_, spelling_of(statement.op));
  assign(target, augmented_operation(statement.op, before, value));
  return Flow::Next;
}

Flow Interpreter::execute_node(const Return& statement) {
  if (frames_.size() < 2) fail(ErrorKind::Input, "'return' outside a function");
  returned_ = statement.value ? evaluate(*statement.value) : Value();
  return Flow::Return;
}

Flow Interpreter::execute_node(const If& statement) {
  for (const auto& [condition, body] : statement.branches) {
    if (is_true(evaluate(*condition))) return execute(body);
  }
  return execute(statement.otherwise);
}

Flow Interpreter::execute_node(const For& statement) {
  Flow flow = Flow::Next;
  const Value iterable = evaluate(*statement.iterable);
  for_each_item(iterable, [&](const Value& item) {
    budget_.tick();
    assign(*statement.target, item);
    flow = execute(statement.body);
    return flow != Flow::Break && flow != Flow::Return;
  });
  if (flow == Flow::Return) return flow;
  return flow == Flow::Break ? Flow::Next : execute(statement.otherwise);
}

Flow Interpreter::execute_node(const While& statement) {
  while (is_true(evaluate(*statement.condition))) {
    budget_.tick();
    const Flow flow = execute(statement.body);
    if (flow == Flow::Return) return flow;
    if (flow == Flow::Break) return Flow::Next;
  }
  return execute(statement.otherwise);
}

Flow Interpreter::execute_node(const Assert& statement) {
  const SourceRange range = current_;
  if (is_true(evaluate(*statement.condition))) return Flow::Next;
  std::string message;
  if (statement.message) message = ": " + text_of(evaluate(*statement.message));
  current_ = range;
  fail(ErrorKind::Input, "assertion failed" + message);
}

Flow Interpreter::execute_node(const Raise& statement) {
  const SourceRange range = current_;
  const std::string text = statement.value ? text_of(evaluate(*statement.value)) : "";
  current_ = range;
  fail(ErrorKind::Input, text.empty() ? "raised" : "raised " + text);
}

Flow Interpreter::execute_node(const Delete& statement) {
  for (const ExprPtr& target : statement.targets) delete_target(*target);
  return Flow::Next;
}

void Interpreter::delete_target(const Expr& target) {
  if (const auto* subscript = std::get_if<Subscript>(&target.node)) {
    const Value object = evaluate(*subscript->object);
    delete_item(object, evaluate(*subscript->index));
    return;
  }
  const auto* name = std::get_if<Name>(&target.node);
  if (name == nullptr) fail(ErrorKind::Unsupported, "only names and elements can be deleted");
  if (scope_->names.erase(name->id) == 0) {
    current_ = target.range;
    fail(ErrorKind::Input, fmt::format("name '{}' is not defined", name->id));
  }
}

// The contexts that references use (torch.no_grad() and its kin) do nothing here.
Flow Interpreter::execute_node(const With& statement) {
  for (const auto& [context, target] : statement.items) {
    const Value value = evaluate(*context);
    if (target) assign(*target, value);
  }
  return execute(statement.body);
}

Flow Interpreter::execute_node(const Import& statement) {
  for (const ImportedName& name : statement.names) {
    current_ = name.range;
    const Value module = import_module(name.module);
    if (name.member.empty()) {
      assign_name(name.bound, module);
    } else {
      assign_name(name.bound, attribute_of(module, name.member));
    }
  }
  return Flow::Next;
}

Flow Interpreter::execute_node(const OuterNames& statement) {
  for (const std::string& name : statement.names) {
    if (scope_ == globals_) continue;
    Environment* owner = globals_.get();
    if (!statement.global) {
      owner = scope_->outer.get();
      while (owner != nullptr && owner->names.count(name) == 0) owner = owner->outer.get();
      if (owner == nullptr || owner == globals_.get()) {
        fail(ErrorKind::Input, fmt::format("no binding for nonlocal '{}' found", name));
      }
    }
    scope_->redirected[name] = owner;
  }
  return Flow::Next;
}

// Decorators that references use (torch.no_grad, torch.inference_mode, torch.compile, …) leave the
// function as it is; a function of the reference itself as decorator is called.
Flow Interpreter::execute_node(const FunctionDefinition& statement) {
  Value function = make_function(statement.function);
  const auto& decorators = statement.function->decorators;
  for (auto decorator = decorators.rbegin(); decorator != decorators.rend(); ++decorator) {
    const Value value = evaluate(**decorator);
    Arguments arguments{{function}, {}};
    function = call(value, arguments);
  }
  assign_name(statement.function->name, function);
  return Flow::Next;
}

}  // namespace fitest::pytorch
