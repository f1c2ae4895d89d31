// SPDX-License-Identifier: Apache-2.0
// The cases of a dataset, for a test program of another framework. <fitest/gtest.h> makes
// GoogleTest tests of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace fitest {

// Which cases, and how to run them; the words are those of fitest_discover_tests().
struct SuiteOptions {
  std::string dataset;                   // root folder
  std::vector<std::string> definitions;  // globs; empty: all
  std::vector<std::string> solutions;    // globs
  std::vector<std::string> workloads;    // prefixes of uuids
  std::string tier;                      // "quick", "full" or empty for both
  std::string device = "auto";           // "auto", "virtual", "cuda:<n>"
  std::string policy = "strict";         // or "compat"
  std::string config;                    // evaluation config in YAML
  std::string trace_dir = "traces";      // one Trace a case
  double timeout_seconds = 300;          // for one case
  // Each case in a process of its own, which no crash or hang of a kernel outlives. Turn it off in
  // a program that uses CUDA itself: CUDA does not work in a fork of it.
  bool fork = true;
};

struct SuiteCase {
  std::string definition;
  std::string solution;
  std::string workload;  // prefix of the uuid, unique in the definition
  std::string file;      // the Solution's document
};

enum class CaseStatus { Passed, Failed, Skipped };

struct CaseOutcome {
  CaseStatus status = CaseStatus::Failed;
  std::string text;  // why it failed or was skipped, several lines
  // Facts of the Trace: {"latency_ms", "0.012"}, {"hardware", "NVIDIA H200"}, …
  std::vector<std::pair<std::string, std::string>> properties;
};

class Suite {
 public:
  // Reads the dataset and runs nothing. Throws std::runtime_error for options that are wrong and a
  // dataset that is not there.
  explicit Suite(const SuiteOptions& options);

  const std::vector<SuiteCase>& cases() const;
  // What is wrong with the dataset's documents, with file, line and column; empty: nothing.
  const std::string& problems() const;
  CaseOutcome run(std::size_t index) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace fitest
