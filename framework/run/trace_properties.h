// SPDX-License-Identifier: Apache-2.0
// What a Trace says, as names and values for dashboards and reports.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schema/trace.h"

namespace fitest {

// Numbers: latency_ms, reference_latency_ms, speedup_factor, noise_percent (interquartile range of
// the samples to their median), max_absolute_error, max_relative_error, compile_ms, registers and
// local_bytes (the most of any kernel), roofline_…: those that the Trace has.
std::vector<std::pair<std::string, double>> trace_numbers(const Trace& trace);

// The same as text, after status, hardware and version.<library>.
std::vector<std::pair<std::string, std::string>> trace_properties(const Trace& trace);

}  // namespace fitest
