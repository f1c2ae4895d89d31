// SPDX-License-Identifier: Apache-2.0
#include "run/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "document/document.h"

namespace fitest {
namespace {

constexpr std::int64_t kFewestSamples = 5;
constexpr const char* kSlower = "SLOWER";

double number_in(const Value& timing, std::string_view key) {
  const Value* value = timing.find(key);
  return value != nullptr && value->is_number() ? value->number() : 0;
}

std::string describe(const TimingInterval& timing) {
  return fmt::format("{:.4g} ms [{:.4g}, {:.4g}]", timing.median_ms, timing.low_ms, timing.high_ms);
}

// Why the two say nothing about each other; empty when they do.
std::string obstacle(const TimingInterval& before, const TimingInterval& now) {
  if (before.hardware != now.hardware) {
    return fmt::format("it ran on {}, this run on {}", before.hardware, now.hardware);
  }
  if (before.timer != now.timer) {
    return fmt::format("it was timed by {}, this run by {}", before.timer, now.timer);
  }
  const std::int64_t fewest = std::min(before.count, now.count);
  if (fewest < kFewestSamples) {
    return fmt::format("{} samples are too few; {} are needed", fewest, kFewestSamples);
  }
  return {};
}

Trace read_baseline(const std::filesystem::path& file) {
  Diagnostics diagnostics;
  const Value document = read_document(file, diagnostics);
  diagnostics.throw_if_errors();
  auto trace = read_trace(document, diagnostics);
  diagnostics.throw_if_errors();
  return *std::move(trace);
}

}  // namespace

std::optional<TimingInterval> timing_interval(const Trace& trace) {
  const Value* timing = trace.fitest.find("timing");
  if (timing == nullptr || !trace.evaluation) return std::nullopt;
  TimingInterval interval;
  interval.median_ms = number_in(*timing, "median_ms");
  interval.count = static_cast<std::int64_t>(number_in(*timing, "count"));
  if (interval.count < 1 || interval.median_ms <= 0) return std::nullopt;
  const double half =
      1.57 * number_in(*timing, "iqr_ms") / std::sqrt(static_cast<double>(interval.count));
  interval.low_ms = interval.median_ms - half;
  interval.high_ms = interval.median_ms + half;
  const Value* timer = timing->find("timer");
  if (timer != nullptr && timer->is_string()) interval.timer = timer->string();
  interval.hardware = trace.evaluation->environment.hardware;
  return interval;
}

Comparison compare_timing(const Trace& baseline, const Trace& current, double max_slowdown) {
  const auto before = timing_interval(baseline);
  const auto now = timing_interval(current);
  if (!before) return {false, "not compared with the baseline: it has no times"};
  if (!now) return {false, "not compared with the baseline: this run has no times"};
  if (const std::string why = obstacle(*before, *now); !why.empty()) {
    return {false, "not compared with the baseline: " + why};
  }
  const double ratio = now->median_ms / before->median_ms;
  const bool slower = ratio > max_slowdown && now->low_ms > before->high_ms;
  return {slower, fmt::format("median {} against the baseline's {}: {:.3f}x, {} {:g}x",
                              describe(*now), describe(*before), ratio,
                              slower ? "more than" : "allowed are", max_slowdown)};
}

void apply_baseline(const std::filesystem::path& folder, double max_slowdown, const Case& planned,
                    CaseResult& result) {
  if (result.skipped || result.ruling || result.exit_code() != 0) return;
  const std::filesystem::path file = folder / planned.trace_path();
  if (!std::filesystem::exists(file)) {
    result.note = fmt::format("not compared with the baseline: {} does not exist", file.string());
    return;
  }
  Comparison comparison = compare_timing(read_baseline(file), result.trace, max_slowdown);
  if (comparison.slower) {
    result.ruling = Ruling{kSlower, "slower: " + comparison.text, false};
  } else {
    result.note = comparison.text;
  }
}

bool is_slower(const CaseResult& result) {
  return result.ruling && result.ruling->word == kSlower;
}

}  // namespace fitest
