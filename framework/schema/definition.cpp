// SPDX-License-Identifier: Apache-2.0
#include "schema/definition.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "schema/fields.h"
#include "schema/python_outline.h"

namespace fitest {
namespace {

class DefinitionReader {
 public:
  DefinitionReader(const Value& document, Diagnostics& diagnostics)
      : fields_(document, "the definition", diagnostics), diagnostics_(diagnostics) {}

  std::optional<Definition> read() {
    const std::size_t errors_before = diagnostics_.error_count();
    if (!fields_.valid()) return std::nullopt;
    definition_.source = fields_.object().source();
    definition_.name = fields_.text("name");
    definition_.op_type = fields_.text("op_type");
    for (const char* key : {"name", "op_type"}) {
      if (const Value* value = fields_.find(key)) {
        check_name(*value, fmt::format("\"{}\"", key), diagnostics_);
      }
    }
    definition_.description = fields_.optional_text("description");
    definition_.tags = fields_.optional_texts("tags");
    read_axes();
    definition_.inputs = read_tensors("inputs", "input");
    definition_.outputs = read_tensors("outputs", "output");
    check_names_disjoint();
    read_constraints();
    read_reference();
    fields_.warn_unknown_keys();
    if (diagnostics_.error_count() > errors_before) return std::nullopt;
    definition_.document = fields_.object();
    return std::move(definition_);
  }

 private:
  void read_axes() {
    const Value* axes = fields_.require("axes", Value::Type::Object);
    if (axes == nullptr) return;
    for (const auto& [name, value] : axes->object()) {
      check_identifier(name, value, "the axis");
      Fields fields(value, fmt::format("the axis \"{}\"", name), diagnostics_);
      if (!fields.valid()) continue;
      definition_.axes.push_back(read_axis(name, fields));
      fields.warn_unknown_keys();
    }
  }

  Axis read_axis(const std::string& name, Fields& fields) {
    Axis axis;
    axis.name = name;
    axis.description = fields.optional_text("description");
    const std::string type = fields.text("type");
    if (type == "const") {
      const Value* value = fields.require("value", Value::Type::Integer);
      axis.constant = value == nullptr ? 0 : value->integer();
      if (*axis.constant < 0) {
        fields.error(*value, fmt::format("the axis \"{}\" is negative", name));
      }
    } else if (type == "var") {
      fields.ignore("parent");
    } else if (!type.empty()) {
      fields.error(*fields.find("type"),
                   fmt::format("unknown axis type \"{}\"; there are \"const\" and \"var\"", type));
    }
    return axis;
  }

  std::vector<TensorSpec> read_tensors(std::string_view key, const std::string& what) {
    std::vector<TensorSpec> specs;
    const Value* tensors = fields_.require(key, Value::Type::Object);
    if (tensors == nullptr) return specs;
    if (tensors->object().empty()) fields_.error(*tensors, fmt::format("\"{}\" is empty", key));
    for (const auto& [name, value] : tensors->object()) {
      check_identifier(name, value, "the " + what);
      Fields fields(value, fmt::format("the {} \"{}\"", what, name), diagnostics_);
      if (!fields.valid()) continue;
      specs.push_back(read_tensor(name, fields));
      fields.warn_unknown_keys();
    }
    return specs;
  }

  TensorSpec read_tensor(const std::string& name, Fields& fields) {
    TensorSpec spec;
    spec.name = name;
    spec.range = fields.object().range();
    spec.description = fields.optional_text("description");
    spec.optional = fields.optional_boolean("optional", false);
    const std::string dtype = fields.text("dtype");
    const auto known = dtype_from_name(dtype);
    if (known && is_official(*known)) {
      spec.dtype = *known;
    } else if (!dtype.empty()) {
      const std::vector<std::string> names = official_dtype_names();
      fields.error(*fields.find("dtype"),
                   fmt::format("unknown dtype \"{}\"; there are {}", dtype, join(names, ", ")));
    }
    read_shape(spec, fields);
    return spec;
  }

  void read_shape(TensorSpec& spec, Fields& fields) {
    const Value* shape = fields.require("shape");
    if (shape == nullptr || shape->is_null()) return;
    spec.shape.emplace();
    if (!check_type(*shape, Value::Type::Array, "\"shape\"", diagnostics_)) return;
    for (const Value& item : shape->array()) {
      if (!item.is_string()) {
        fields.error(item, fmt::format("\"shape\" lists names of axes, found {}; add an axis with "
                                       "\"type: const\" for a fixed extent",
                                       describe(item.type())));
        continue;
      }
      if (definition_.find_axis(item.string()) == nullptr) {
        fields.error(item, fmt::format("{} uses the axis \"{}\", which \"axes\" does not have{}",
                                       fields.what(), item.string(),
                                       suggestion(item.string(), axis_names())));
      }
      spec.shape->push_back(item.string());
    }
  }

  std::vector<std::string> axis_names() const {
    std::vector<std::string> names;
    for (const Axis& axis : definition_.axes) names.push_back(axis.name);
    return names;
  }

  void check_identifier(const std::string& name, const Value& value, std::string_view what) {
    if (is_identifier(name)) return;
    diagnostics_.error(
        value.source(), value.key_range(),
        fmt::format("{} \"{}\" must be named with letters, digits and underscores", what, name));
  }

  void check_names_disjoint() {
    const Value* outputs = fields_.object().find("outputs");
    for (const TensorSpec& output : definition_.outputs) {
      if (!has_tensor(definition_.inputs, output.name)) continue;
      diagnostics_.error(outputs->source(), outputs->find(output.name)->key_range(),
                         fmt::format("\"{}\" is an input and an output", output.name));
    }
  }
  static bool has_tensor(const std::vector<TensorSpec>& specs, const std::string& name) {
    return std::any_of(specs.begin(), specs.end(),
                       [&](const TensorSpec& spec) { return spec.name == name; });
  }

  void read_constraints() {
    const Value* list = fields_.find("constraints", Value::Type::Array);
    if (list == nullptr) return;
    for (const Value& item : list->array()) {
      if (!check_type(item, Value::Type::String, "every item of \"constraints\"", diagnostics_)) {
        continue;
      }
      definition_.constraints.push_back({item.string(), item.range()});
      const auto expression =
          Expression::read(item.string(), item.source(), item.range(), diagnostics_);
      if (expression) check_expression_names(*expression);
    }
  }

  void check_expression_names(const Expression& expression) {
    std::vector<std::string> known = axis_names();
    for (const auto* specs : {&definition_.inputs, &definition_.outputs}) {
      for (const TensorSpec& spec : *specs) known.push_back(spec.name);
    }
    for (const ExpressionName& use : expression.names()) {
      const bool is_device = use.name.starts_with("device.");
      if (is_device || std::find(known.begin(), known.end(), use.name) != known.end()) continue;
      diagnostics_.error(use.source, use.range,
                         fmt::format("\"{}\" is no axis, input or output{}", use.name,
                                     suggestion(use.name, known)));
    }
  }

  void read_reference() {
    definition_.reference = fields_.text("reference");
    if (trim(definition_.reference).empty()) return;
    const Value& value = *fields_.find("reference");
    definition_.reference_source =
        make_source(value.source() ? value.source()->name() + ": reference" : "reference",
                    definition_.reference);
    const PythonOutline outline = outline_python(definition_.reference);
    if (outline.problem) {
      diagnostics_.error(
          value.source(), range_within(value, outline.problem->begin, outline.problem->end),
          fmt::format("\"reference\" is not valid Python: {}", outline.problem->message));
      return;
    }
    const PythonFunction* run = outline.find("run");
    if (run == nullptr) {
      fields_.error(value, "\"reference\" has no function \"run\" at its top level");
      return;
    }
    check_parameters(*run, value);
  }

  // References are called with the inputs in order, as flashinfer-bench does.
  void check_parameters(const PythonFunction& run, const Value& reference) {
    std::vector<std::string> inputs;
    for (const TensorSpec& input : definition_.inputs) inputs.push_back(input.name);
    if (inputs.empty() || run.parameters == inputs) return;
    const std::size_t at = definition_.reference.find("def run");
    diagnostics_.warning(reference.source(), range_within(reference, at, at + 7),
                         fmt::format("run({}) is called with the inputs in the order ({})",
                                     join(run.parameters, ", "), join(inputs, ", ")));
  }

  Fields fields_;
  Diagnostics& diagnostics_;
  Definition definition_;
};

void check_given_axes(const Definition& definition, const AxisValues& variable) {
  for (const auto& [name, value] : variable) {
    const Axis* axis = definition.find_axis(name);
    if (axis == nullptr) {
      std::vector<std::string> names;
      for (const Axis& known : definition.axes) names.push_back(known.name);
      fail(ErrorKind::Input, fmt::format("definition {} has no axis \"{}\"{}", definition.name,
                                         name, suggestion(name, names)));
    }
    if (axis->constant && *axis->constant != value) {
      fail(ErrorKind::Input, fmt::format("the axis \"{}\" of definition {} is {}, not {}", name,
                                         definition.name, *axis->constant, value));
    }
    if (value < 0) fail(ErrorKind::Input, fmt::format("the axis \"{}\" is negative", name));
  }
}

}  // namespace

const Axis* Definition::find_axis(const std::string& axis) const {
  for (const Axis& candidate : axes) {
    if (candidate.name == axis) return &candidate;
  }
  return nullptr;
}

std::optional<Definition> read_definition(const Value& document, Diagnostics& diagnostics) {
  return DefinitionReader(document, diagnostics).read();
}

AxisValues bind_axes(const Definition& definition, const AxisValues& variable) {
  check_given_axes(definition, variable);
  AxisValues values;
  for (const Axis& axis : definition.axes) {
    const auto given = variable.find(axis.name);
    if (axis.constant) {
      values[axis.name] = *axis.constant;
    } else if (given != variable.end()) {
      values[axis.name] = given->second;
    } else {
      fail(ErrorKind::Input, fmt::format("the axis \"{}\" of definition {} has no value", axis.name,
                                         definition.name));
    }
  }
  return values;
}

std::vector<std::int64_t> shape_of(const TensorSpec& spec, const AxisValues& axes) {
  std::vector<std::int64_t> shape;
  if (!spec.shape) return shape;
  for (const std::string& axis : *spec.shape) {
    const auto found = axes.find(axis);
    if (found == axes.end()) {
      fail(ErrorKind::Input,
           fmt::format("the axis \"{}\" of \"{}\" has no value", axis, spec.name));
    }
    shape.push_back(found->second);
  }
  return shape;
}

}  // namespace fitest
