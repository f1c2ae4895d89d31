// SPDX-License-Identifier: Apache-2.0
#include "run/known_failures.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/text.h"
#include "document/document.h"

namespace fitest {
namespace {

using Member = std::string KnownFailure::*;
constexpr std::array<std::pair<std::string_view, Member>, 5> kMembers = {{
    {"definition", &KnownFailure::definition},
    {"solution", &KnownFailure::solution},
    {"workload", &KnownFailure::workload},
    {"architecture", &KnownFailure::architecture},
    {"reason", &KnownFailure::reason},
}};

Member member_named(const std::string& key) {
  for (const auto& [name, member] : kMembers) {
    if (name == key) return member;
  }
  return nullptr;
}

KnownFailure read_row(const Value& row, Diagnostics& diagnostics) {
  KnownFailure known;
  for (const auto& [key, value] : row.object()) {
    const Member member = member_named(key);
    if (member == nullptr) {
      diagnostics.error(value.source(), value.key_range(),
                        fmt::format("unknown key '{}': expected definition, solution, workload, "
                                    "architecture or reason",
                                    key));
    } else if (!value.is_string() || value.string().empty()) {
      diagnostics.error(value.source(), value.range(),
                        fmt::format("'{}' must be a text that is not empty", key));
    } else {
      known.*member = value.string();
    }
  }
  if (row.find("reason") == nullptr) {
    diagnostics.error(row.source(), row.range(), "a known failure needs a 'reason'");
  } else if (row.object().size() < 2) {
    diagnostics.error(row.source(), row.range(),
                      "a known failure needs a pattern, such as 'solution'");
  }
  return known;
}

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || matches_glob(pattern, text);
}

}  // namespace

std::vector<KnownFailure> read_known_failures(const std::filesystem::path& file) {
  Diagnostics diagnostics;
  const Value document = read_document(file, diagnostics);
  diagnostics.throw_if_errors();
  if (!document.is_array()) {
    fail_at(ErrorKind::Input, document.source(), document.range(),
            "known failures are a list of {solution: …, reason: …}");
  }
  std::vector<KnownFailure> list;
  for (const Value& row : document.array()) {
    if (row.is_object()) {
      list.push_back(read_row(row, diagnostics));
    } else {
      diagnostics.error(row.source(), row.range(), "expected {solution: …, reason: …}");
    }
  }
  diagnostics.throw_if_errors();
  return list;
}

std::string architecture_of(const Trace& trace) {
  const Value* device = trace.fitest.find("device");
  if (device == nullptr) return {};
  if (device->find("kind")->string() == "virtual") return "virtual";
  std::string digits = device->find("compute_capability")->string();
  std::erase(digits, '.');
  return "sm_" + digits;
}

void apply_known_failures(const std::vector<KnownFailure>& known, const Case& planned,
                          CaseResult& result) {
  if (result.skipped) return;
  const std::string architecture = architecture_of(result.trace);
  for (const KnownFailure& row : known) {
    if (!matches(row.definition, planned.definition->name) ||
        !matches(row.solution, planned.solution->name) ||
        !matches(row.workload.empty() ? "" : row.workload + "*", planned.workload->uuid) ||
        !matches(row.architecture, architecture)) {
      continue;
    }
    if (result.exit_code() != 0) {
      result.ruling = Ruling{"KNOWN_FAILURE", "known failure: " + row.reason, true};
    } else {
      result.ruling = Ruling{"UNEXPECTED_PASS",
                             "passes, but is listed as a known failure: " + row.reason, false};
    }
    return;
  }
}

}  // namespace fitest
