// SPDX-License-Identifier: Apache-2.0
// Whether a kernel became slower than in an earlier run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "run/run_case.h"

namespace fitest {

// Median of a Trace's samples and an interval that holds the true one with about 95 % confidence.
struct TimingInterval {
  double median_ms = 0;
  double low_ms = 0;
  double high_ms = 0;
  std::int64_t count = 0;
  std::string timer;
  std::string hardware;
};

// Nothing for a Trace without samples. Half width: 1.57 IQR / sqrt(n), as notched box plots have it
// (McGill, Tukey, Larsen 1978).
std::optional<TimingInterval> timing_interval(const Trace& trace);

// How a run stands to its baseline: why it fails, or why the two could not be compared.
struct Comparison {
  bool slower = false;
  std::string text;  // both medians and intervals, or the reason
};

// Slower: the median is more than `max_slowdown` times the baseline's, and the intervals are apart.
// Other hardware, another timer or fewer than 5 samples cannot be compared.
Comparison compare_timing(const Trace& baseline, const Trace& current, double max_slowdown);

// Compares a case that passed with the Trace of the same name below `folder`, and rules on it. A
// Trace that is missing is said and fails nothing; Error (Input) for one that cannot be read.
void apply_baseline(const std::filesystem::path& folder, double max_slowdown, const Case& planned,
                    CaseResult& result);

// Whether apply_baseline() ruled so.
bool is_slower(const CaseResult& result);

}  // namespace fitest
