// SPDX-License-Identifier: Apache-2.0
#include "run/resolved_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "schema/launch_plan.h"

namespace fitest {
namespace {

constexpr std::int64_t kMaxWorkspaceBytes = std::int64_t{1} << 40;

// Evaluates the plan's expressions in order; `let` names become visible to what follows.
class PlanResolver {
 public:
  PlanResolver(const Solution& solution, const Definition& definition, CaseScope scope)
      : plan_(*solution.launch), definition_(definition), scope_(std::move(scope)) {}

  ResolvedPlan resolve() {
    for (const auto& [name, expression] : plan_.let) scope_.let[name] = evaluate(expression);
    ResolvedPlan resolved;
    for (const auto& [name, expression] : plan_.defines) {
      resolved.defines.push_back(name + "=" + text_of(evaluate(expression)));
    }
    for (const WorkspaceSpec& workspace : plan_.workspace) {
      resolved.workspaces.push_back(resolve_workspace(workspace));
    }
    for (const KernelSpec& kernel : plan_.kernels) {
      resolved.kernels.push_back(resolve_kernel(kernel));
    }
    return resolved;
  }

 private:
  static std::string text_of(const ExpressionValue& value) {
    if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
    return fmt::format("{}", std::get<double>(value));
  }

  [[noreturn]] static void fail_expression(const PlanExpression& expression,
                                           const std::string& message) {
    fail_at(ErrorKind::Input, expression.source, expression.range, message);
  }

  ExpressionValue evaluate(const PlanExpression& expression) const {
    return Expression::parse(expression.text, expression.source, expression.range)
        .evaluate(scope_.expression_scope());
  }

  std::int64_t evaluate_integer(const PlanExpression& expression) const {
    return Expression::parse(expression.text, expression.source, expression.range)
        .evaluate_integer(scope_.expression_scope());
  }

  PlannedWorkspace resolve_workspace(const WorkspaceSpec& spec) const {
    std::int64_t count = 1;
    for (const PlanExpression& extent : spec.shape) {
      const std::int64_t value = evaluate_integer(extent);
      if (value < 0 || (value > 0 && count > kMaxWorkspaceBytes / value)) {
        fail_expression(extent, fmt::format("extent {} of workspace '{}' is negative or makes it "
                                            "too large",
                                            value, spec.name));
      }
      count *= value;
    }
    return {spec.name, bytes_for(spec.dtype, static_cast<std::size_t>(count)), spec.fill == "zero"};
  }

  Dim3 resolve_dim(const std::vector<PlanExpression>& expressions, const char* what) const {
    Dim3 dim;
    std::uint32_t* extents[] = {&dim.x, &dim.y, &dim.z};
    for (std::size_t i = 0; i < expressions.size() && i < 3; ++i) {
      const std::int64_t value = evaluate_integer(expressions[i]);
      if (value < 1 || value > std::numeric_limits<std::int32_t>::max()) {
        fail_expression(expressions[i],
                        fmt::format("{} extent {} is {}, expected 1 or more; axes: {}", what,
                                    "xyz"[i], value, describe_axes()));
      }
      *extents[i] = static_cast<std::uint32_t>(value);
    }
    return dim;
  }

  std::string describe_axes() const {
    std::string text;
    for (const auto& [name, value] : scope_.axes) {
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
    }
    return text;
  }

  // "attention<128, {page_size}>" with every {expression} replaced by its value.
  std::string resolve_name(const PlanExpression& name) const {
    const auto parts = split_placeholders(name.text);
    if (!parts) fail_expression(name, "the braces of the kernel's name do not match");
    std::string result;
    for (std::size_t i = 0; i < parts->size(); ++i) {
      const std::string& part = (*parts)[i];
      const bool is_expression = i % 2 == 1;
      result += is_expression ? text_of(evaluate({part, name.source, name.range})) : part;
    }
    return result;
  }

  PlannedKernel resolve_kernel(const KernelSpec& spec) const {
    PlannedKernel kernel;
    kernel.name_expression = resolve_name(spec.name);
    kernel.grid = resolve_dim(spec.grid, "grid");
    kernel.block = resolve_dim(spec.block, "block");
    kernel.cooperative = spec.cooperative;
    if (!spec.cluster.empty()) kernel.cluster = resolve_dim(spec.cluster, "cluster");
    if (spec.shared_memory) {
      const std::int64_t bytes = evaluate_integer(*spec.shared_memory);
      if (bytes < 0) fail_expression(*spec.shared_memory, "shared_memory is negative");
      kernel.dynamic_shared_bytes = static_cast<std::size_t>(bytes);
    }
    if (spec.arguments) {
      for (const ArgumentSpec& argument : *spec.arguments) {
        kernel.arguments.push_back(resolve_argument(argument));
      }
    } else {
      for (const TensorSpec& input : definition_.inputs) {
        kernel.arguments.push_back(named_argument(input.name, nullptr));
      }
      for (const TensorSpec& output : definition_.outputs) {
        kernel.arguments.push_back(named_argument(output.name, nullptr));
      }
    }
    return kernel;
  }

  PlannedArgument resolve_argument(const ArgumentSpec& spec) const {
    if (spec.tensor_map) return resolve_tensor_map(*spec.tensor_map);
    if (!spec.cast) return named_argument(spec.name, &spec.expression);
    const ExpressionValue value = evaluate(spec.expression);
    const double number = std::visit([](auto v) { return static_cast<double>(v); }, value);
    Tensor tensor = scalar_tensor(*spec.cast, number);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      check_fits(spec, *integer);
      if (kind_of(*spec.cast) != DTypeKind::Float) store_integer(tensor, *integer);
    }
    const auto bytes = tensor.bytes();
    return {spec.expression.text, false, {bytes.begin(), bytes.end()}};
  }

  PlannedArgument resolve_tensor_map(const TensorMapSpec& spec) const {
    PlannedArgument argument{spec.tensor.text, false, {}};
    const auto [dtype, shape] = tensor_of(spec.tensor);
    TensorMap map;
    map.dtype = dtype;
    map.shape = shape;
    if (!spec.shape.empty()) map.shape = evaluate_all<std::uint64_t>(spec.shape);
    map.stride_bytes = dense_stride_bytes(dtype, map.shape);
    if (!spec.stride.empty()) {
      map.stride_bytes = evaluate_all<std::uint64_t>(spec.stride);
      for (std::uint64_t& stride : map.stride_bytes) stride *= bits_of(dtype) / 8;
    }
    map.box = evaluate_all<std::uint32_t>(spec.box);
    map.step.assign(map.shape.size(), 1);
    if (!spec.step.empty()) map.step = evaluate_all<std::uint32_t>(spec.step);
    map.interleave = spec.interleave;
    map.swizzle = spec.swizzle;
    map.l2_promotion = spec.l2_promotion;
    map.fill = spec.fill;
    auto problem = problem_of(map);
    if (!problem && bytes_reached(map) > bytes_for(dtype, count_of(shape))) {
      problem = fmt::format("the map reaches {} bytes far, the tensor has {}", bytes_reached(map),
                            bytes_for(dtype, count_of(shape)));
    }
    if (problem) {
      fail_expression(spec.tensor, fmt::format("tensor map of '{}': {}", argument.name, *problem));
    }
    argument.tensor_map = std::move(map);
    return argument;
  }

  static std::size_t count_of(const std::vector<std::uint64_t>& shape) {
    std::size_t count = 1;
    for (const std::uint64_t extent : shape) count *= extent;
    return count;
  }

  static std::uint64_t bytes_reached(const TensorMap& map) {
    std::uint64_t bytes = map.shape.back() * (bits_of(map.dtype) / 8);
    for (std::size_t i = 0; i + 1 < map.shape.size(); ++i) {
      bytes += (map.shape[i] - 1) * map.stride_bytes[i];
    }
    return bytes;
  }

  template <class T>
  std::vector<T> evaluate_all(const std::vector<PlanExpression>& expressions) const {
    std::vector<T> values;
    for (const PlanExpression& expression : expressions) {
      const std::int64_t value = evaluate_integer(expression);
      if (value < 0 || static_cast<std::uint64_t>(value) > std::numeric_limits<T>::max()) {
        fail_expression(expression, fmt::format("{} is out of range", value));
      }
      values.push_back(static_cast<T>(value));
    }
    return values;
  }

  // Dtype and shape of an input, output or workspace.
  std::pair<DType, std::vector<std::uint64_t>> tensor_of(const PlanExpression& name) const {
    const auto unsigned_shape = [](const Shape& shape) {
      return std::vector<std::uint64_t>(shape.begin(), shape.end());
    };
    for (const NamedTensor& input : *scope_.inputs) {
      if (input.name != name.text || input.is_scalar) continue;
      return {input.tensor.dtype(), unsigned_shape(input.tensor.shape())};
    }
    for (const TensorSpec& output : definition_.outputs) {
      if (output.name != name.text) continue;
      return {output.dtype, unsigned_shape(scope_.output_shapes.at(output.name))};
    }
    for (const WorkspaceSpec& workspace : plan_.workspace) {
      if (workspace.name != name.text) continue;
      return {workspace.dtype, evaluate_all<std::uint64_t>(workspace.shape)};
    }
    fail_expression(name, fmt::format("tensor map of '{}': there is no input, output or workspace "
                                      "of this name",
                                      name.text));
  }

  static void store_integer(Tensor& tensor, std::int64_t value) {
    std::memcpy(tensor.data(), &value, tensor.size_bytes());
  }

  static void check_fits(const ArgumentSpec& spec, std::int64_t value) {
    const std::size_t bits = bits_of(*spec.cast);
    const DTypeKind kind = kind_of(*spec.cast);
    if (kind == DTypeKind::Float || kind == DTypeKind::Bool || bits == 64) return;
    const std::int64_t high = kind == DTypeKind::Unsigned ? (std::int64_t{1} << bits) - 1
                                                          : (std::int64_t{1} << (bits - 1)) - 1;
    const std::int64_t low = kind == DTypeKind::Unsigned ? 0 : -high - 1;
    if (value < low || value > high) {
      fail_expression(spec.expression,
                      fmt::format("{} does not fit {}", value, name_of(*spec.cast)));
    }
  }

  PlannedArgument named_argument(const std::string& name, const PlanExpression* where) const {
    for (const NamedTensor& input : *scope_.inputs) {
      if (input.name != name) continue;
      if (!input.is_scalar) return {name, true, {}};
      const auto bytes = input.tensor.bytes();
      return {name, false, {bytes.begin(), bytes.end()}};
    }
    const bool is_workspace =
        std::any_of(plan_.workspace.begin(), plan_.workspace.end(),
                    [&](const WorkspaceSpec& workspace) { return workspace.name == name; });
    if (is_workspace || scope_.output_shapes.contains(name)) return {name, true, {}};
    const std::string message = fmt::format(
        "argument '{}' is no input, output or workspace; write {{int32: {}}} to pass "
        "an expression by value",
        name, name);
    if (where != nullptr) fail_expression(*where, message);
    fail(ErrorKind::Input, message);
  }

  const LaunchPlan& plan_;
  const Definition& definition_;
  CaseScope scope_;
};

}  // namespace

std::vector<std::string> ResolvedPlan::name_expressions() const {
  std::vector<std::string> names;
  for (const PlannedKernel& kernel : kernels) {
    if (std::find(names.begin(), names.end(), kernel.name_expression) == names.end()) {
      names.push_back(kernel.name_expression);
    }
  }
  return names;
}

bool ResolvedPlan::has_tensor_map() const {
  return std::any_of(kernels.begin(), kernels.end(), [](const PlannedKernel& kernel) {
    return std::any_of(kernel.arguments.begin(), kernel.arguments.end(),
                       [](const PlannedArgument& argument) { return argument.tensor_map; });
  });
}

ResolvedPlan resolve_plan(const Solution& solution, const Definition& definition, CaseScope scope) {
  return PlanResolver(solution, definition, std::move(scope)).resolve();
}

}  // namespace fitest
