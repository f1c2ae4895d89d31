// SPDX-License-Identifier: Apache-2.0
#include "run/profile_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "device/fault.h"

namespace fitest {
namespace {

constexpr std::size_t kShownClasses = 6;
constexpr std::size_t kMaxLineText = 60;

// "1,234,567"
std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::int64_t integer_at(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr && member->is_integer() ? member->integer() : 0;
}

double number_at(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr && member->is_number() ? member->number() : 0;
}

std::string text_at(const Value& object, std::string_view name) {
  const Value* member = object.find(name);
  return member != nullptr && member->is_string() ? member->string() : "";
}

std::string dim_text(const Value& profile, std::string_view name) {
  Dim3 dim;
  const Value* extents = profile.find(name);
  if (extents == nullptr || !extents->is_array() || extents->array().size() != 3) return "?";
  const Value::Array& list = extents->array();
  dim.x = static_cast<std::uint32_t>(list[0].integer());
  dim.y = static_cast<std::uint32_t>(list[1].integer());
  dim.z = static_cast<std::uint32_t>(list[2].integer());
  return to_string(dim);
}

std::string thread_resources(const Value& resources) {
  const std::int64_t stored = integer_at(resources, "spill_store_bytes");
  const std::int64_t loaded = integer_at(resources, "spill_load_bytes");
  return fmt::format("{} registers and {} bytes of stack a thread, {}",
                     integer_at(resources, "registers"), integer_at(resources, "stack_bytes"),
                     stored + loaded == 0
                         ? std::string("no spills")
                         : fmt::format("spills of {} bytes stored, {} loaded", stored, loaded));
}

std::string block_resources(const Value& resources) {
  return fmt::format("{} bytes of static and {} of dynamic shared memory a block",
                     integer_at(resources, "static_shared_bytes"),
                     integer_at(resources, "dynamic_shared_bytes"));
}

std::string class_shares(const Value& profile) {
  const Value* classes = profile.find("instructions_by_class");
  if (classes == nullptr || !classes->is_object()) return "";
  std::vector<std::pair<std::int64_t, std::string>> shares;
  for (const auto& [name, count] : classes->object()) shares.emplace_back(count.integer(), name);
  std::stable_sort(shares.begin(), shares.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  const double whole = std::max(1.0, number_at(profile, "warp_instructions"));
  std::string text;
  double rest = 100;
  for (std::size_t i = 0; i < std::min(shares.size(), kShownClasses); ++i) {
    const double percent = 100 * static_cast<double>(shares[i].first) / whole;
    rest -= percent;
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", shares[i].second, percent);
  }
  return shares.size() > kShownClasses ? text + fmt::format(", other {:.0f} %", rest) : text;
}

std::string sectors_text(const Value& profile, const char* member, const char* name) {
  const Value* counts = profile.find(member);
  if (counts == nullptr || integer_at(*counts, "requests") == 0) return "";
  return fmt::format("; {} {} requests of {:.1f} sectors", name,
                     grouped(integer_at(*counts, "requests")),
                     number_at(*counts, "sectors_per_request"));
}

std::string global_line(const Value& profile) {
  const std::string text = sectors_text(profile, "global_loads", "loads") +
                           sectors_text(profile, "global_stores", "stores") +
                           sectors_text(profile, "global_atomics", "atomics");
  return text.empty() ? "not accessed" : text.substr(2);
}

std::string shared_line(const Value& profile) {
  const Value* counts = profile.find("shared");
  if (counts == nullptr || integer_at(*counts, "requests") == 0) return "not accessed";
  const std::int64_t requests = integer_at(*counts, "requests");
  const std::int64_t conflicts = integer_at(*counts, "conflicts");
  return fmt::format("{} requests, {} bank conflicts ({:.2f} a request)", grouped(requests),
                     grouped(conflicts),
                     static_cast<double>(conflicts) / static_cast<double>(requests));
}

std::string costly_lines(const Value& profile) {
  const Value* lines = profile.find("lines");
  if (lines == nullptr || !lines->is_array() || lines->array().empty()) return "";
  std::string text = fmt::format("    {:>6} {:>14} {:>14} {:>13}  line\n", "cost", "= instructions",
                                 "+ sectors", "+ conflicts");
  for (const Value& line : lines->array()) {
    const std::string file = text_at(line, "file");
    const std::string place =
        file.empty() ? "(no line)" : fmt::format("{}:{}", file, integer_at(line, "line"));
    std::string code = text_at(line, "text");
    if (code.size() > kMaxLineText) code = code.substr(0, kMaxLineText - 1) + "…";
    text += fmt::format(
        "    {:>4.0f} % {:>14} {:>14} {:>13}  {}{}{}\n", 100 * number_at(line, "cost_share"),
        grouped(integer_at(line, "warp_instructions")), grouped(integer_at(line, "sectors")),
        grouped(integer_at(line, "bank_conflicts")), place, code.empty() ? "" : "  ", code);
  }
  return text;
}

std::string launch_lines(const Value& profile) {
  const Value* resources = profile.find("resources");
  std::string text = fmt::format("    profile of {}, grid {}, block {}\n",
                                 readable_name(text_at(profile, "kernel")),
                                 dim_text(profile, "grid"), dim_text(profile, "block"));
  const auto row = [&](const std::string& name, const std::string& content) {
    text += fmt::format("      {:<14}{}\n", name, content);
  };
  if (resources != nullptr) {
    const std::string target = "on " + text_at(*resources, "target");
    const std::string problem = text_at(*resources, "problem");
    row(target,
        problem.empty() ? thread_resources(*resources) : problem.substr(0, problem.find('\n')));
    if (problem.empty()) row("", block_resources(*resources));
  }
  row("instructions", fmt::format("{} of warps, with {:.1f} of 32 lanes at each",
                                  grouped(integer_at(profile, "warp_instructions")),
                                  number_at(profile, "mean_active_lanes")));
  row("", class_shares(profile));
  row("branches",
      fmt::format("{} conditional, {} of them divergent", grouped(integer_at(profile, "branches")),
                  grouped(integer_at(profile, "divergent_branches"))));
  row("global memory", global_line(profile));
  row("shared memory", shared_line(profile));
  row("arithmetic", fmt::format("{} float operations, {} of tensor cores ({:.1f} %)",
                                grouped(integer_at(profile, "float_operations")),
                                grouped(integer_at(profile, "tensor_operations")),
                                100 * number_at(profile, "tensor_share")));
  return text + costly_lines(profile);
}

}  // namespace

std::string profile_lines(const Value& profiles) {
  if (!profiles.is_array()) return "";
  std::string text;
  for (const Value& profile : profiles.array()) text += launch_lines(profile);
  return text;
}

}  // namespace fitest
