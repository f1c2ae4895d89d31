// SPDX-License-Identifier: Apache-2.0
#include "support/json_schema.h"

#include <algorithm>
#include <map>

#include "document/document.h"

namespace fitest {
namespace {

bool has_type(const Value& value, const std::string& name) {
  // Draft-07: a number without fraction is an integer.
  if (name == "integer") {
    return value.is_integer() ||
           (value.is_number() &&
            value.number() == static_cast<double>(static_cast<std::int64_t>(value.number())));
  }
  static const std::map<std::string, bool (Value::*)() const> kTypes = {
      {"null", &Value::is_null},     {"boolean", &Value::is_boolean}, {"number", &Value::is_number},
      {"string", &Value::is_string}, {"array", &Value::is_array},     {"object", &Value::is_object},
  };
  const auto found = kTypes.find(name);
  return found != kTypes.end() && (value.*found->second)();
}

bool equal(const Value& a, const Value& b) {
  return a == b || (a.is_number() && b.is_number() && a.number() == b.number());
}

std::string text_of(const Value& value) {
  return write_json(value, JsonStyle::Compact);
}

class Checker {
 public:
  explicit Checker(const Value& root) : root_(root) {}

  void check(const Value& schema, const Value& value, const std::string& path) {
    if (schema.is_boolean()) {
      if (!schema.boolean()) report(path, "is not allowed");
      return;
    }
    // Beside $ref, draft-07 ignores everything.
    if (const Value* reference = schema.find("$ref")) {
      if (const Value* target = resolve(reference->string())) {
        check(*target, value, path);
      } else {
        report(path, "the schema refers to " + reference->string() + ", which it does not have");
      }
      return;
    }
    for (const auto& [keyword, argument] : schema.object()) {
      apply({schema, keyword, argument}, value, path);
    }
  }
  std::vector<std::string> take_problems() { return std::move(problems_); }

 private:
  struct Rule {
    const Value& schema;
    const std::string& keyword;
    const Value& argument;
  };
  using Handler = void (Checker::*)(const Rule&, const Value&, const std::string&);

  void apply(const Rule& rule, const Value& value, const std::string& path) {
    static const std::map<std::string, Handler> kHandlers = {
        {"type", &Checker::check_type},
        {"enum", &Checker::check_enum},
        {"const", &Checker::check_const},
        {"required", &Checker::check_required},
        {"properties", &Checker::check_properties},
        {"additionalProperties", &Checker::check_additional},
        {"items", &Checker::check_items},
        {"minItems", &Checker::check_minimum},
        {"minimum", &Checker::check_minimum},
        {"minLength", &Checker::check_minimum},
        {"anyOf", &Checker::check_combination},
        {"oneOf", &Checker::check_combination},
        {"allOf", &Checker::check_combination},
        {"not", &Checker::check_combination},
        {"$schema", &Checker::ignore},
        {"title", &Checker::ignore},
        {"description", &Checker::ignore},
        {"definitions", &Checker::ignore},
    };
    const auto handler = kHandlers.find(rule.keyword);
    if (handler == kHandlers.end()) {
      report(path, "the schema uses the keyword \"" + rule.keyword + "\", which is not supported");
      return;
    }
    (this->*handler->second)(rule, value, path);
  }

  void ignore(const Rule&, const Value&, const std::string&) {}

  void check_type(const Rule& rule, const Value& value, const std::string& path) {
    const Value::Array types =
        rule.argument.is_array() ? rule.argument.array() : Value::Array{rule.argument};
    const bool matches = std::any_of(types.begin(), types.end(), [&](const Value& type) {
      return has_type(value, type.string());
    });
    if (!matches) report(path, "must be of type " + text_of(rule.argument));
  }

  void check_enum(const Rule& rule, const Value& value, const std::string& path) {
    const Value::Array& allowed = rule.argument.array();
    const bool found = std::any_of(allowed.begin(), allowed.end(),
                                   [&](const Value& candidate) { return equal(candidate, value); });
    if (!found) report(path, "must be one of " + text_of(rule.argument));
  }

  void check_const(const Rule& rule, const Value& value, const std::string& path) {
    if (!equal(rule.argument, value)) report(path, "must be " + text_of(rule.argument));
  }

  void check_required(const Rule& rule, const Value& value, const std::string& path) {
    if (!value.is_object()) return;
    for (const Value& key : rule.argument.array()) {
      if (value.find(key.string()) == nullptr) report(path, "has no \"" + key.string() + "\"");
    }
  }

  void check_properties(const Rule& rule, const Value& value, const std::string& path) {
    for (const auto& [key, schema] : rule.argument.object()) {
      if (const Value* member = value.find(key)) check(schema, *member, path + "/" + key);
    }
  }

  void check_additional(const Rule& rule, const Value& value, const std::string& path) {
    if (!value.is_object()) return;
    const Value* properties = rule.schema.find("properties");
    for (const auto& [key, member] : value.object()) {
      const bool declared = properties != nullptr && properties->find(key) != nullptr;
      if (!declared) check(rule.argument, member, path + "/" + key);
    }
  }

  void check_items(const Rule& rule, const Value& value, const std::string& path) {
    if (!value.is_array()) return;
    for (std::size_t i = 0; i < value.array().size(); ++i) {
      check(rule.argument, value.array()[i], path + "/" + std::to_string(i));
    }
  }

  // minimum of a number, minLength of a string, minItems of an array.
  void check_minimum(const Rule& rule, const Value& value, const std::string& path) {
    double measured = rule.argument.number();
    if (rule.keyword == "minimum" && value.is_number()) measured = value.number();
    if (rule.keyword == "minLength" && value.is_string()) {
      measured = static_cast<double>(value.string().size());
    }
    if (rule.keyword == "minItems" && value.is_array()) {
      measured = static_cast<double>(value.array().size());
    }
    if (measured < rule.argument.number()) {
      report(path, "breaks " + rule.keyword + " " + text_of(rule.argument));
    }
  }

  void check_combination(const Rule& rule, const Value& value, const std::string& path) {
    const Value::Array schemas =
        rule.argument.is_array() ? rule.argument.array() : Value::Array{rule.argument};
    std::size_t matches = 0;
    std::string reasons;
    for (const Value& schema : schemas) {
      Checker branch(root_);
      branch.check(schema, value, path);
      matches += branch.problems_.empty() ? 1 : 0;
      for (const std::string& problem : branch.problems_) reasons += "\n  " + problem;
    }
    const bool holds = rule.keyword == "anyOf"   ? matches > 0
                       : rule.keyword == "oneOf" ? matches == 1
                       : rule.keyword == "not"   ? matches == 0
                                                 : matches == schemas.size();
    if (!holds) {
      report(path, "matches " + std::to_string(matches) + " of the " +
                       std::to_string(schemas.size()) + " of " + rule.keyword + reasons);
    }
  }

  const Value* resolve(const std::string& reference) const {
    const std::string prefix = "#/definitions/";
    const Value* definitions = root_.find("definitions");
    if (!reference.starts_with(prefix) || definitions == nullptr) return nullptr;
    return definitions->find(reference.substr(prefix.size()));
  }

  void report(const std::string& path, const std::string& message) {
    problems_.push_back((path.empty() ? "/" : path) + ": " + message);
  }

  const Value& root_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<std::string> check_json_schema(const Value& schema, const Value& document) {
  Checker checker(schema);
  checker.check(schema, document, "");
  return checker.take_problems();
}

std::vector<std::string> check_json_schema_file(const std::filesystem::path& schema,
                                                const std::filesystem::path& document) {
  Diagnostics diagnostics;
  const Value schema_value = read_document(schema, diagnostics);
  const Value document_value = read_document(document, diagnostics);
  if (!diagnostics.ok()) return {diagnostics.render_all()};
  return check_json_schema(schema_value, document_value);
}

}  // namespace fitest
