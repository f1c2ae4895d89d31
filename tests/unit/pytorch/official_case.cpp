// SPDX-License-Identifier: Apache-2.0
#include "official_case.h"

#include "generated_input.h"

namespace fitest::pytorch {
namespace {

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

SourcePtr reference_of(const Definition& definition, const fitest::Value& workload) {
  std::string text = definition.reference;
  if (const fitest::Value* replace = workload.find("replace")) {
    for (const fitest::Value& pair : replace->array()) {
      text = replace_all(text, pair.array()[0].string(), pair.array()[1].string());
    }
  }
  return make_source(definition.name + ": reference", text);
}

std::vector<NamedTensor> arguments_of(const Definition& definition, const fitest::Value& workload) {
  AxisValues axes;
  for (const Axis& axis : definition.axes) {
    if (axis.constant) axes[axis.name] = *axis.constant;
  }
  for (const auto& [axis, extent] : workload.find("axes")->object()) axes[axis] = extent.integer();
  const fitest::Value* inputs = workload.find("inputs");
  std::vector<NamedTensor> arguments;
  for (const TensorSpec& spec : definition.inputs) {
    const fitest::Value* given = inputs != nullptr ? inputs->find(spec.name) : nullptr;
    if (!spec.shape) {
      const double number = given->number();
      arguments.push_back({spec.name, scalar_tensor(spec.dtype, number), true, number});
    } else {
      arguments.push_back(
          {spec.name, make_input(given, spec.dtype, shape_of(spec, axes), arguments.size() + 1)});
    }
  }
  return arguments;
}

}  // namespace fitest::pytorch
