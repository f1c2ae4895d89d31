// SPDX-License-Identifier: Apache-2.0
#include "schema/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/fields.h"

namespace fitest {
namespace {

class WorkloadReader {
 public:
  WorkloadReader(const Value& document, Diagnostics& diagnostics)
      : row_(document, "the workload row", diagnostics), diagnostics_(diagnostics) {}

  std::optional<Workload> read() {
    const std::size_t errors_before = diagnostics_.error_count();
    if (!row_.valid()) return std::nullopt;
    workload_.definition = row_.text("definition");
    if (row_.object().find("workload") != nullptr) {
      read_trace_row();
    } else {
      read_body(row_);
    }
    row_.warn_unknown_keys();
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    workload_.document = row_.object();
    workload_.source = row_.object().source();
    workload_.range = row_.object().range();
    return std::move(workload_);
  }

 private:
  // The official form: a Trace whose solution and evaluation are null.
  void read_trace_row() {
    for (const char* key : {"solution", "evaluation"}) {
      if (const Value* value = row_.find(key)) {
        row_.error(*value, fmt::format("\"{}\" must be null in a file of workloads", key));
      }
    }
    const Value* body = row_.require("workload", Value::Type::Object);
    if (body == nullptr) return;
    Fields fields(*body, "the workload", diagnostics_);
    read_body(fields);
    fields.warn_unknown_keys();
  }

  void read_body(Fields& fields) {
    workload_.uuid = fields.text("uuid");
    if (const Value* uuid = fields.find("uuid")) check_name(*uuid, "\"uuid\"", diagnostics_);
    workload_.tags = fields.optional_texts("tags");
    fields.ignore("description");
    read_axes(fields);
    if (const Value* inputs = fields.find("inputs", Value::Type::Object)) {
      for (const auto& [name, value] : inputs->object()) read_input(name, value);
    }
  }

  void read_axes(Fields& fields) {
    const Value* axes = fields.require("axes", Value::Type::Object);
    if (axes == nullptr) return;
    for (const auto& [name, value] : axes->object()) {
      const std::string what = fmt::format("the axis \"{}\"", name);
      if (!check_type(value, Value::Type::Integer, what, diagnostics_)) continue;
      if (value.integer() < 0) fields.error(value, what + " is negative");
      workload_.axes[name] = value.integer();
    }
  }

  void read_input(const std::string& name, const Value& value) {
    Fields fields(value, fmt::format("the input \"{}\"", name), diagnostics_);
    if (!fields.valid()) return;
    InputSpec input;
    input.name = name;
    input.range = value.range();
    const std::string type = fields.text("type");
    if (type == "random") {
      input.kind = InputKind::Random;
    } else if (type == "scalar") {
      read_scalar(input, fields);
    } else if (type == "safetensors") {
      read_safetensors(input, fields);
    } else {
      read_generated(input, fields, type);
    }
    fields.warn_unknown_keys();
    workload_.inputs.push_back(std::move(input));
  }

  void read_scalar(InputSpec& input, Fields& fields) {
    input.kind = InputKind::Scalar;
    const Value* value = fields.require("value");
    if (value == nullptr) return;
    if (value->is_boolean()) {
      input.scalar = value->boolean() ? 1 : 0;
    } else if (check_type(*value, Value::Type::Number, "\"value\"", diagnostics_)) {
      input.scalar = value->number();
    }
  }

  void read_safetensors(InputSpec& input, Fields& fields) {
    input.kind = InputKind::Safetensors;
    input.path = fields.text("path");
    input.tensor_key = fields.text("tensor_key");
    const Value* path = fields.find("path");
    if (path != nullptr && path->is_string()) check_relative_path(*path, diagnostics_);
  }

  // Parameters belong to the generator, which checks them.
  void read_generated(InputSpec& input, Fields& fields, const std::string& type) {
    input.kind = InputKind::Generated;
    input.generator = type;
    for (const auto& [key, parameter] : fields.object().object()) {
      if (key == "type") continue;
      fields.ignore(key);
      input.parameters.emplace_back(key, parameter);
    }
  }

  Fields row_;
  Diagnostics& diagnostics_;
  Workload workload_;
};

std::vector<std::string> names_of(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  names.reserve(specs.size());
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

const TensorSpec* find_tensor(const std::vector<TensorSpec>& specs, const std::string& name) {
  const auto found = std::find_if(specs.begin(), specs.end(),
                                  [&](const TensorSpec& spec) { return spec.name == name; });
  return found == specs.end() ? nullptr : &*found;
}

// The object with axes and inputs: inside "workload" in the official form.
const Value& body_of(const Workload& workload) {
  const Value* inner = workload.document.find("workload");
  return inner == nullptr ? workload.document : *inner;
}

void check_axes(const Workload& workload, const Definition& definition, Diagnostics& diagnostics) {
  const Value* axes = body_of(workload).find("axes");
  if (axes == nullptr) return;
  std::vector<std::string> variable;
  for (const Axis& axis : definition.axes) {
    if (!axis.constant) variable.push_back(axis.name);
    if (axis.constant || workload.axes.contains(axis.name)) continue;
    diagnostics.error(
        workload.source, opening(*axes),
        fmt::format("\"axes\" has no \"{}\", a variable axis of {}", axis.name, definition.name));
  }
  for (const auto& [name, value] : axes->object()) {
    const Axis* axis = definition.find_axis(name);
    if (axis == nullptr) {
      diagnostics.error(workload.source, value.key_range(),
                        fmt::format("{} has no axis \"{}\"{}", definition.name, name,
                                    suggestion(name, variable)));
    } else if (axis->constant && (!value.is_integer() || value.integer() != *axis->constant)) {
      diagnostics.error(workload.source, value.range(),
                        fmt::format("the axis \"{}\" of {} is constant: {}", name, definition.name,
                                    *axis->constant));
    }
  }
}

void check_input(const InputSpec& input, const TensorSpec& spec, const Workload& workload,
                 Diagnostics& diagnostics) {
  const bool is_scalar = !spec.shape;
  if (is_scalar && input.kind == InputKind::Safetensors) {
    diagnostics.error(
        workload.source, input.range,
        fmt::format("the input \"{}\" is a scalar; safetensors files hold tensors", input.name));
  }
  if (!is_scalar && input.kind == InputKind::Scalar) {
    diagnostics.error(
        workload.source, input.range,
        fmt::format("the input \"{}\" is a tensor; only inputs with a null shape take a scalar",
                    input.name));
  }
}

}  // namespace

const InputSpec* Workload::find_input(const std::string& name) const {
  for (const InputSpec& input : inputs) {
    if (input.name == name) return &input;
  }
  return nullptr;
}

std::optional<Workload> read_workload(const Value& document, Diagnostics& diagnostics) {
  return WorkloadReader(document, diagnostics).read();
}

void check_workload(const Workload& workload, const Definition& definition,
                    Diagnostics& diagnostics) {
  check_axes(workload, definition, diagnostics);
  const Value* inputs = body_of(workload).find("inputs");
  for (const InputSpec& input : workload.inputs) {
    const TensorSpec* spec = find_tensor(definition.inputs, input.name);
    if (spec != nullptr) {
      check_input(input, *spec, workload, diagnostics);
      continue;
    }
    const Value* value = inputs == nullptr ? nullptr : inputs->find(input.name);
    diagnostics.error(workload.source, value == nullptr ? input.range : value->key_range(),
                      fmt::format("{} has no input \"{}\"{}", definition.name, input.name,
                                  suggestion(input.name, names_of(definition.inputs))));
  }
}

void complete_inputs(Workload& workload, const Definition& definition) {
  std::vector<InputSpec> ordered;
  for (const TensorSpec& spec : definition.inputs) {
    if (const InputSpec* given = workload.find_input(spec.name)) {
      ordered.push_back(*given);
    } else if (!spec.optional) {
      InputSpec random;
      random.name = spec.name;
      random.range = workload.range;
      ordered.push_back(std::move(random));
    }
  }
  workload.inputs = std::move(ordered);
}

}  // namespace fitest
