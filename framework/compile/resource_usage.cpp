// SPDX-License-Identifier: Apache-2.0
#include "compile/resource_usage.h"

#include <optional>
#include <string_view>

#include "base/text.h"

namespace fitest {
namespace {

constexpr std::string_view kEntry = "Compiling entry function '";
constexpr std::string_view kProperties = "Function properties for ";

// The number before `unit` in "…, 400 bytes smem, …".
std::optional<std::size_t> number_before(const std::string& line, std::string_view unit) {
  const std::size_t at = line.find(unit);
  if (at == std::string::npos || at == 0) return std::nullopt;
  const std::size_t last = line.find_last_not_of(' ', at - 1);
  if (last == std::string::npos) return std::nullopt;
  const std::size_t before = line.find_last_not_of("0123456789", last);
  const std::size_t first = before == std::string::npos ? 0 : before + 1;
  const auto number = parse_integer(line.substr(first, last + 1 - first));
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

void read_line(const std::string& line, bool own_properties, ResourceUsage& usage) {
  if (const auto registers = number_before(line, " registers")) {
    usage.registers = static_cast<int>(*registers);
    usage.static_shared_bytes = number_before(line, " bytes smem").value_or(0);
    // With calls, the frames of the deepest chain.
    if (const auto stack = number_before(line, " bytes cumulative stack size")) {
      usage.stack_bytes = *stack;
    }
  }
  if (!own_properties) return;
  if (const auto stack = number_before(line, " bytes stack frame")) usage.stack_bytes = *stack;
  usage.spill_store_bytes =
      number_before(line, " bytes spill stores").value_or(usage.spill_store_bytes);
  usage.spill_load_bytes =
      number_before(line, " bytes spill loads").value_or(usage.spill_load_bytes);
}

}  // namespace

std::map<std::string, ResourceUsage> read_resource_usage(const std::string& log) {
  std::map<std::string, ResourceUsage> usages;
  std::string kernel;
  bool own_properties = false;
  for (const std::string& line : split(log, '\n')) {
    const std::size_t entry = line.find(kEntry);
    const std::size_t properties = line.find(kProperties);
    if (entry != std::string::npos) {
      const std::size_t name = entry + kEntry.size();
      kernel = line.substr(name, line.find('\'', name) - name);
    } else if (properties != std::string::npos) {
      own_properties = trim(line.substr(properties + kProperties.size())) == kernel;
    } else if (!kernel.empty()) {
      read_line(line, own_properties, usages[kernel]);
    }
  }
  return usages;
}

}  // namespace fitest
