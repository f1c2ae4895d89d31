// SPDX-License-Identifier: Apache-2.0
#include "schema/launch_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "schema/fields.h"

namespace fitest {
namespace {

constexpr std::size_t kMaxDimensions = 3;
constexpr std::size_t kMaxRank = 5;  // of a tensor map

class PlanReader {
 public:
  explicit PlanReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  LaunchPlan read(const Value& value) {
    LaunchPlan plan;
    Fields fields(value, "\"launch\"", diagnostics_);
    if (!fields.valid()) return plan;
    plan.let = read_named(fields, "let");
    plan.defines = read_named(fields, "defines");
    if (const Value* workspace = fields.find("workspace", Value::Type::Object)) {
      for (const auto& [name, spec] : workspace->object()) {
        check_identifier(name, spec, "the workspace");
        plan.workspace.push_back(read_workspace(name, spec));
      }
    }
    read_kernels(plan, fields);
    fields.warn_unknown_keys();
    return plan;
  }

 private:
  // An integer or a string that parses.
  PlanExpression expression(const Value& value, std::string_view what) {
    PlanExpression result{{}, value.source(), value.range()};
    if (value.is_integer()) {
      result.text = fmt::format("{}", value.integer());
    } else if (value.is_boolean()) {
      result.text = value.boolean() ? "True" : "False";
    } else if (value.type() == Value::Type::Number) {
      result.text = fmt::format("{}", value.number());
    } else if (value.is_string()) {
      result.text = value.string();
      Expression::read(result.text, value.source(), value.range(), diagnostics_);
    } else {
      diagnostics_.error(
          value.source(), value.range(),
          fmt::format("{} must be an expression, found {}", what, describe(value.type())));
    }
    return result;
  }

  std::vector<PlanExpression> expressions(Fields& fields, std::string_view key,
                                          std::size_t most_dimensions) {
    std::vector<PlanExpression> list;
    const Value* value = fields.find(key);
    if (value == nullptr) return list;
    const std::string what = fmt::format("\"{}\"", key);
    // One number or expression stands for a list of one.
    if (!value->is_array()) return {expression(*value, what)};
    for (const Value& item : value->array()) list.push_back(expression(item, what));
    if (list.empty() && most_dimensions == kMaxDimensions) {
      fields.error(*value, fmt::format("{} is empty", what));
    } else if (list.size() > most_dimensions) {
      fields.error(*value, fmt::format("{} has {} dimensions, at most {} are possible", what,
                                       list.size(), most_dimensions));
    }
    return list;
  }

  std::vector<std::pair<std::string, PlanExpression>> read_named(Fields& fields,
                                                                 std::string_view key) {
    std::vector<std::pair<std::string, PlanExpression>> named;
    const Value* object = fields.find(key, Value::Type::Object);
    if (object == nullptr) return named;
    for (const auto& [name, value] : object->object()) {
      check_identifier(name, value, fmt::format("\"{}\":", key));
      named.emplace_back(name, expression(value, fmt::format("\"{}\"", name)));
    }
    return named;
  }

  void check_identifier(const std::string& name, const Value& value, std::string_view what) {
    if (is_identifier(name)) return;
    diagnostics_.error(
        value.source(), value.key_range(),
        fmt::format("{} \"{}\" must be named with letters, digits and underscores", what, name));
  }

  WorkspaceSpec read_workspace(const std::string& name, const Value& value) {
    WorkspaceSpec spec;
    spec.name = name;
    Fields fields(value, fmt::format("the workspace \"{}\"", name), diagnostics_);
    if (!fields.valid()) return spec;
    if (fields.require("shape") != nullptr) spec.shape = expressions(fields, "shape", 16);
    const std::string dtype = fields.text("dtype");
    if (const auto known = dtype_from_name(dtype)) {
      spec.dtype = *known;
    } else if (!dtype.empty()) {
      fields.error(*fields.find("dtype"), fmt::format("unknown dtype \"{}\"{}", dtype,
                                                      suggestion(dtype, official_dtype_names())));
    }
    if (const Value* fill = fields.find("fill", Value::Type::String)) {
      spec.fill = fill->string();
      if (spec.fill != "none" && spec.fill != "zero") {
        fields.error(
            *fill, fmt::format("unknown fill \"{}\"; there are \"none\" and \"zero\"", spec.fill));
      }
    }
    fields.warn_unknown_keys();
    return spec;
  }

  void read_kernels(LaunchPlan& plan, Fields& fields) {
    const Value* kernels = fields.require("kernels", Value::Type::Array);
    if (kernels == nullptr) return;
    if (kernels->array().empty()) fields.error(*kernels, "\"kernels\" is empty");
    for (const Value& kernel : kernels->array()) plan.kernels.push_back(read_kernel(kernel));
  }

  KernelSpec read_kernel(const Value& value) {
    KernelSpec kernel;
    kernel.range = value.range();
    Fields fields(value, "the kernel", diagnostics_);
    if (!fields.valid()) return kernel;
    kernel.name.text = fields.text("name");
    if (const Value* name = fields.find("name")) read_name(kernel, *name);
    if (fields.require("grid") != nullptr)
      kernel.grid = expressions(fields, "grid", kMaxDimensions);
    if (fields.require("block") != nullptr) {
      kernel.block = expressions(fields, "block", kMaxDimensions);
    }
    kernel.cluster = expressions(fields, "cluster", kMaxDimensions);
    kernel.cooperative = fields.optional_boolean("cooperative", false);
    if (const Value* bytes = fields.find("shared_memory")) {
      kernel.shared_memory = expression(*bytes, "\"shared_memory\"");
    }
    if (const Value* arguments = fields.find("arguments", Value::Type::Array)) {
      kernel.arguments.emplace();
      for (const Value& argument : arguments->array()) {
        kernel.arguments->push_back(read_argument(argument));
      }
    }
    fields.warn_unknown_keys();
    return kernel;
  }

  void read_name(KernelSpec& kernel, const Value& name) {
    kernel.name.source = name.source();
    kernel.name.range = name.range();
    if (!name.is_string()) return;
    const auto parts = split_placeholders(kernel.name.text);
    if (!parts) {
      diagnostics_.error(name.source(), name.range(),
                         "the braces of the kernel's name do not match");
      return;
    }
    std::size_t offset = 0;
    for (std::size_t i = 0; i < parts->size(); ++i) {
      const std::string& part = (*parts)[i];
      if (i % 2 == 1) {
        const SourceRange range = range_within(name, offset, offset + part.size());
        Expression::read(part, name.source(), range, diagnostics_);
      }
      offset += part.size() + 1;
    }
  }

  ArgumentSpec read_argument(const Value& value) {
    ArgumentSpec argument;
    argument.expression = {{}, value.source(), value.range()};
    if (value.is_string()) {
      argument.name = value.string();
      if (!is_identifier(argument.name)) {
        diagnostics_.error(value.source(), value.range(),
                           fmt::format("the argument \"{0}\" is no name; an expression needs its "
                                       "type, as in {{int32: \"{0}\"}}",
                                       argument.name));
      }
      return argument;
    }
    if (value.is_object() && value.find("tensor_map") != nullptr) {
      argument.tensor_map = read_tensor_map(value);
      return argument;
    }
    if (!value.is_object() || value.object().size() != 1) {
      diagnostics_.error(
          value.source(), value.is_object() ? opening(value) : value.range(),
          "an argument is a name, one dtype with an expression, as in {int32: n}, or a tensor "
          "map, as in {tensor_map: x, box: [64, 64]}");
      return argument;
    }
    const auto& [dtype, inner] = value.object().front();
    argument.cast = dtype_from_name(dtype);
    if (!argument.cast) {
      diagnostics_.error(
          value.source(), inner.key_range(),
          fmt::format("unknown dtype \"{}\"{}", dtype, suggestion(dtype, official_dtype_names())));
    }
    argument.expression = expression(inner, fmt::format("\"{}\"", dtype));
    return argument;
  }

  TensorMapSpec read_tensor_map(const Value& value) {
    TensorMapSpec map;
    Fields fields(value, "the tensor map", diagnostics_);
    map.tensor = {fields.text("tensor_map"), value.source(), value.find("tensor_map")->range()};
    if (fields.require("box") != nullptr) map.box = expressions(fields, "box", kMaxRank);
    map.shape = expressions(fields, "shape", kMaxRank);
    map.stride = expressions(fields, "stride", kMaxRank - 1);
    map.step = expressions(fields, "step", kMaxRank);
    map.interleave = word(fields, "interleave", kInterleaveWords);
    map.swizzle = word(fields, "swizzle", kSwizzleWords);
    map.l2_promotion = word(fields, "l2_promotion", kL2PromotionWords);
    map.fill = word(fields, "fill", kTensorMapFillWords);
    fields.warn_unknown_keys();
    return map;
  }

  // The index of a member's text among the words; 0 where it is absent.
  static int word(Fields& fields, std::string_view key, std::span<const char* const> words) {
    const Value* value = fields.find(key, Value::Type::String);
    if (value == nullptr) return 0;
    const auto found = std::find(words.begin(), words.end(), value->string());
    if (found != words.end()) return static_cast<int>(found - words.begin());
    const std::vector<std::string> known(words.begin(), words.end());
    fields.error(*value, fmt::format("unknown {} \"{}\"; there are {}", key, value->string(),
                                     join(known, ", ")));
    return 0;
  }

  Diagnostics& diagnostics_;
};

}  // namespace

LaunchPlan read_launch_plan(const Value& plan, Diagnostics& diagnostics) {
  return PlanReader(diagnostics).read(plan);
}

std::optional<std::vector<std::string>> split_placeholders(const std::string& text) {
  std::vector<std::string> parts{""};
  for (char c : text) {
    const bool inside = parts.size() % 2 == 0;
    if (c == '{' || c == '}') {
      if ((c == '{') == inside) return std::nullopt;
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  if (parts.size() % 2 == 0) return std::nullopt;
  return parts;
}

}  // namespace fitest
