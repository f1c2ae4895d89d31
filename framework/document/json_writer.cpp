// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "document/document.h"

namespace fitest {
namespace {

std::string_view escape_of(char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

class Writer {
 public:
  explicit Writer(JsonStyle style) : indented_(style == JsonStyle::Indented) {}

  void write(const Value& value) {
    switch (value.type()) {
      case Value::Type::Null:
        text_ += "null";
        break;
      case Value::Type::Boolean:
        text_ += value.boolean() ? "true" : "false";
        break;
      case Value::Type::Integer:
        fmt::format_to(std::back_inserter(text_), "{}", value.integer());
        break;
      case Value::Type::Number:
        write_number(value.number());
        break;
      case Value::Type::String:
        write_string(value.string());
        break;
      case Value::Type::Array:
        write_array(value.array());
        break;
      case Value::Type::Object:
        write_object(value.object());
        break;
    }
  }
  std::string take() { return std::move(text_); }

 private:
  void write_number(double value) {
    if (std::isnan(value)) {
      text_ += "\"NaN\"";
    } else if (std::isinf(value)) {
      text_ += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    } else {
      const std::string digits = fmt::format("{}", value);
      text_ += digits;
      if (digits.find_first_of(".e") == std::string::npos) text_ += ".0";
    }
  }

  void write_string(std::string_view value) {
    text_ += '"';
    for (char c : value) {
      const std::string_view escape = escape_of(c);
      if (!escape.empty()) {
        text_ += escape;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(c));
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  void write_array(const Value::Array& items) {
    open('[');
    for (std::size_t i = 0; i < items.size(); ++i) {
      separate(i);
      write(items[i]);
    }
    close(']', items.empty());
  }

  void write_object(const Value::Object& members) {
    open('{');
    for (std::size_t i = 0; i < members.size(); ++i) {
      separate(i);
      write_string(members[i].first);
      text_ += indented_ ? ": " : ":";
      write(members[i].second);
    }
    close('}', members.empty());
  }

  void open(char bracket) {
    text_ += bracket;
    ++depth_;
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) new_line();
    text_ += bracket;
  }
  void separate(std::size_t index) {
    if (index > 0) text_ += ',';
    new_line();
  }
  void new_line() {
    if (!indented_) return;
    text_ += '\n';
    text_.append(2 * depth_, ' ');
  }

  bool indented_;
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::string write_json(const Value& value, JsonStyle style) {
  Writer writer(style);
  writer.write(value);
  return writer.take();
}

}  // namespace fitest
