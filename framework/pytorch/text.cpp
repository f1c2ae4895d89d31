// SPDX-License-Identifier: Apache-2.0
// str(), repr() and format().
#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "base/error.h"
#include "pytorch/element.h"
#include "pytorch/interpreter.h"
#include "pytorch/number.h"

namespace fitest::pytorch {
namespace {

constexpr int kMaxNesting = 20;
constexpr std::int64_t kMostElements = 1000;

std::string text_at(const Value& value, bool quoted, int depth);

std::string quote(const std::string& text) {
  const char mark =
      text.find('\'') != std::string::npos && text.find('"') == std::string::npos ? '"' : '\'';
  std::string result(1, mark);
  for (char c : text) {
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c == '\\' || c == mark) {
      result += '\\';
      result += c;
    } else {
      result += c;
    }
  }
  return result + mark;
}

std::string items_text(const std::vector<Value>& items, int depth) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += ", ";
    text += text_at(items[i], true, depth + 1);
  }
  return text;
}

std::string sequence_text(const Sequence& sequence, int depth) {
  const std::string items = items_text(sequence.items, depth);
  if (sequence.kind == Collection::List) return "[" + items + "]";
  if (sequence.is_size) return "torch.Size([" + items + "])";
  return sequence.items.size() == 1 ? "(" + items + ",)" : "(" + items + ")";
}

std::string dictionary_text(const Dictionary& dictionary, int depth) {
  if (dictionary.kind == Collection::Set && dictionary.items.empty()) return "set()";
  std::string text = "{";
  for (const auto& [key, value] : dictionary.items) {
    if (text.size() > 1) text += ", ";
    text += text_at(key, true, depth + 1);
    if (dictionary.kind == Collection::Dict) text += ": " + text_at(value, true, depth + 1);
  }
  return text + "}";
}

std::string element_text(const Value& element) {
  const auto* number = element.as<double>();
  if (number == nullptr) return text_of(element);
  if (std::isfinite(*number) && *number == std::floor(*number) && std::abs(*number) < 1e6) {
    return fmt::format("{}.", static_cast<std::int64_t>(*number));
  }
  if (!std::isfinite(*number)) return float_text(*number);
  return fmt::format("{:.4f}", *number);
}

std::string array_rows(const Array& array, std::int64_t first, std::size_t dim) {
  if (dim == array.shape.size()) return element_text(element_at(array, first));
  std::int64_t width = 1;
  for (std::size_t d = dim + 1; d < array.shape.size(); ++d) width *= array.shape[d];
  std::string text = "[";
  for (std::int64_t i = 0; i < array.shape[dim]; ++i) {
    if (i > 0) text += ", ";
    text += array_rows(array, first + i * width, dim + 1);
  }
  return text + "]";
}

// Values without PyTorch's line breaks and column alignment.
std::string array_text(const Array& array) {
  if (array.count() > kMostElements) {
    return fmt::format("tensor(size={}, dtype=torch.{})", sizes_text(array.shape),
                       name_of(array.dtype));
  }
  std::string text = "tensor(" + array_rows(array, 0, 0);
  const bool is_default =
      array.dtype == DType::Float32 || array.dtype == DType::Int64 || array.dtype == DType::Bool;
  if (!is_default) text += fmt::format(", dtype=torch.{}", name_of(array.dtype));
  return text + ")";
}

std::string range_text(const Range& range) {
  if (range.step == 1) return fmt::format("range({}, {})", range.start, range.stop);
  return fmt::format("range({}, {}, {})", range.start, range.stop, range.step);
}

// Of numbers and what else has no parts; nullopt for all others.
std::optional<std::string> scalar_text(const Value& value) {
  if (value.is_none()) return "None";
  if (const auto* flag = value.as<bool>()) return *flag ? "True" : "False";
  if (const auto* integer = value.as<std::int64_t>()) return fmt::format("{}", *integer);
  if (const auto* integer = value.as<BigIntegerPtr>()) return (*integer)->text();
  if (const auto* number = value.as<double>()) return float_text(*number);
  if (value.is<Ellipsis>()) return "Ellipsis";
  return std::nullopt;
}

std::string text_at(const Value& value, bool quoted, int depth) {
  if (depth > kMaxNesting) return "...";
  if (auto text = scalar_text(value)) return *std::move(text);
  if (const std::string* text = value.string()) return quoted ? quote(*text) : *text;
  if (const Array* array = value.array()) return array_text(*array);
  if (const auto* dtype = value.as<DType>()) return fmt::format("torch.{}", name_of(*dtype));
  if (const auto* device = value.as<Device>()) {
    return quoted ? fmt::format("device(type='{}')", device->text) : device->text;
  }
  if (const auto* range = value.as<Range>()) return range_text(*range);
  if (const Sequence* items = value.sequence()) return sequence_text(*items, depth);
  if (const Dictionary* items = value.dictionary()) return dictionary_text(*items, depth);
  if (const auto* type = value.as<const TypeInfo*>()) {
    return fmt::format("<class '{}'>", (*type)->name);
  }
  return fmt::format("<{}>", type_name(value));
}

struct Specification {
  char fill = ' ';
  char align = '\0';
  char sign = '-';
  bool zero = false;
  bool grouped = false;
  std::size_t width = 0;
  int precision = -1;
  char type = '\0';
};

Specification parse_specification(const std::string& text) {
  Specification spec;
  std::size_t at = 0;
  const auto is_align = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
  if (text.size() > 1 && is_align(text[1])) spec.fill = text[at++];
  if (at < text.size() && is_align(text[at])) spec.align = text[at++];
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' ')) {
    spec.sign = text[at++];
  }
  if (at < text.size() && text[at] == '0') spec.zero = true;
  const auto number = [&](std::size_t limit) {
    std::size_t value = 0;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      value = std::min(limit, value * 10 + static_cast<std::size_t>(text[at] - '0'));
    }
    return value;
  };
  spec.width = number(10000);
  if (at < text.size() && text[at] == ',') {
    spec.grouped = true;
    ++at;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    spec.precision = static_cast<int>(number(300));
  }
  if (at < text.size()) spec.type = text[at++];
  if (at != text.size()) fail(ErrorKind::Input, fmt::format("invalid format '{}'", text));
  return spec;
}

std::string group_digits(std::string digits) {
  const std::size_t end = std::min(digits.find_first_of(".e"), digits.size());
  const std::size_t begin = !digits.empty() && digits[0] == '-' ? 1 : 0;
  for (std::size_t at = end; at > begin + 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

struct RadixRow {
  char type;
  unsigned radix;
  bool upper;
};
constexpr RadixRow kRadixes[] = {{'\0', 10, false}, {'d', 10, false}, {'x', 16, false},
                                 {'X', 16, true},   {'o', 8, false},  {'b', 2, false}};

std::string to_case(std::string text, bool upper) {
  if (!upper) return text;
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string number_text(const Value& value, const Specification& spec) {
  if (is_integer(value)) {
    for (const RadixRow& row : kRadixes) {
      if (row.type == spec.type) return to_case(big_of(value).text(row.radix), row.upper);
    }
  }
  const double held = float_of(value);
  const int precision = spec.precision < 0 ? 6 : spec.precision;
  switch (spec.type) {
    case 'f':
      return fmt::format("{:.{}f}", held, precision);
    case 'e':
      return fmt::format("{:.{}e}", held, precision);
    case 'g':
      return fmt::format("{:.{}g}", held, precision);
    case '%':
      return fmt::format("{:.{}f}%", held * 100, precision);
    case '\0':
      return spec.precision < 0 ? float_text(held) : fmt::format("{:.{}g}", held, precision);
    default:
      fail(ErrorKind::Input, fmt::format("unknown format code '{}'", spec.type));
  }
}

}  // namespace

std::string float_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", value);
  const bool whole = text.find_first_of(".e") == std::string::npos;
  return whole ? text + ".0" : text;
}

std::string text_of(const Value& value) {
  return text_at(value, false, 0);
}

std::string repr_of(const Value& value) {
  return text_at(value, true, 0);
}

namespace {

// `text` filled up to the width; zeros go between a sign and its digits.
std::string padded(const std::string& text, const Specification& spec, bool numeric) {
  if (text.size() >= spec.width) return text;
  const std::size_t missing = spec.width - text.size();
  const char align = spec.align != '\0' ? spec.align : numeric ? '>' : '<';
  const char fill = spec.zero && spec.align == '\0' ? '0' : spec.fill;
  const std::size_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  if (fill == '0' && (text[0] == '-' || text[0] == '+')) {
    return text.substr(0, 1) + std::string(left, fill) + text.substr(1);
  }
  return std::string(left, fill) + text + std::string(missing - left, fill);
}

}  // namespace

std::string format_value(const Value& value, const std::string& specification) {
  if (specification.empty()) return text_of(value);
  const Specification spec = parse_specification(specification);
  const Array* array = value.array();
  const Value plain = array != nullptr && array->count() == 1 ? element_at(*array, 0) : value;
  const bool numeric = is_number(plain) && (!plain.is<bool>() || spec.type != '\0');
  std::string text = numeric ? number_text(plain, spec) : text_of(plain);
  if (spec.grouped) text = group_digits(text);
  if (numeric && spec.sign != '-' && text[0] != '-') text.insert(0, 1, spec.sign);
  return padded(text, spec, numeric);
}

}  // namespace fitest::pytorch
