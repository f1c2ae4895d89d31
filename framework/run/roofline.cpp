// SPDX-License-Identifier: Apache-2.0
#include "run/roofline.h"

#include <algorithm>
#include <array>

#include "schema/expression.h"
#include "tensor/tensor.h"

namespace fitest {
namespace {

// The first row counts whose op_type and beginning of the name fit and whose names are all axes.
struct FlopRule {
  const char* op_type;
  const char* name_begin;
  const char* flops;
};
constexpr std::array<FlopRule, 6> kFlopRules{{
    {"gemm", "", "2 * M * N * K"},
    {"rmsnorm", "fused_add", "5 * batch_size * hidden_size"},
    {"rmsnorm", "", "4 * batch_size * hidden_size"},
    {"rope", "", "3 * num_tokens * (num_qo_heads + num_kv_heads) * rotary_dim"},
    {"gqa_paged", "gqa_paged_decode", "4 * num_qo_heads * head_dim * num_kv_indices * page_size"},
    {"mla_paged", "mla_paged_decode",
     "2 * num_qo_heads * (2 * head_dim_ckv + head_dim_kpe) * num_kv_indices * page_size"},
}};

// The extent of an axis that indices choose from, and how many they can choose.
struct GatherRule {
  const char* op_type;
  const char* axis;
  const char* chosen_by;
};
constexpr std::array<GatherRule, 3> kGatherRules{{
    {"gqa_paged", "num_pages", "num_kv_indices"},
    {"mla_paged", "num_pages", "num_kv_indices"},
    {"rope", "max_seq_len", "num_tokens"},
}};

std::optional<double> evaluate(const char* text, const AxisValues& axes) {
  const Expression expression = Expression::parse(text);
  for (const ExpressionName& name : expression.names()) {
    if (!axes.contains(name.name)) return std::nullopt;
  }
  // In double: the operations of a large case do not fit 64 bits of a product's factors.
  ExpressionScope scope;
  scope.variable = [&](const std::string& name) -> std::optional<ExpressionValue> {
    return static_cast<double>(axes.at(name));
  };
  const ExpressionValue value = expression.evaluate(scope);
  return std::visit([](auto number) { return static_cast<double>(number); }, value);
}

std::optional<double> flops_of(const Definition& definition, const AxisValues& axes) {
  for (const FlopRule& rule : kFlopRules) {
    if (definition.op_type != rule.op_type || !definition.name.starts_with(rule.name_begin)) {
      continue;
    }
    if (auto flops = evaluate(rule.flops, axes)) return flops;
  }
  return std::nullopt;
}

AxisValues without_what_no_index_names(const Definition& definition, AxisValues axes) {
  for (const GatherRule& rule : kGatherRules) {
    const auto extent = axes.find(rule.axis);
    const auto chosen = axes.find(rule.chosen_by);
    if (definition.op_type != rule.op_type || extent == axes.end() || chosen == axes.end()) {
      continue;
    }
    extent->second = std::min(extent->second, chosen->second);
  }
  return axes;
}

double bytes_of(const std::vector<TensorSpec>& specs, const AxisValues& axes) {
  double bytes = 0;
  for (const TensorSpec& spec : specs) {
    if (!spec.shape) continue;
    bytes += static_cast<double>(bytes_for(spec.dtype, element_count(shape_of(spec, axes))));
  }
  return bytes;
}

}  // namespace

Work work_of(const Definition& definition, const AxisValues& axes) {
  Work work;
  work.bytes = bytes_of(definition.inputs, without_what_no_index_names(definition, axes)) +
               bytes_of(definition.outputs, axes);
  work.flops = flops_of(definition, axes);
  const auto first = std::find_if(definition.inputs.begin(), definition.inputs.end(),
                                  [](const TensorSpec& spec) { return spec.shape.has_value(); });
  if (first != definition.inputs.end()) work.dtype = first->dtype;
  return work;
}

Roofline roofline_of(const Work& work, const DeviceRates& rates, double milliseconds) {
  Roofline roofline;
  if (rates.copy_bytes_per_second <= 0 || milliseconds <= 0) return roofline;
  const double memory_ms = 1e3 * work.bytes / rates.copy_bytes_per_second;
  const bool is_half = work.dtype == DType::Float16 || work.dtype == DType::BFloat16;
  const bool counts = is_half && work.flops && rates.matrix_flops > 0;
  const double matrix_ms = counts ? 1e3 * *work.flops / rates.matrix_flops : 0;
  roofline.floor_ms = std::max(memory_ms, matrix_ms);
  roofline.fraction = roofline.floor_ms / milliseconds;
  roofline.bound = matrix_ms > memory_ms ? "matrix" : "memory";
  return roofline;
}

}  // namespace fitest
