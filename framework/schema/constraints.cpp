// SPDX-License-Identifier: Apache-2.0
#include "schema/constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace fitest {
namespace {

const TensorSpec* find_tensor(const Definition& definition, const std::string& name) {
  for (const auto* specs : {&definition.inputs, &definition.outputs}) {
    for (const TensorSpec& spec : *specs) {
      if (spec.name == name) return &spec;
    }
  }
  return nullptr;
}

// Integers where the dtype is one, so that // and % work on them.
std::optional<ExpressionValue> scalar_of(const Definition& definition, const Workload& workload,
                                         const std::string& name) {
  const InputSpec* input = workload.find_input(name);
  const TensorSpec* spec = find_tensor(definition, name);
  if (input == nullptr || spec == nullptr || input->kind != InputKind::Scalar) return std::nullopt;
  if (kind_of(spec->dtype) == DTypeKind::Float) return input->scalar;
  if (kind_of(spec->dtype) == DTypeKind::Bool) return input->scalar != 0;
  // Beyond 2^53 a double holds no exact integer, and the cast is undefined from 2^63 on.
  if (std::abs(input->scalar) > 9007199254740992.0) return std::nullopt;
  return static_cast<std::int64_t>(input->scalar);
}

bool uses_elements(const Expression& expression) {
  const std::vector<ExpressionName> names = expression.names();
  return std::any_of(names.begin(), names.end(), [](const ExpressionName& name) {
    return name.use == ExpressionName::Use::Element;
  });
}

// "len_indptr = 3, batch_size = 1", or nothing where no name has a value of its own.
std::string values_of(const Expression& expression, const ExpressionScope& scope) {
  std::vector<std::string> values;
  for (const ExpressionName& use : expression.names()) {
    const std::string text(
        use.source->text().substr(use.range.begin, use.range.end - use.range.begin));
    const auto value = Expression::parse(text).evaluate(scope);
    std::string item = text + " = ";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      item += fmt::format("{}", *integer);
    } else if (const auto* number = std::get_if<double>(&value)) {
      item += fmt::format("{}", *number);
    } else {
      item += std::get<bool>(value) ? "True" : "False";
    }
    if (std::find(values.begin(), values.end(), item) == values.end()) values.push_back(item);
  }
  return join(values, ", ");
}

}  // namespace

ExpressionScope scope_of(const Definition& definition, const Workload& workload,
                         const ElementFunction& element) {
  ExpressionScope scope;
  const AxisValues axes = bind_axes(definition, workload.axes);
  for (const auto& [name, value] : axes) scope.names.push_back(name);
  for (const TensorSpec& input : definition.inputs) scope.names.push_back(input.name);
  for (const TensorSpec& output : definition.outputs) scope.names.push_back(output.name);
  scope.variable = [axes, &definition,
                    &workload](const std::string& name) -> std::optional<ExpressionValue> {
    const auto axis = axes.find(name);
    if (axis != axes.end()) return axis->second;
    return scalar_of(definition, workload, name);
  };
  scope.shape = [axes,
                 &definition](const std::string& name) -> std::optional<std::vector<std::int64_t>> {
    const TensorSpec* spec = find_tensor(definition, name);
    if (spec == nullptr || !spec->shape) return std::nullopt;
    return shape_of(*spec, axes);
  };
  scope.element = element;
  return scope;
}

void check_constraints(const Definition& definition, const Workload& workload,
                       const ElementFunction& element, Diagnostics& diagnostics) {
  const ExpressionScope scope = scope_of(definition, workload, element);
  const SourceRange row{workload.range.begin, workload.range.begin + 1};
  for (const Constraint& constraint : definition.constraints) {
    const Expression expression =
        Expression::parse(constraint.text, definition.source, constraint.range);
    if (!element && uses_elements(expression)) continue;
    try {
      if (expression.evaluate_boolean(scope)) continue;
      diagnostics.error(
          workload.source, row,
          fmt::format("the workload {} breaks the constraint \"{}\" of {}: {}", workload.uuid,
                      constraint.text, definition.name, values_of(expression, scope)));
    } catch (const Error& error) {
      diagnostics.error(workload.source, row,
                        fmt::format("the constraint \"{}\" of {} cannot be told for the workload "
                                    "{}:\n{}",
                                    constraint.text, definition.name, workload.uuid, error.what()));
    }
  }
}

}  // namespace fitest
