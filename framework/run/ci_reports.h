// SPDX-License-Identifier: Apache-2.0
// Traces as continuous integration reads them: JUnit XML, GitHub annotations, GitLab code quality.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/trace.h"

namespace fitest {

// One case of a report.
struct ReportedCase {
  std::string definition;
  std::string solution;
  std::string workload;        // uuid
  std::optional<Trace> trace;  // absent: the case was never run
  std::string source_folder;   // of the Solution, relative to the repository; may be empty
};

// One <testsuite> a Definition. A failed case is a <failure>, a crash, timeout or case that was
// never run an <error>, a skipped one <skipped> with the reason. Latency, errors, device and
// versions are <properties>.
std::string junit_xml(const std::vector<ReportedCase>& cases);

// "::error file=…,line=…,title=…::message", one line a failed case.
std::string github_annotations(const std::vector<ReportedCase>& cases);

// A JSON list in GitLab's code quality format.
std::string gitlab_code_quality(const std::vector<ReportedCase>& cases);

}  // namespace fitest
