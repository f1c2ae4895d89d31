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
  Value extra;
};

// What the user set: a YAML file and overrides; unset fields stay unset until resolved.
class ConfigSource {
 public:
  ConfigSource();  // the built-in values, equal to upstream's bundled file
  // Replaces the built-in op_type and definition tables; unknown keys are errors.
  static ConfigSource read(const std::filesystem::path& yaml);
  // Built-in < op_type_config < definition_config < top level of the file.
  EvaluationConfig resolve(const std::string& op_type, const std::string& definition) const;

 private:
  Value document_;
};

}  // namespace fitest
