// SPDX-License-Identifier: Apache-2.0
// fitest_check_trace FILE...: every Trace must match tests/schema/trace.schema.json and read back
// as the same object.
#include <cstdio>
#include <exception>

#include "document/document.h"
#include "schema/trace.h"
#include "support/json_schema.h"

namespace fitest {
namespace {

std::vector<std::string> problems_of(const std::filesystem::path& file) {
  std::vector<std::string> problems = check_json_schema_file(FITEST_TRACE_SCHEMA, file);
  Diagnostics diagnostics;
  const Value document = read_document(file, diagnostics);
  const auto trace = read_trace(document, diagnostics);
  if (!trace) {
    problems.push_back(diagnostics.render_all());
  } else if (to_document(*trace) != document) {
    problems.emplace_back("reading and writing it back gives another object");
  }
  return problems;
}

int check(int count, char** files) {
  int failures = count == 0 ? 1 : 0;
  if (count == 0) std::fputs("usage: fitest_check_trace FILE...\n", stderr);
  for (int i = 0; i < count; ++i) {
    const std::vector<std::string> problems = problems_of(files[i]);
    failures += problems.empty() ? 0 : 1;
    for (const std::string& problem : problems) {
      std::fprintf(stderr, "%s: %s\n", files[i], problem.c_str());
    }
  }
  return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace fitest

int main(int argc, char** argv) {
  try {
    return fitest::check(argc - 1, argv + 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
