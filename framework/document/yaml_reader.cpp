// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <sstream>

#include "document/document.h"
#include "document/tree_builder.h"
#include "document/utf8.h"

namespace fitest {
namespace {

// Nodes that aliases may add to one document: a few nested aliases can ask for billions.
constexpr std::size_t kMaxAliasNodes = 100'000;

constexpr std::string_view kDigits = "0123456789";

// Thrown through the library to stop at a problem that is already in the diagnostics.
struct Stop {};

std::size_t count_nodes(const Value& value) {
  std::size_t count = 1;
  if (value.is_array()) {
    for (const Value& item : value.array()) count += count_nodes(item);
  } else if (value.is_object()) {
    for (const Value::Member& member : value.object()) count += count_nodes(member.second);
  }
  return count;
}

// A plain scalar by the core schema (YAML 1.2.2, section 10.3.2).
class PlainScalar {
 public:
  explicit PlainScalar(const std::string& text) : text_(text), unsigned_(text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) unsigned_.remove_prefix(1);
  }

  // Null where the text looks like a number but is none that fits.
  std::optional<Value> resolve() const {
    if (text_ == "true" || text_ == "True" || text_ == "TRUE") return Value(true);
    if (text_ == "false" || text_ == "False" || text_ == "FALSE") return Value(false);
    if (unsigned_ == ".inf" || unsigned_ == ".Inf" || unsigned_ == ".INF") {
      return Value(signed_value(std::numeric_limits<double>::infinity()));
    }
    if (text_ == ".nan" || text_ == ".NaN" || text_ == ".NAN") {
      return Value(std::numeric_limits<double>::quiet_NaN());
    }
    if (text_.starts_with("0x")) return integer(2, 16, "0123456789abcdefABCDEF");
    if (text_.starts_with("0o")) return integer(2, 8, "01234567");
    if (!unsigned_.empty() && unsigned_.find_first_not_of(kDigits) == std::string_view::npos) {
      return integer(text_[0] == '+' ? 1 : 0, 10, "-0123456789");
    }
    if (looks_like_float()) return number();
    return Value(text_);
  }

 private:
  double signed_value(double magnitude) const { return text_[0] == '-' ? -magnitude : magnitude; }

  std::optional<Value> integer(std::size_t prefix, int base, std::string_view digits) const {
    const std::string_view text = std::string_view(text_).substr(prefix);
    if (text.empty() || text.find_first_not_of(digits) != std::string_view::npos) {
      return Value(text_);
    }
    std::int64_t value = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (result.ec != std::errc()) return std::nullopt;
    return Value(value);
  }

  bool looks_like_float() const {
    const std::size_t mantissa = unsigned_.find_first_not_of("0123456789.");
    const std::string_view head = unsigned_.substr(0, mantissa);
    const bool one_point = head.find('.') == head.rfind('.');
    if (head.find_first_of(kDigits) == std::string_view::npos || !one_point) return false;
    if (mantissa == std::string_view::npos) return true;
    std::string_view exponent = unsigned_.substr(mantissa);
    if (exponent[0] != 'e' && exponent[0] != 'E') return false;
    exponent.remove_prefix(1);
    if (!exponent.empty() && (exponent[0] == '-' || exponent[0] == '+')) exponent.remove_prefix(1);
    return !exponent.empty() && exponent.find_first_not_of(kDigits) == std::string_view::npos;
  }

  std::optional<Value> number() const {
    double value = 0;
    const auto result =
        std::from_chars(unsigned_.data(), unsigned_.data() + unsigned_.size(), value);
    if (result.ec != std::errc()) return std::nullopt;
    return Value(signed_value(value));
  }

  const std::string& text_;
  std::string_view unsigned_;
};

class Handler final : public YAML::EventHandler {
 public:
  Handler(const SourcePtr& source, Diagnostics& diagnostics)
      : source_(source),
        text_(source->text()),
        base_(byte_order_mark_length(text_)),
        diagnostics_(diagnostics),
        builder_(source, diagnostics) {
    builder_.set_merge_keys(true);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ == 1) return;
    const std::size_t at = offset(mark);
    stop({at, line_end(at)}, "a second YAML document begins; a file holds one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const std::size_t at = offset(mark);
    const bool spelled =
        text_.substr(at, 1) == "~" || text_.substr(at, 1) == "n" || text_.substr(at, 1) == "N";
    scalar(Value(), "null", {at, spelled ? plain_end(at) : at}, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const SourceRange range{offset(mark), plain_end(offset(mark))};
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(range, "the alias stands inside its own anchor");
    alias_nodes_ += found->second.nodes;
    if (alias_nodes_ > kMaxAliasNodes) {
      stop(range,
           fmt::format("aliases expand the document by more than {} values", kMaxAliasNodes));
    }
    if (builder_.expects_key()) stop(range, "an alias cannot be a key");
    builder_.add(found->second.value, range);
    end_ = range.end;
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    const SourceRange range = scalar_range(offset(mark), text);
    const bool is_string = tag == "!" || tag == "tag:yaml.org,2002:str";
    const bool is_key = builder_.expects_key();
    if (!is_string && tag != "?" && !tag.empty()) {
      stop(range, fmt::format("the tag {} is not supported", tag));
    }
    if (is_string || is_key) return scalar(Value(text), text, range, anchor);
    const std::optional<Value> value = PlainScalar(text).resolve();
    if (!value) stop(range, "the number does not fit into 64 bits");
    scalar(*value, text, range, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Value(Value::Array{}), mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(']'); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Value(Value::Object{}), mark, tag, anchor);
  }
  void OnMapEnd() override { end('}'); }

  std::size_t offset(const YAML::Mark& mark) const {
    const auto position = static_cast<std::size_t>(std::max(mark.pos, 0));
    return std::min(base_ + position, text_.size());
  }
  Value take_root() { return builder_.take_root(); }

 private:
  struct Anchored {
    Value value;
    std::size_t nodes = 0;
  };

  [[noreturn]] void stop(SourceRange range, std::string message) {
    diagnostics_.error(source_, range, std::move(message));
    throw Stop{};
  }

  void begin(Value container, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    const SourceRange range{offset(mark), offset(mark) + 1};
    if (builder_.expects_key()) stop(range, "a key must be a scalar");
    if (!tag.empty() && tag != "?" && tag != "!") {
      stop(range, fmt::format("the tag {} is not supported", tag));
    }
    if (!builder_.begin(std::move(container), range)) throw Stop{};
    open_anchors_.push_back(anchor);
    end_ = range.end;
  }

  void end(char bracket) {
    const std::size_t next = text_.find_first_not_of(" \t\r\n,", end_);
    if (next != std::string_view::npos && text_[next] == bracket) end_ = next + 1;
    const Value& closed = builder_.end(end_);
    remember(open_anchors_.back(), closed);
    open_anchors_.pop_back();
  }

  void scalar(Value value, const std::string& text, SourceRange range, YAML::anchor_t anchor) {
    end_ = std::max(end_, range.end);
    if (builder_.expects_key()) {
      builder_.key(text, range);
    } else {
      remember(anchor, builder_.add(std::move(value), range));
    }
  }

  void remember(YAML::anchor_t anchor, const Value& value) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {value, count_nodes(value)};
  }

  std::size_t line_end(std::size_t at) const {
    const std::size_t end = std::min(text_.find_first_of("\r\n", at), text_.size());
    return end;
  }
  std::size_t plain_end(std::size_t at) const {
    return std::min(text_.find_first_of(" \t\r\n,]}:#", at), text_.size());
  }
  // Past the closing quote; beyond the text where there is none.
  std::size_t quoted_end(std::size_t begin) const {
    const char quote = text_[begin];
    for (std::size_t at = begin + 1; at < text_.size(); ++at) {
      const bool escape = quote == '"' ? text_[at] == '\\' : text_.substr(at, 2) == "''";
      if (escape) {
        ++at;
      } else if (text_[at] == quote) {
        return at + 1;
      }
    }
    return text_.size() + 1;
  }
  SourceRange scalar_range(std::size_t begin, const std::string& value) {
    const char first = begin < text_.size() ? text_[begin] : '\0';
    if (first == '"' || first == '\'') {
      const std::size_t end = quoted_end(begin);
      // The library takes the end of the text for a closing quote.
      if (end > text_.size()) stop({begin, begin + 1}, "the string is never closed");
      return {begin, end};
    }
    if (text_.substr(begin, value.size()) == value) return {begin, begin + value.size()};
    return {begin, line_end(begin)};
  }

  SourcePtr source_;
  std::string_view text_;
  std::size_t base_;
  Diagnostics& diagnostics_;
  TreeBuilder builder_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::vector<YAML::anchor_t> open_anchors_;
  std::size_t documents_ = 0;
  std::size_t alias_nodes_ = 0;
  std::size_t end_ = 0;  // of the last token
};

void parse(Handler& handler, const SourcePtr& source, Diagnostics& diagnostics) {
  try {
    std::istringstream stream{std::string(source->text())};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const Stop&) {
    return;
  } catch (const YAML::Exception& error) {
    const std::size_t at = handler.offset(error.mark);
    diagnostics.error(source, {at, at + 1}, "not valid YAML: " + error.msg);
  }
}

// The library takes NUL bytes for UTF-16 and 0x04 for the end of the text; YAML allows neither
// (YAML 1.2.2, section 5.1).
bool check_printable(const SourcePtr& source, Diagnostics& diagnostics) {
  const std::string_view text = source->text();
  const auto found = std::find_if(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  });
  if (found == text.end()) return true;
  const auto at = static_cast<std::size_t>(found - text.begin());
  diagnostics.error(source, {at, at + 1},
                    fmt::format("the control character 0x{:02X} is not allowed in YAML",
                                static_cast<unsigned char>(*found)));
  return false;
}

}  // namespace

Value read_yaml(const SourcePtr& source, Diagnostics& diagnostics) {
  if (!check_utf8(source, diagnostics) || !check_printable(source, diagnostics)) return {};
  Diagnostics own;
  Handler handler(source, own);
  parse(handler, source, own);
  for (const Diagnostic& diagnostic : own.list()) diagnostics.add(diagnostic);
  return own.ok() ? handler.take_root() : Value();
}

}  // namespace fitest
