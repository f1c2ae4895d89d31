// SPDX-License-Identifier: Apache-2.0
// Checked access to the members of one object of a document. Every problem becomes a diagnostic;
// members that nobody asked for are unknown keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"

namespace fitest {

class Fields {
 public:
  // `what` names the object in messages: "the definition", "input \"q\"".
  Fields(const Value& object, std::string what, Diagnostics& diagnostics);

  // False, already reported, when the document has something else than an object there.
  bool valid() const { return object_.is_object(); }

  // The member, or null where it is absent or null.
  const Value* find(std::string_view key);
  // The member; reported when it is absent. A null member is returned.
  const Value* require(std::string_view key);
  // The member, reported and null when it is absent or of another type.
  const Value* require(std::string_view key, Value::Type type);
  const Value* find(std::string_view key, Value::Type type);

  // Required: not empty. Empty, and reported, otherwise.
  std::string text(std::string_view key);
  std::string optional_text(std::string_view key);
  // A list of non-empty strings.
  std::vector<std::string> optional_texts(std::string_view key);
  bool optional_boolean(std::string_view key, bool otherwise);

  // Marks keys as known without reading them.
  void ignore(std::string_view key) { known_.emplace_back(key); }
  void warn_unknown_keys();

  void error(const Value& at, std::string message);
  const Value& object() const { return object_; }
  const std::string& what() const { return what_; }
  Diagnostics& diagnostics() { return diagnostics_; }

 private:
  const Value& object_;
  std::string what_;
  Diagnostics& diagnostics_;
  std::vector<std::string> known_;
};

// Reports a value of another type: `"axes" must be an object, found a list`.
bool check_type(const Value& value, Value::Type type, std::string_view what,
                Diagnostics& diagnostics);

// Start of a value: messages about a whole object point at its bracket.
SourceRange opening(const Value& value);

// `; did you mean "x"?`, or nothing.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

// Letters, digits and underscores, no digit first: what expressions and Python can name.
bool is_identifier(std::string_view text);

// Reports names that cannot be part of a path, a CTest name and a label.
void check_name(const Value& value, std::string_view what, Diagnostics& diagnostics);

// Reports a path that is absolute or goes up by "..": what a document may not name.
bool check_relative_path(const Value& value, Diagnostics& diagnostics);

}  // namespace fitest
