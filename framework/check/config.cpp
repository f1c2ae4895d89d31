// SPDX-License-Identifier: Apache-2.0
#include "check/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "document/document.h"

namespace fitest {
namespace {

// As the file that flashinfer-bench bundles, and its sampling evaluator's single trial.
constexpr const char* kBuiltIn = R"(
op_type_config:
  moe: {required_matched_ratio: 0.95}
  lowbit: {required_matched_ratio: 0.95}
  sampling:
    num_trials: 1
    extra: {sampling_validation_trials: 100, sampling_tvd_threshold: 0.2}
)";

enum class Level : std::uint8_t { Top = 1, Layer = 2, Both = 3 };

enum class Kind : std::uint8_t { Integer, Number, Boolean, Text, Object, Layers, Selection };

struct Key {
  std::string_view name;
  Level level;
  Kind kind;
  double minimum;
  bool minimum_allowed;
  double maximum;
};

constexpr double kNoMaximum = std::numeric_limits<int>::max();

// The keys of flashinfer-bench's config with the ranges that it allows.
constexpr std::array kKeys = {
    Key{"warmup_runs", Level::Both, Kind::Integer, 0, true, kNoMaximum},
    Key{"iterations", Level::Both, Kind::Integer, 0, false, kNoMaximum},
    Key{"num_trials", Level::Both, Kind::Integer, 0, false, kNoMaximum},
    Key{"rtol", Level::Both, Kind::Number, 0, false, kNoMaximum},
    Key{"atol", Level::Both, Kind::Number, 0, false, kNoMaximum},
    Key{"required_matched_ratio", Level::Both, Kind::Number, 0, false, 1},
    Key{"extra", Level::Layer, Kind::Object, 0, false, 0},
    Key{"op_type_config", Level::Top, Kind::Layers, 0, false, 0},
    Key{"definition_config", Level::Top, Kind::Layers, 0, false, 0},
    Key{"sampling_validation_trials", Level::Top, Kind::Integer, 0, false, kNoMaximum},
    Key{"sampling_tvd_threshold", Level::Top, Kind::Number, 0, true, 1},
    Key{"timeout_seconds", Level::Top, Kind::Integer, 0, false, kNoMaximum},
    Key{"profile_baseline", Level::Top, Kind::Boolean, 0, false, 0},
    // These choose how flashinfer-bench runs and logs; they change no verdict.
    Key{"use_isolated_runner", Level::Top, Kind::Boolean, 0, false, 0},
    Key{"log_dir", Level::Top, Kind::Text, 0, false, 0},
    // These would silently leave cases out.
    Key{"definitions", Level::Top, Kind::Selection, 0, false, 0},
    Key{"solutions", Level::Top, Kind::Selection, 0, false, 0},
};

bool has_level(const Key& key, Level level) {
  return (static_cast<unsigned>(key.level) & static_cast<unsigned>(level)) != 0;
}

// Checks a config's keys and values; a null value counts as absent, as upstream's None.
class Checker {
 public:
  explicit Checker(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void check_object(const Value& object, Level level, const std::string& what) {
    if (object.is_null()) return;
    if (!object.is_object()) {
      report(object, fmt::format("{} must be an object, not {}", what, describe(object.type())));
      return;
    }
    for (const auto& [name, value] : object.object()) {
      const Key* key = find(name, level);
      if (key == nullptr) {
        diagnostics_.error(value.source(), value.key_range(), unknown(name, level, what));
      } else if (!value.is_null()) {
        check_value(*key, value);
      }
    }
  }

 private:
  static const Key* find(std::string_view name, Level level) {
    const auto* found = std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& key) {
      return key.name == name && has_level(key, level);
    });
    return found == kKeys.end() ? nullptr : found;
  }

  static std::string unknown(const std::string& name, Level level, const std::string& what) {
    std::vector<std::string> known;
    for (const Key& key : kKeys) {
      if (has_level(key, level)) known.emplace_back(key.name);
    }
    const auto similar = nearest(name, known);
    return fmt::format("{} has no key \"{}\"; {}", what, name,
                       similar ? fmt::format("did you mean \"{}\"?", *similar)
                               : "its keys are " + join(known, ", "));
  }

  void check_value(const Key& key, const Value& value) {
    switch (key.kind) {
      case Kind::Integer:
        return check_number(key, value, value.is_integer(), "an integer");
      case Kind::Number:
        return check_number(key, value, value.is_number(), "a number");
      case Kind::Boolean:
        return check_type(key, value, value.is_boolean(), "true or false");
      case Kind::Text:
        return check_type(key, value, value.is_string(), "a string");
      case Kind::Object:
        return check_type(key, value, value.is_object(), "an object");
      case Kind::Layers:
        return check_layers(key, value);
      case Kind::Selection:
        return report(value, fmt::format("\"{}\" is not supported: choose cases with ctest -R, or "
                                         "with the options of fitest run",
                                         key.name));
    }
  }

  void check_type(const Key& key, const Value& value, bool right, std::string_view wanted) {
    if (right) return;
    report(value,
           fmt::format("\"{}\" must be {}, not {}", key.name, wanted, describe(value.type())));
  }

  void check_number(const Key& key, const Value& value, bool right, std::string_view wanted) {
    check_type(key, value, right, wanted);
    if (!right) return;
    const double number = value.number();
    const bool above = key.minimum_allowed ? number >= key.minimum : number > key.minimum;
    if (above && number <= key.maximum) return;
    const std::string upper =
        key.maximum == kNoMaximum ? "" : fmt::format(" and at most {}", key.maximum);
    report(value,
           fmt::format("\"{}\" must be {} {}{}, not {}", key.name,
                       key.minimum_allowed ? "at least" : "above", key.minimum, upper, number));
  }

  void check_layers(const Key& key, const Value& layers) {
    check_type(key, layers, layers.is_object(), "an object");
    if (!layers.is_object()) return;
    for (const auto& [name, layer] : layers.object()) {
      check_object(layer, Level::Layer, fmt::format("{} \"{}\"", key.name, name));
    }
  }

  void report(const Value& value, std::string message) {
    diagnostics_.error(value.source(), value.range(), std::move(message));
  }

  Diagnostics& diagnostics_;
};

// A later layer wins, key by key; `extra` is merged member by member.
void apply_layer(EvaluationConfig& config, const Value* layer) {
  if (layer == nullptr || !layer->is_object()) return;
  const auto number = [&](std::string_view key, auto& field) {
    const Value* value = layer->find(key);
    if (value == nullptr || value->is_null()) return;
    field = static_cast<std::remove_reference_t<decltype(field)>>(value->number());
  };
  number("warmup_runs", config.warmup_runs);
  number("iterations", config.iterations);
  number("num_trials", config.num_trials);
  number("rtol", config.tolerance.rtol);
  number("atol", config.tolerance.atol);
  number("timeout_seconds", config.timeout_seconds);
  const Value* ratio = layer->find("required_matched_ratio");
  if (ratio != nullptr && !ratio->is_null()) {
    config.tolerance.required_matched_ratio = ratio->number();
  }
  const Value* extra = layer->find("extra");
  if (extra == nullptr || !extra->is_object()) return;
  for (const auto& [key, value] : extra->object()) config.extra.set(key, value);
}

const Value* member(const Value& document, std::string_view table, const std::string& name) {
  const Value* layers = document.find(table);
  return layers == nullptr || !layers->is_object() ? nullptr : layers->find(name);
}

}  // namespace

ConfigSource::ConfigSource() : ConfigSource(parse(make_source("built-in config", kBuiltIn))) {}

ConfigSource::ConfigSource(Value document) : document_(std::move(document)) {}

ConfigSource ConfigSource::read(const std::filesystem::path& yaml) {
  return parse(make_source(yaml.string(), read_file(yaml)));
}

ConfigSource ConfigSource::parse(const SourcePtr& yaml) {
  Diagnostics diagnostics;
  Value document = read_yaml(yaml, diagnostics);
  diagnostics.throw_if_errors();
  Checker(diagnostics).check_object(document, Level::Top, "the evaluation config");
  diagnostics.throw_if_errors();
  if (document.is_null()) document = Value(Value::Object{});
  return ConfigSource(std::move(document));
}

void ConfigSource::set(const std::string& key, const Value& value) {
  Value object(Value::Object{});
  object.set(key, value);
  Diagnostics diagnostics;
  Checker(diagnostics).check_object(object, Level::Top, "the evaluation config");
  if (!diagnostics.ok()) fail(ErrorKind::Usage, diagnostics.list().front().message);
  document_.set(key, value);
}

EvaluationConfig ConfigSource::resolve(const std::string& op_type,
                                       const std::string& definition) const {
  EvaluationConfig config;
  config.extra = Value(Value::Object{});
  apply_layer(config, member(document_, "op_type_config", op_type));
  apply_layer(config, member(document_, "definition_config", definition));
  apply_layer(config, &document_);
  for (const char* key : {"sampling_validation_trials", "sampling_tvd_threshold"}) {
    const Value* value = document_.find(key);
    if (value != nullptr && !value->is_null()) config.extra.set(key, *value);
  }
  const Value* profile = document_.find("profile_baseline");
  if (profile != nullptr && profile->is_boolean()) config.profile_baseline = profile->boolean();
  return config;
}

}  // namespace fitest
