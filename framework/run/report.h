// SPDX-License-Identifier: Apache-2.0
// Results as people and CTest read them.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "run/run_case.h"

namespace fitest {

// "PASSED  rmsnorm_h4096/vectorized/1a2b3c4d  12.3 ms  max abs 0.0039 …" and, after a failure, why.
std::string console_lines(const Case& planned, const CaseResult& result);

// <CTestMeasurement> tags of trace_numbers(), and <CTestDetails> with the status and the reason;
// one a line, escaped (research/ctest.md §3.4). Where one test runs several cases, a suffix
// ("/1a2b3c4d") tells their measurements apart, and the details are the test's.
std::string ctest_measurements(const CaseResult& result, const std::string& suffix = {});
std::string ctest_details(const std::string& text);

struct Summary {
  struct Row {
    std::string name;
    std::string status;
    double seconds = 0;
  };
  std::vector<Row> rows;
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  void add(const Case& planned, const CaseResult& result, double seconds);
  // A table by solution and the closing line "12 passed, 1 failed, 0 skipped".
  std::string text() const;
  std::string closing_line() const;
};

// Text with &, <, > and quotes as entities.
std::string escape_xml(const std::string& text);

}  // namespace fitest
