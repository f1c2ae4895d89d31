// SPDX-License-Identifier: Apache-2.0
#include "ptx/scope.h"

#include <fmt/format.h>

#include <algorithm>

namespace fitest::ptx {
namespace {

constexpr std::uint64_t kMaxRegisters = std::uint64_t{1} << 22;  // declared by %r<n> in a function
constexpr std::size_t kMaxScopes = 256;                          // nested

// Number of "12"; nothing for "", "012" and what is not a number.
std::int64_t register_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 7 || (digits.size() > 1 && digits[0] == '0')) return -1;
  std::int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

}  // namespace

Scopes::Scopes(Lexer& lexer, Function& function, const NameSet& module_names)
    : lexer_(lexer), function_(function), module_names_(module_names) {
  scopes_.emplace_back();
}

void Scopes::open(SourceRange brace) {
  if (scopes_.size() >= kMaxScopes) {
    lexer_.fail(brace, fmt::format("more than {} nested scopes", kMaxScopes));
  }
  scopes_.emplace_back();
  scopes_.back().brace = brace;
}

void Scopes::close() {
  Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  for (const Reference& reference : scope.references) {
    const auto label = scope.labels.find(reference.name);
    if (label != scope.labels.end()) {
      resolve(reference, label->second);
    } else if (scopes_.empty()) {
      lexer_.fail(reference.range,
                  fmt::format("'{}' is not declared: no variable, function or label of this name "
                              "is in scope",
                              reference.name));
    } else {
      scopes_.back().references.push_back(reference);
    }
  }
}

void Scopes::require_new(const Token& name) const {
  const Scope& scope = scopes_.back();
  if (scope.declared.count(name.text) + scope.vectors.count(name.text) +
          scope.variables.count(name.text) ==
      0) {
    return;
  }
  lexer_.fail(name.range, fmt::format("'{}' is declared twice in this scope", name.text));
}

void Scopes::declare_register(const Token& name, Type type, int vector_width) {
  require_new(name);
  Scope& scope = scopes_.back();
  if (vector_width == 1) {
    scope.declared.emplace(name.text, type);
    return;
  }
  std::vector<int>& elements = scope.vectors[name.text];
  for (int i = 0; i < vector_width; ++i) {
    elements.push_back(add_register(fmt::format("{}.{}", name.text, "xyzw"[i]), type));
  }
}

void Scopes::declare_registers(const RegisterRange& range, SourceRange where) {
  if (range.count > kMaxRegisters - declared_registers_) {
    lexer_.fail(where, fmt::format("{}<{}>: a function may declare {} registers at most",
                                   range.prefix, range.count, kMaxRegisters));
  }
  declared_registers_ += range.count;
  scopes_.back().ranges.push_back({range, {}});
}

std::string Scopes::declare_variable(const Token& name) {
  require_new(name);
  std::string unique = unique_name(name.text);
  scopes_.back().variables.emplace(name.text, unique);
  return unique;
}

std::string Scopes::declare_label(const Token& name) {
  std::unordered_map<std::string_view, std::string>& labels = scopes_.back().labels;
  if (labels.count(name.text) != 0) {
    lexer_.fail(name.range, fmt::format("label '{}' is declared twice in this scope", name.text));
  }
  return labels.emplace(name.text, unique_name(name.text)).first->second;
}

int Scopes::find_register(std::string_view name) {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const int in_range = find_in_ranges(*scope, name);
    if (in_range >= 0) return in_range;
    const auto used = scope->registers.find(name);
    if (used != scope->registers.end()) return used->second;
    const auto declared = scope->declared.find(name);
    if (declared != scope->declared.end()) {
      const int index = add_register(std::string(name), declared->second);
      scope->registers.emplace(name, index);
      return index;
    }
    // An inner variable hides an outer register.
    if (scope->variables.count(name) + scope->vectors.count(name) != 0) return -1;
  }
  return -1;
}

int Scopes::find_in_ranges(Scope& scope, std::string_view name) {
  for (Range& range : scope.ranges) {
    const std::string_view prefix = range.declared.prefix;
    if (name.substr(0, prefix.size()) != prefix) continue;
    const std::int64_t number = register_number(name.substr(prefix.size()));
    if (number < 0 || static_cast<std::uint64_t>(number) >= range.declared.count) continue;
    const auto at = static_cast<std::size_t>(number);
    if (range.indices.size() <= at) {
      range.indices.resize(std::min<std::size_t>(range.declared.count, at + at / 2 + 8), -1);
    }
    int& index = range.indices[at];
    if (index < 0) index = add_register(std::string(name), range.declared.type);
    return index;
  }
  return -1;
}

const std::vector<int>* Scopes::find_vector(std::string_view name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto found = scope->vectors.find(name);
    if (found != scope->vectors.end()) return &found->second;
  }
  return nullptr;
}

std::string Scopes::find_variable(std::string_view name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    const auto found = scope->variables.find(name);
    if (found != scope->variables.end()) return found->second;
  }
  return module_names_.count(name) != 0 ? std::string(name) : std::string();
}

void Scopes::refer(const Token& name, std::string* resolved) {
  scopes_.back().references.push_back({name.text, name.range, resolved, 0, 0});
}

void Scopes::refer(const Token& name, std::size_t instruction, std::size_t operand) {
  scopes_.back().references.push_back({name.text, name.range, nullptr, instruction, operand});
}

void Scopes::resolve(const Reference& reference, const std::string& name) {
  if (reference.text != nullptr) {
    *reference.text = name;
    return;
  }
  Operand& operand = function_.instructions[reference.instruction].operands[reference.operand];
  operand.name = name;
}

int Scopes::add_register(std::string name, Type type) {
  function_.registers.push_back({std::move(name), type});
  return static_cast<int>(function_.registers.size()) - 1;
}

// '@' cannot occur in a name of PTX.
std::string Scopes::unique_name(std::string_view name) {
  const int use = ++uses_[std::string(name)];
  if (use == 1 && module_names_.count(name) == 0) return std::string(name);
  return fmt::format("{}@{}", name, use);
}

}  // namespace fitest::ptx
