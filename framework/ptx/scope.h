// SPDX-License-Identifier: Apache-2.0
// What names mean inside a function: nested { } scopes flattened into one Function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ptx/lexer.h"
#include "ptx/module.h"

namespace fitest::ptx {

// Names at module scope; views into the source.
using NameSet = std::unordered_set<std::string_view>;

struct RegisterRange {
  std::string_view prefix;  // "%r" of %r<12>
  std::uint64_t count = 0;
  Type type = Type::None;
};

class Scopes {
 public:
  Scopes(Lexer& lexer, Function& function, const NameSet& module_names);

  void open(SourceRange brace);
  void close();
  bool is_nested() const { return scopes_.size() > 1; }
  // Range of the '{' of the innermost scope.
  SourceRange open_brace() const { return scopes_.back().brace; }

  void declare_register(const Token& name, Type type, int vector_width);
  void declare_registers(const RegisterRange& range, SourceRange where);
  // The name under which the function keeps the variable.
  std::string declare_variable(const Token& name);
  std::string declare_label(const Token& name);

  // Index of the register, made at its first use, or -1 if there is no such register.
  int find_register(std::string_view name);
  // Indices of the elements of a vector register; null if it is none.
  const std::vector<int>* find_vector(std::string_view name) const;
  // Name in the flattened function or module; empty if there is no such variable or function.
  std::string find_variable(std::string_view name) const;

  // A label or prototype that may be declared later: given its name when a scope knows it.
  void refer(const Token& name, std::string* resolved);
  void refer(const Token& name, std::size_t instruction, std::size_t operand);

 private:
  struct Range {
    RegisterRange declared;
    std::vector<int> indices;  // -1: not used yet
  };
  struct Reference {
    std::string_view name;
    SourceRange range;
    std::string* text = nullptr;  // or:
    std::size_t instruction = 0;
    std::size_t operand = 0;
  };
  struct Scope {
    SourceRange brace;
    std::vector<Range> ranges;
    std::unordered_map<std::string_view, Type> declared;  // registers; a used one is in `registers`
    std::unordered_map<std::string_view, int> registers;
    std::unordered_map<std::string_view, std::vector<int>> vectors;
    std::unordered_map<std::string_view, std::string> variables;
    std::unordered_map<std::string_view, std::string> labels;
    std::vector<Reference> references;
  };

  int add_register(std::string name, Type type);
  int find_in_ranges(Scope& scope, std::string_view name);
  std::string unique_name(std::string_view name);
  void require_new(const Token& name) const;
  void resolve(const Reference& reference, const std::string& name);

  Lexer& lexer_;
  Function& function_;
  const NameSet& module_names_;
  std::vector<Scope> scopes_;
  std::uint64_t declared_registers_ = 0;       // by ranges
  std::unordered_map<std::string, int> uses_;  // of a name by variables and labels so far
};

}  // namespace fitest::ptx
