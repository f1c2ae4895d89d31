// SPDX-License-Identifier: Apache-2.0
// Reads and writes documents: JSON, JSON lines and YAML become the same Values.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "document/value.h"

namespace fitest {

// Arrays and objects nest this deep at most.
inline constexpr std::size_t kMaxDocumentDepth = 200;

// One JSON document. Problems go to `diagnostics` with line and column; null Value then. Refused:
// duplicate keys, NaN and Infinity, integers beyond 64 bits, text that is not UTF-8. A byte order
// mark is skipped.
Value read_json(const SourcePtr& source, Diagnostics& diagnostics);
// One document a line; blank lines are skipped; every broken line is its own diagnostic.
std::vector<Value> read_json_lines(const SourcePtr& source, Diagnostics& diagnostics);
// One YAML document (1.2 core schema scalars: true/false, null, integers, floats, strings), with
// anchors, aliases and merge keys; aliases may not multiply the document without bound.
Value read_yaml(const SourcePtr& source, Diagnostics& diagnostics);
// By file name extension: .json, .yaml, .yml.
Value read_document(const std::filesystem::path& path, Diagnostics& diagnostics);

enum class JsonStyle : std::uint8_t { Compact, Indented };
// Members in order; doubles in the shortest form that reads back equal; non-finite numbers as the
// strings "Infinity", "-Infinity", "NaN", as the official Trace does.
std::string write_json(const Value& value, JsonStyle style = JsonStyle::Indented);

}  // namespace fitest
