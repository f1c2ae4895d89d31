// SPDX-License-Identifier: Apache-2.0
#include "run/scope.h"

#include <algorithm>

namespace fitest {
namespace {

const NamedTensor* find_input(const CaseScope& scope, const std::string& name) {
  if (scope.inputs == nullptr) return nullptr;
  const auto found = std::find_if(scope.inputs->begin(), scope.inputs->end(),
                                  [&](const NamedTensor& input) { return input.name == name; });
  return found == scope.inputs->end() ? nullptr : &*found;
}

std::optional<ExpressionValue> device_property(const DeviceProperties& device,
                                               const std::string& name) {
  if (name == "device.sm_count") return std::int64_t{device.sm_count};
  if (name == "device.shared_memory") {
    return static_cast<std::int64_t>(device.shared_memory_per_block);
  }
  return std::nullopt;
}

ExpressionValue scalar_value(const NamedTensor& input) {
  if (kind_of(input.tensor.dtype()) == DTypeKind::Float) return input.scalar_value;
  return element_as_integer(input.tensor, 0);
}

std::optional<ExpressionValue> variable(const CaseScope& scope, const std::string& name) {
  if (const auto found = scope.let.find(name); found != scope.let.end()) return found->second;
  if (const auto found = scope.axes.find(name); found != scope.axes.end()) return found->second;
  const NamedTensor* input = find_input(scope, name);
  if (input != nullptr && input->is_scalar) return scalar_value(*input);
  if (scope.device != nullptr) return device_property(*scope.device, name);
  return std::nullopt;
}

std::optional<Shape> shape(const CaseScope& scope, const std::string& name) {
  const NamedTensor* input = find_input(scope, name);
  if (input != nullptr && !input->is_scalar) return input->tensor.shape();
  const auto output = scope.output_shapes.find(name);
  if (output != scope.output_shapes.end()) return output->second;
  return std::nullopt;
}

std::optional<std::int64_t> element(const CaseScope& scope, const std::string& name,
                                    std::int64_t index) {
  const NamedTensor* input = find_input(scope, name);
  if (input == nullptr || input->is_scalar) return std::nullopt;
  if (kind_of(input->tensor.dtype()) == DTypeKind::Float) return std::nullopt;
  if (index < 0 || static_cast<std::size_t>(index) >= input->tensor.count()) return std::nullopt;
  return element_as_integer(input->tensor, static_cast<std::size_t>(index));
}

std::vector<std::string> names_in(const CaseScope& scope) {
  std::vector<std::string> names;
  for (const auto& entry : scope.let) names.push_back(entry.first);
  for (const auto& entry : scope.axes) names.push_back(entry.first);
  for (const auto& entry : scope.output_shapes) names.push_back(entry.first);
  if (scope.inputs != nullptr) {
    for (const NamedTensor& input : *scope.inputs) names.push_back(input.name);
  }
  if (scope.device != nullptr) {
    names.insert(names.end(), {"device.sm_count", "device.shared_memory"});
  }
  return names;
}

}  // namespace

CaseScope launch_scope(const Case& planned, const std::vector<NamedTensor>& inputs,
                       const DeviceProperties& device) {
  CaseScope scope;
  scope.axes = bind_axes(*planned.definition, planned.workload->axes);
  scope.inputs = &inputs;
  scope.device = &device;
  for (const TensorSpec& output : planned.definition->outputs) {
    scope.output_shapes[output.name] = shape_of(output, scope.axes);
  }
  return scope;
}

ExpressionScope CaseScope::expression_scope() const {
  ExpressionScope scope;
  scope.variable = [this](const std::string& name) { return variable(*this, name); };
  scope.shape = [this](const std::string& name) { return shape(*this, name); };
  scope.element = [this](const std::string& name, std::int64_t index) {
    return element(*this, name, index);
  };
  scope.names = names_in(*this);
  return scope;
}

}  // namespace fitest
