// SPDX-License-Identifier: Apache-2.0
// Any bytes as JSON, JSON lines and YAML, and what can be read of them as each kind of document:
// no crash, every problem rendered, and what was read is written and read back equal.
#include <cstdlib>

#include "document/document.h"
#include "schema/definition.h"
#include "schema/solution.h"
#include "schema/trace.h"
#include "schema/workload.h"

namespace fitest {
namespace {

bool has_nan(const Value& value) {
  if (value.type() == Value::Type::Number) return !(value.number() - value.number() == 0);
  if (value.is_array()) {
    for (const Value& item : value.array()) {
      if (has_nan(item)) return true;
    }
  }
  if (value.is_object()) {
    for (const Value::Member& member : value.object()) {
      if (has_nan(member.second)) return true;
    }
  }
  return false;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check_ranges(const Value& value) {
  require(value.range().begin <= value.range().end);
  require(value.range().end <= value.source()->text().size());
  if (value.is_string()) {
    const SourceRange range = range_within(value, 0, value.string().size());
    require(range.begin <= value.source()->text().size());
  }
  if (value.is_array()) {
    for (const Value& item : value.array()) check_ranges(item);
  }
  if (value.is_object()) {
    for (const Value::Member& member : value.object()) check_ranges(member.second);
  }
}

void read_as_everything(const Value& document) {
  Diagnostics diagnostics;
  read_definition(document, diagnostics);
  read_workload(document, diagnostics);
  read_solution(document, "", diagnostics);
  read_trace(document, diagnostics);
  require(diagnostics.render_all().size() < (std::size_t{1} << 32));
  if (has_nan(document)) return;
  Diagnostics copy_diagnostics;
  const Value copy =
      read_json(make_source("copy", write_json(document, JsonStyle::Compact)), copy_diagnostics);
  require(copy_diagnostics.ok() && copy == document);
}

void read_text(const std::string& text) {
  const SourcePtr source = make_source("fuzz", text);
  Diagnostics diagnostics;
  std::vector<Value> documents = read_json_lines(source, diagnostics);
  documents.push_back(read_json(source, diagnostics));
  documents.push_back(read_yaml(source, diagnostics));
  require(diagnostics.render_all().size() < (std::size_t{1} << 32));
  for (const Value& document : documents) {
    if (document.source()) check_ranges(document);
    read_as_everything(document);
  }
}

}  // namespace
}  // namespace fitest

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  fitest::read_text(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
