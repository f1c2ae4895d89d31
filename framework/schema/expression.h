// SPDX-License-Identifier: Apache-2.0
// The expression language of constraints and launch plans (DESIGN §3): Python's integer, comparison
// and boolean operators, //, %, **, min max ceil_div round_up next_pow2 len, names, x.shape[i],
// x[i], x[-1].item(), device.sm_count, device.shared_memory.
//
// Also: abs, the bit operators, /, a if c else b, len(x) and len(x.shape), numbers, True and False.
// Integers have 64 bits; a result that does not fit is an error, as is a division by zero.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source.h"

namespace fitest {

// Floats appear where a literal or a float scalar input does; everything else is an integer.
using ExpressionValue = std::variant<bool, std::int64_t, double>;

// What names mean. Unset functions know no names.
struct ExpressionScope {
  // Axis, let and scalar names, and dotted names such as "device.sm_count".
  std::function<std::optional<ExpressionValue>(const std::string&)> variable;
  // Shape of an input or output.
  std::function<std::optional<std::vector<std::int64_t>>(const std::string&)> shape;
  // Element of an integer tensor by flat index after bounds checks.
  std::function<std::optional<std::int64_t>(const std::string&, std::int64_t index)> element;
  // Every name that is in scope, for "did you mean".
  std::vector<std::string> names;
};

// A name that an expression uses.
struct ExpressionName {
  std::string name;
  enum class Use : std::uint8_t { Value, Shape, Element } use = Use::Value;
  SourcePtr source;
  SourceRange range;
};

class Expression {
 public:
  // Error (Input) that points into the text. `range` is where the text stands in `source`; a null
  // source makes the text its own.
  static Expression parse(const std::string& text, const SourcePtr& source = nullptr,
                          SourceRange range = {});
  // The same with the problem in `diagnostics`.
  static std::optional<Expression> read(const std::string& text, const SourcePtr& source,
                                        SourceRange range, Diagnostics& diagnostics);
  ExpressionValue evaluate(const ExpressionScope& scope) const;
  std::int64_t evaluate_integer(const ExpressionScope& scope) const;
  bool evaluate_boolean(const ExpressionScope& scope) const;
  const std::string& text() const;
  // In the order of the text, repetitions included.
  std::vector<ExpressionName> names() const;

  struct Node;  // expression_node.h

 private:
  std::shared_ptr<const Node> root_;
  std::string text_;
  SourcePtr source_;
};

}  // namespace fitest
