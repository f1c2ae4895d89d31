// SPDX-License-Identifier: Apache-2.0
// A JSON or YAML document as a tree whose nodes know where they stand in the text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/source.h"

namespace fitest {

class Value {
 public:
  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  using Object = std::vector<Member>;  // in document order
  enum class Type : std::uint8_t { Null, Boolean, Integer, Number, String, Array, Object };

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool value) : data_(value) {}
  Value(int value) : data_(std::int64_t{value}) {}
  Value(std::int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(std::string_view value) : data_(std::string(value)) {}
  Value(Array value) : data_(std::move(value)) {}
  Value(Object value) : data_(std::move(value)) {}

  Type type() const { return static_cast<Type>(data_.index()); }
  bool is_null() const { return type() == Type::Null; }
  bool is_boolean() const { return type() == Type::Boolean; }
  bool is_integer() const { return type() == Type::Integer; }
  bool is_number() const { return type() == Type::Number || is_integer(); }
  bool is_string() const { return type() == Type::String; }
  bool is_array() const { return type() == Type::Array; }
  bool is_object() const { return type() == Type::Object; }

  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return std::get<std::int64_t>(data_); }
  double number() const {
    return is_integer() ? static_cast<double>(integer()) : std::get<double>(data_);
  }
  const std::string& string() const { return std::get<std::string>(data_); }
  const Array& array() const { return std::get<Array>(data_); }
  const Object& object() const { return std::get<Object>(data_); }
  Array& array() { return std::get<Array>(data_); }
  Object& object() { return std::get<Object>(data_); }

  // Member of an object, or null.
  const Value* find(std::string_view key) const;
  // Adds or replaces a member; a null Value becomes an object first.
  Value& set(std::string key, Value value);

  // Same content; positions do not count.
  bool operator==(const Value& other) const { return data_ == other.data_; }

  const SourcePtr& source() const { return source_; }
  SourceRange range() const { return range_; }
  void set_location(SourcePtr source, SourceRange range) {
    source_ = std::move(source);
    range_ = range;
  }
  // Of the key that this Value is the member of; empty elsewhere.
  SourceRange key_range() const { return key_range_; }
  void set_key_range(SourceRange range) { key_range_ = range; }

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> data_;
  SourcePtr source_;
  SourceRange range_;
  SourceRange key_range_;
};

// Where the characters [begin, end) of a string Value stand in its document, escapes and YAML block
// indentation counted; the whole Value where that cannot be told.
SourceRange range_within(const Value& string, std::size_t begin, std::size_t end);

// "null", "a boolean", "an integer", ...: for messages.
std::string_view describe(Value::Type type);

}  // namespace fitest
