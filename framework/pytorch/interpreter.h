// SPDX-License-Identifier: Apache-2.0
// Walks the syntax tree of a reference.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pytorch/budget.h"
#include "pytorch/profile.h"
#include "pytorch/value.h"

namespace fitest::pytorch {

// The names of a module or of one call; functions keep the one they were defined in.
struct Environment {
  std::unordered_map<std::string, Value> names;
  std::shared_ptr<Environment> outer;                        // null for the module
  std::unordered_map<std::string, Environment*> redirected;  // by global and nonlocal
};
using EnvironmentPtr = std::shared_ptr<Environment>;

enum class Flow { Next, Break, Continue, Return };

class Interpreter {
 public:
  Interpreter(std::shared_ptr<const Module> module, const Limits& limits, std::string* output);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Keeps the times of every line and operator from now on; the interpreter does not own it.
  void set_profile(Profile* profile) { profile_ = profile; }
  // Runs the top level, then `run`. Errors carry file:line:col and a traceback.
  Value run(Arguments arguments);
  Value call(const Value& callee, Arguments& arguments);
  void print(const std::string& text);

 private:
  struct Frame {
    std::string function;
    SourceRange call_site;
  };

  // execute.cpp
  std::size_t line_of(const Stmt& statement) const;
  Flow execute(const Block& block);
  Flow execute_node(const ExpressionStatement& statement);
  Flow execute_node(const Assign& statement);
  Flow execute_node(const AugmentedAssign& statement);
  Flow execute_node(const Return& statement);
  Flow execute_node(const If& statement);
  Flow execute_node(const For& statement);
  Flow execute_node(const While& statement);
  Flow execute_node(const Break&) { return Flow::Break; }
  Flow execute_node(const Continue&) { return Flow::Continue; }
  Flow execute_node(const Pass&) { return Flow::Next; }
  Flow execute_node(const Assert& statement);
  Flow execute_node(const Raise& statement);
  Flow execute_node(const Delete& statement);
  Flow execute_node(const With& statement);
  Flow execute_node(const Import& statement);
  Flow execute_node(const OuterNames& statement);
  Flow execute_node(const FunctionDefinition& statement);
  void assign_name(const std::string& name, const Value& value);
  void assign(const Expr& target, const Value& value);
  void unpack(const Display& targets, const Value& value);
  void delete_target(const Expr& target);

  // evaluate.cpp
  Value evaluate(const Expr& expr);
  Value evaluate_node(const Literal& literal);
  Value evaluate_node(const Name& name);
  Value evaluate_at(const Attribute& attribute, SourceRange range);
  Value evaluate_at(const Subscript& subscript, SourceRange range);
  Value evaluate_at(const Call& call, SourceRange range);
  Value evaluate_at(const Unary& unary, SourceRange range);
  Value evaluate_at(const Binary& binary, SourceRange range);
  Value evaluate_at(const Compare& compare, SourceRange range);
  Value evaluate_node(const Logical& logical);
  Value evaluate_node(const Conditional& conditional);
  Value evaluate_node(const Display& display);
  Value evaluate_node(const DictDisplay& display);
  Value evaluate_node(const SliceExpr& slice);
  Value evaluate_at(const Starred& starred, SourceRange range);
  Value evaluate_node(const NamedExpr& named);
  Value evaluate_node(const FormatString& format);
  Value evaluate_node(const Comprehension& comprehension);
  Value evaluate_node(const Lambda& lambda);
  std::vector<Value> evaluate_items(const std::vector<ExprPtr>& items);
  std::string format_pieces(const std::vector<FormatPiece>& pieces);
  void comprehend(const Comprehension& comprehension, std::size_t clause,
                  const std::function<void()>& emit);
  Value make_function(const std::shared_ptr<FunctionNode>& node);

  // call.cpp
  Value call_function(const std::shared_ptr<const Function>& function, Arguments& arguments);
  static void bind(const Function& function, const Arguments& arguments, Environment& scope);
  [[noreturn]] void rethrow_located(const std::exception& error, ErrorKind kind);

  Value* lookup(const std::string& name);
  std::vector<std::string> visible_names() const;
  EnvironmentPtr make_environment(EnvironmentPtr outer);

  std::shared_ptr<const Module> module_;
  Limits limits_;
  std::string* output_;
  Profile* profile_ = nullptr;
  Budget budget_;
  EnvironmentPtr globals_;
  EnvironmentPtr scope_;
  // Closures and their environments refer to each other: the end of the run cuts the knots.
  std::vector<std::weak_ptr<Environment>> environments_;
  std::vector<Frame> frames_;
  SourceRange current_;  // of the node at work, for errors
  Value returned_;
  int depth_ = 0;
};

// Python's names: len, range, … ; null if there is none.
const Value* find_builtin(const std::string& name);
std::vector<std::string> builtin_names();
// Error (Unsupported) if there is no such module, or nothing of that name in it.
Value import_module(const std::string& module);
Value module_attribute(const ModuleInfo& module, const std::string& name);
// Error (Unsupported) with the nearest name.
Value attribute_of(const Value& object, const std::string& name);

// operators.cpp: Python's operators on every kind of value.
Value unary_operation(UnaryOperator op, const Value& operand);
Value binary_operation(BinaryOperator op, const Value& left, const Value& right);
// "+", "@", …
std::string_view spelling_of(BinaryOperator op);
// x += y; a tensor or list on the left is changed in place.
Value augmented_operation(BinaryOperator op, const Value& left, const Value& right);
Value compare_operation(CompareOperator op, const Value& left, const Value& right);
// x[i], x[i] = y, del x[i]
Value get_item(const Value& object, const Value& index);
void set_item(const Value& object, const Value& index, const Value& value);
void delete_item(const Value& object, const Value& index);
// format(value, specification)
std::string format_value(const Value& value, const std::string& specification);

}  // namespace fitest::pytorch
