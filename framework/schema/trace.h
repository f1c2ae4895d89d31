// SPDX-License-Identifier: Apache-2.0
// Trace: the immutable record of one run (https://bench.flashinfer.ai/docs/flashinfer_trace/trace).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "document/value.h"

namespace fitest {

enum class Status : std::uint8_t {
  Passed,
  IncorrectShape,
  IncorrectNumerical,
  IncorrectDtype,
  RuntimeError,
  CompileError,
  Timeout,
};
// "PASSED", "INCORRECT_SHAPE", …
std::string_view name_of(Status status);
std::optional<Status> status_from_name(std::string_view name);

struct Correctness {
  double max_relative_error = 0;
  double max_absolute_error = 0;
  Value extra;  // null or an object
};

struct Performance {
  double latency_ms = 0;
  double reference_latency_ms = 0;
  double speedup_factor = 0;
};

struct Environment {
  std::string hardware;
  std::map<std::string, std::string> libs;
};

struct Evaluation {
  Status status = Status::RuntimeError;
  Environment environment;
  std::string timestamp;  // local ISO 8601, as upstream writes it
  std::string log;
  std::optional<Correctness> correctness;  // present for Passed and IncorrectNumerical
  std::optional<Performance> performance;  // present for Passed
};

struct Trace {
  std::string definition;
  std::string solution;
  Value workload;  // the workload object as the dataset has it: {uuid, axes, inputs}
  std::optional<Evaluation> evaluation;  // absent (null): the case was skipped
  Value fitest;  // our own facts, a top-level member that the official loader ignores
};

Value to_document(const Trace& trace);
std::optional<Trace> read_trace(const Value& document, Diagnostics& diagnostics);

}  // namespace fitest
