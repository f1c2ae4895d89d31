// SPDX-License-Identifier: Apache-2.0
#include "schema/fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace fitest {

Fields::Fields(const Value& object, std::string what, Diagnostics& diagnostics)
    : object_(object), what_(std::move(what)), diagnostics_(diagnostics) {
  check_type(object, Value::Type::Object, what_, diagnostics);
}

const Value* Fields::find(std::string_view key) {
  ignore(key);
  const Value* value = object_.find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Value* Fields::require(std::string_view key) {
  ignore(key);
  const Value* value = object_.find(key);
  if (value == nullptr && valid()) {
    diagnostics_.error(object_.source(), opening(object_),
                       fmt::format("{} has no \"{}\"", what_, key));
  }
  return value;
}

const Value* Fields::require(std::string_view key, Value::Type type) {
  const Value* value = require(key);
  if (value == nullptr) return nullptr;
  return check_type(*value, type, fmt::format("\"{}\"", key), diagnostics_) ? value : nullptr;
}

const Value* Fields::find(std::string_view key, Value::Type type) {
  const Value* value = find(key);
  if (value == nullptr) return nullptr;
  return check_type(*value, type, fmt::format("\"{}\"", key), diagnostics_) ? value : nullptr;
}

std::string Fields::text(std::string_view key) {
  const Value* value = require(key, Value::Type::String);
  if (value == nullptr) return {};
  if (trim(value->string()).empty()) error(*value, fmt::format("\"{}\" is empty", key));
  return value->string();
}

std::string Fields::optional_text(std::string_view key) {
  const Value* value = find(key, Value::Type::String);
  return value == nullptr ? std::string() : value->string();
}

std::vector<std::string> Fields::optional_texts(std::string_view key) {
  std::vector<std::string> texts;
  const Value* list = find(key, Value::Type::Array);
  if (list == nullptr) return texts;
  for (const Value& item : list->array()) {
    if (!check_type(item, Value::Type::String, fmt::format("every item of \"{}\"", key),
                    diagnostics_)) {
      continue;
    }
    if (trim(item.string()).empty()) error(item, fmt::format("\"{}\" has an empty item", key));
    texts.push_back(item.string());
  }
  return texts;
}

bool Fields::optional_boolean(std::string_view key, bool otherwise) {
  const Value* value = find(key, Value::Type::Boolean);
  return value == nullptr ? otherwise : value->boolean();
}

void Fields::warn_unknown_keys() {
  if (!valid()) return;
  for (const auto& [key, value] : object_.object()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    diagnostics_.warning(
        object_.source(), value.key_range(),
        fmt::format("{} has the unknown key \"{}\"{}", what_, key, suggestion(key, known_)));
  }
}

void Fields::error(const Value& at, std::string message) {
  diagnostics_.error(at.source() ? at.source() : object_.source(), at.range(), std::move(message));
}

bool check_type(const Value& value, Value::Type type, std::string_view what,
                Diagnostics& diagnostics) {
  const bool integral_number = type == Value::Type::Number && value.is_integer();
  if (value.type() == type || integral_number) return true;
  const bool quote = type == Value::Type::String && (value.is_boolean() || value.is_number());
  const bool container = value.is_object() || value.is_array();
  diagnostics.error(value.source(), container ? opening(value) : value.range(),
                    fmt::format("{} must be {}, found {}{}", what, describe(type),
                                describe(value.type()), quote ? "; put it in quotes" : ""));
  return false;
}

SourceRange opening(const Value& value) {
  const SourceRange range = value.range();
  return {range.begin, std::min(range.begin + 1, range.end)};
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  const auto guess = nearest(word, candidates);
  return guess ? fmt::format("; did you mean \"{}\"?", *guess) : "";
}

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || !letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || digit(c); });
}

void check_name(const Value& value, std::string_view what, Diagnostics& diagnostics) {
  if (!value.is_string() || value.string().empty()) return;
  const std::string& name = value.string();
  const auto bad = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F ||
           std::string_view("/\\;\"'`$<>|*?:").find(c) != std::string_view::npos;
  };
  const auto found = std::find_if(name.begin(), name.end(), bad);
  if (found != name.end()) {
    const auto at = static_cast<std::size_t>(found - name.begin());
    diagnostics.error(
        value.source(), range_within(value, at, at + 1),
        fmt::format("{} may not contain '{}': it names files and tests", what, *found));
  } else if (name[0] == '.' || name[0] == '-') {
    diagnostics.error(value.source(), range_within(value, 0, 1),
                      fmt::format("{} may not begin with '{}'", what, name[0]));
  }
}

bool check_relative_path(const Value& value, Diagnostics& diagnostics) {
  const std::string& path = value.string();
  const std::vector<std::string> parts = split(path, '/');
  const char* problem = nullptr;
  if (path.empty()) {
    problem = "the path is empty";
  } else if (path[0] == '/') {
    problem = "the path is absolute; write it relative";
  } else if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    problem = "the path leaves its folder by \"..\"";
  } else if (path.find('\0') != std::string::npos || path.find('\\') != std::string::npos) {
    problem = "the path has a character that paths may not have";
  }
  if (problem != nullptr) diagnostics.error(value.source(), value.range(), problem);
  return problem == nullptr;
}

}  // namespace fitest
