// SPDX-License-Identifier: Apache-2.0
#include "run/profile.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "compile/compiler.h"
#include "run/compile_case.h"

namespace fitest {
namespace {

constexpr std::size_t kShownLines = 5;

// A part of the names that `target_hardware` has, and the architecture.
constexpr std::array<std::pair<std::string_view, const char*>, 17> kHardware = {{
    {"GB200", "sm_100a"},
    {"B200", "sm_100a"},
    {"B100", "sm_100a"},
    {"GH200", "sm_90a"},
    {"H100", "sm_90a"},
    {"H200", "sm_90a"},
    {"H800", "sm_90a"},
    {"H20", "sm_90a"},
    {"A100", "sm_80"},
    {"A800", "sm_80"},
    {"A10", "sm_86"},
    {"A40", "sm_86"},
    {"3090", "sm_86"},
    {"L40", "sm_89"},
    {"L4", "sm_89"},
    {"4090", "sm_89"},
    {"5090", "sm_120a"},
}};

Value integer(std::uint64_t value) {
  return Value(static_cast<std::int64_t>(value));
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Value dim_value(const Dim3& dim) {
  return Value::Array{std::int64_t{dim.x}, std::int64_t{dim.y}, std::int64_t{dim.z}};
}

Value sectors_value(const SectorCounts& counts) {
  return Value::Object{{"requests", integer(counts.requests)},
                       {"sectors", integer(counts.sectors)},
                       {"sectors_per_request", Value(ratio(counts.sectors, counts.requests))}};
}

Value banks_value(const BankCounts& counts) {
  return Value::Object{{"requests", integer(counts.requests)},
                       {"wavefronts", integer(counts.wavefronts)},
                       {"conflicts", integer(counts.conflicts)}};
}

Value resources_value(const LaunchProfile& profile, const GpuResources& resources) {
  Value value;
  value.set("target", Value(resources.target));
  const auto usage = resources.kernels.find(profile.kernel);
  if (usage == resources.kernels.end()) {
    value.set("problem", Value(resources.problem.empty() ? "NVRTC says nothing about this kernel"
                                                         : resources.problem));
    return value;
  }
  const auto size = [](std::size_t bytes) { return integer(bytes); };
  value.set("registers", Value(usage->second.registers));
  value.set("static_shared_bytes", size(usage->second.static_shared_bytes));
  value.set("dynamic_shared_bytes", size(profile.dynamic_shared_bytes));
  value.set("stack_bytes", size(usage->second.stack_bytes));
  value.set("spill_store_bytes", size(usage->second.spill_store_bytes));
  value.set("spill_load_bytes", size(usage->second.spill_load_bytes));
  return value;
}

std::string line_text(const CodeLine& line, const Solution& solution) {
  for (const SolutionSource& source : solution.sources) {
    if (source.path != line.file) continue;
    const auto lines = split(source.content, '\n');
    if (line.line == 0 || line.line > lines.size()) return {};
    return std::string(trim(lines[line.line - 1]));
  }
  return {};
}

Value line_value(const LineProfile& line, std::uint64_t total_cost, const Solution& solution) {
  Value value;
  value.set("file", Value(line.source.file));
  value.set("line", Value(static_cast<std::int64_t>(line.source.line)));
  value.set("text", Value(line_text(line.source, solution)));
  value.set("cost_share", Value(ratio(line.counts.cost(), total_cost)));
  value.set("warp_instructions", integer(line.counts.warp_instructions));
  value.set("sectors", integer(line.counts.sectors()));
  value.set("bank_conflicts", integer(line.counts.shared.conflicts));
  value.set("divergent_branches", integer(line.counts.divergent_branches));
  return value;
}

}  // namespace

std::string gpu_target(const Solution& solution) {
  for (const std::string& name : solution.target_hardware) {
    for (const auto& [part, target] : kHardware) {
      if (name.find(part) != std::string::npos) return target;
    }
  }
  return "sm_80";
}

GpuResources read_resources(const Solution& solution, const ResolvedPlan& plan) {
  GpuResources resources;
  resources.target = gpu_target(solution);
  CompileRequest request = compile_request(solution, plan, resources.target);
  request.options.emplace_back(kReportResources);
  const CompileResult cubin = compile(request);
  if (cubin.succeeded) {
    resources.kernels = read_resource_usage(cubin.log);
  } else {
    resources.problem = std::string(trim(cubin.log));
  }
  return resources;
}

Value profile_value(const LaunchProfile& profile, const GpuResources& resources,
                    const Solution& solution) {
  const ProfileCounts& total = profile.total;
  Value value;
  value.set("kernel", Value(profile.kernel));
  value.set("grid", dim_value(profile.grid));
  value.set("block", dim_value(profile.block));
  value.set("resources", resources_value(profile, resources));
  value.set("warp_instructions", integer(total.warp_instructions));
  value.set("thread_instructions", integer(total.thread_instructions));
  value.set("mean_active_lanes", Value(profile.mean_active_lanes()));
  Value classes{Value::Object{}};
  for (std::size_t i = 0; i < kInstructionClasses; ++i) {
    if (profile.by_class[i] == 0) continue;
    classes.set(std::string(name_of(static_cast<InstructionClass>(i))),
                integer(profile.by_class[i]));
  }
  value.set("instructions_by_class", std::move(classes));
  value.set("branches", integer(total.branches));
  value.set("divergent_branches", integer(total.divergent_branches));
  value.set("global_loads", sectors_value(total.global_loads));
  value.set("global_stores", sectors_value(total.global_stores));
  value.set("global_atomics", sectors_value(total.global_atomics));
  value.set("shared", banks_value(total.shared));
  value.set("float_operations", integer(profile.float_operations));
  value.set("tensor_operations", integer(profile.tensor_operations));
  value.set("tensor_share", Value(profile.tensor_share()));
  Value::Array lines;
  for (const LineProfile& line : profile.lines) {
    if (lines.size() == kShownLines) break;
    lines.push_back(line_value(line, total.cost(), solution));
  }
  value.set("lines", Value(std::move(lines)));
  return value;
}

}  // namespace fitest
