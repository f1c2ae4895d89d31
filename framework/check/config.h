// SPDX-License-Identifier: Apache-2.0
// Evaluation config: the official YAML with its merge order (DESIGN §3).
#pragma once

#include <filesystem>
#include <string>

#include "check/policy.h"

namespace fitest {

struct EvaluationConfig {
  int warmup_runs = 10;
  int iterations = 50;
  int num_trials = 3;
  Tolerance tolerance;
  int timeout_seconds = 300;
  bool profile_baseline = true;
  Value extra;  // an object: what single evaluators read
};

// What the user set: a YAML file and overrides; unset fields stay unset until resolved.
class ConfigSource {
 public:
  ConfigSource();  // the built-in values, equal to upstream's bundled file
  // Replaces the built-in op_type and definition tables; unknown keys are errors.
  static ConfigSource read(const std::filesystem::path& yaml);
  static ConfigSource parse(const SourcePtr& yaml);
  // A top-level key, over the file: what a command line option sets. Error (Usage) if it cannot be.
  void set(const std::string& key, const Value& value);
  // Built-in < op_type_config < definition_config < top level of the file.
  EvaluationConfig resolve(const std::string& op_type, const std::string& definition) const;

 private:
  explicit ConfigSource(Value document);
  Value document_;
};

}  // namespace fitest
