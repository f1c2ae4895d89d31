// SPDX-License-Identifier: Apache-2.0
#include "run/trace_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace fitest {
namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

std::optional<double> number_at(const Value& object, std::string_view name) {
  const Value* member = object.is_object() ? object.find(name) : nullptr;
  if (member == nullptr || !member->is_number()) return std::nullopt;
  return member->number();
}

const Value& member_of(const Value& object, std::string_view name) {
  static const Value nothing;
  const Value* member = object.is_object() ? object.find(name) : nullptr;
  return member == nullptr ? nothing : *member;
}

void add_noise(const Trace& trace, Numbers& numbers) {
  const Value& timing = member_of(trace.fitest, "timing");
  const double median = number_at(timing, "median_ms").value_or(0);
  const auto spread = number_at(timing, "iqr_ms");
  if (median > 0 && spread && number_at(timing, "count").value_or(0) > 1) {
    numbers.emplace_back("noise_percent", 100 * *spread / median);
  }
}

// The most of any kernel; nothing where no kernel knows.
void add_largest(const Trace& trace, const char* name, Numbers& numbers) {
  const Value& kernels = member_of(trace.fitest, "kernels");
  std::optional<double> largest;
  if (kernels.is_array()) {
    for (const Value& kernel : kernels.array()) {
      const auto number = number_at(kernel, name);
      if (number) largest = std::max(*number, largest.value_or(0));
    }
  }
  if (largest) numbers.emplace_back(name, *largest);
}

void add_roofline(const Trace& trace, Numbers& numbers) {
  const Value& roofline = member_of(trace.fitest, "roofline");
  if (!roofline.is_object()) return;
  for (const auto& [name, value] : roofline.object()) {
    if (value.is_number()) numbers.emplace_back("roofline_" + name, value.number());
  }
}

}  // namespace

Numbers trace_numbers(const Trace& trace) {
  Numbers numbers;
  if (!trace.evaluation) return numbers;
  // An untimed case passes with zeros.
  const auto& performance = trace.evaluation->performance;
  if (performance && performance->latency_ms > 0) {
    numbers.emplace_back("latency_ms", performance->latency_ms);
    numbers.emplace_back("reference_latency_ms", performance->reference_latency_ms);
    numbers.emplace_back("speedup_factor", performance->speedup_factor);
    add_noise(trace, numbers);
  }
  if (const auto& correctness = trace.evaluation->correctness) {
    numbers.emplace_back("max_absolute_error", correctness->max_absolute_error);
    numbers.emplace_back("max_relative_error", correctness->max_relative_error);
  }
  const auto compile_ms = number_at(member_of(trace.fitest, "compile"), "milliseconds");
  if (compile_ms) numbers.emplace_back("compile_ms", *compile_ms);
  add_largest(trace, "registers", numbers);
  add_largest(trace, "local_bytes", numbers);
  add_roofline(trace, numbers);
  return numbers;
}

std::vector<std::pair<std::string, std::string>> trace_properties(const Trace& trace) {
  std::vector<std::pair<std::string, std::string>> properties;
  if (!trace.evaluation) return properties;
  const Evaluation& evaluation = *trace.evaluation;
  properties.emplace_back("status", name_of(evaluation.status));
  properties.emplace_back("hardware", evaluation.environment.hardware);
  for (const auto& [library, version] : evaluation.environment.libs) {
    properties.emplace_back("version." + library, version);
  }
  for (const auto& [name, value] : trace_numbers(trace)) {
    properties.emplace_back(name, fmt::format("{}", value));
  }
  return properties;
}

}  // namespace fitest
