// SPDX-License-Identifier: Apache-2.0
// Any text as an expression: a value or an Error, never a crash, an overflow or an endless loop.
#include "schema/expression.h"
#include "schema/launch_plan.h"
#include "schema/python_outline.h"

namespace fitest {
namespace {

ExpressionScope scope() {
  ExpressionScope scope;
  scope.variable = [](const std::string& name) -> std::optional<ExpressionValue> {
    if (name == "n") return std::int64_t{10};
    if (name == "s") return 0.5;
    return std::nullopt;
  };
  scope.shape = [](const std::string& name) -> std::optional<std::vector<std::int64_t>> {
    if (name == "x") return std::vector<std::int64_t>{3};
    return std::nullopt;
  };
  scope.element = [](const std::string&, std::int64_t index) { return index; };
  scope.names = {"n", "s", "x"};
  return scope;
}

void read_text(const std::string& text) {
  split_placeholders(text);
  outline_python(text);
  try {
    const Expression expression = Expression::parse(text);
    expression.names();
    expression.evaluate(scope());
  } catch (const Error&) {
    return;
  }
}

}  // namespace
}  // namespace fitest

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  fitest::read_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
