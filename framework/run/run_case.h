// SPDX-License-Identifier: Apache-2.0
// The path of one case: inputs, reference, compile, launch, check, measure.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "check/config.h"
#include "run/case.h"
#include "run/devices.h"
#include "run/reference.h"
#include "schema/trace.h"

namespace fitest {

struct RunOptions {
  std::filesystem::path root;  // of the dataset
  DeviceRequest device;
  ReferenceOptions reference;
  Policy policy = Policy::Strict;
  ConfigSource config;
  bool config_given = false;  // by the user: the virtual device then runs as often as it says
  bool timed = true;          // else: one trial, checked only
  std::filesystem::path outputs_folder;  // for what the first trial computed; empty: not kept
  std::uint64_t seed = 0;
  double deadline_seconds = 300;
};

// What decides about a case beside its status: a known failure, an unexpected pass, a slowdown.
struct Ruling {
  std::string word;    // in the place of the status: "KNOWN_FAILURE"
  std::string reason;  // one line
  bool passes = false;
};

// What one case gave: a Trace, and words for the console.
struct CaseResult {
  Trace trace;
  std::optional<std::string> skipped;  // why the case could not be tried here
  std::string message;                 // what failed, several lines; empty after a pass
  std::optional<Ruling> ruling = std::nullopt;
  std::string note = {};  // said beside the verdict, which it does not change
  // 0 pass, 1 fail, 77 skip.
  int exit_code() const;
};

// Never throws for what a case can do wrong: every outcome is a result.
CaseResult run_case(const Case& planned, const RunOptions& options);

// A result for a case that could not end by itself: killed, crashed, out of time.
CaseResult ended_case(const Case& planned, const RunOptions& options, Status status,
                      const std::string& message);

}  // namespace fitest
