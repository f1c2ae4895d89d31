// SPDX-License-Identifier: Apache-2.0
#include "run/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "run/trace_properties.h"

namespace fitest {
namespace {

std::string status_word(const CaseResult& result) {
  if (result.skipped) return "SKIPPED";
  if (result.ruling) return result.ruling->word;
  return std::string(name_of(result.trace.evaluation->status));
}

std::string indent(const std::string& text) {
  std::string indented;
  for (const std::string& line : split(trim(text), '\n')) indented += "    " + line + "\n";
  return indented;
}

std::string figures(const Evaluation& evaluation) {
  std::string text;
  if (evaluation.correctness) {
    text +=
        fmt::format("  max abs {:.3g}, max rel {:.3g}", evaluation.correctness->max_absolute_error,
                    evaluation.correctness->max_relative_error);
  }
  if (evaluation.performance && evaluation.performance->latency_ms > 0) {
    text += fmt::format("  {:.4g} ms", evaluation.performance->latency_ms);
  }
  return text;
}

// "  92 % of its memory roofline", where the device's rates are known.
std::string roofline_text(const Trace& trace) {
  const Value* roofline = trace.fitest.find("roofline");
  const Value* fraction = roofline == nullptr ? nullptr : roofline->find("fraction");
  if (fraction == nullptr || !trace.evaluation->performance) return {};
  return fmt::format("  {:.0f} % of its {} roofline", 100 * fraction->number(),
                     roofline->find("bound")->string());
}

std::string numeric(const std::string& name, double value) {
  return fmt::format(
      "<CTestMeasurement type=\"numeric/double\" name=\"{}\">{}</CTestMeasurement>\n",
      escape_xml(name), value);
}

}  // namespace

std::string escape_xml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string console_lines(const Case& planned, const CaseResult& result) {
  std::string line = fmt::format("{:<19} {}", status_word(result), planned.name());
  if (result.skipped) return line + "\n" + indent(*result.skipped);
  line += figures(*result.trace.evaluation) + roofline_text(result.trace) + "\n";
  if (result.ruling) line += indent(result.ruling->reason);
  if (!result.note.empty()) line += indent(result.note);
  return result.message.empty() ? line : line + indent(result.message);
}

std::string ctest_details(const std::string& text) {
  return fmt::format("<CTestDetails>{}</CTestDetails>\n", escape_xml(text));
}

std::string ctest_measurements(const CaseResult& result, const std::string& suffix) {
  const bool alone = suffix.empty();
  if (result.skipped) return alone ? ctest_details("skipped: " + *result.skipped) : "";
  std::string text;
  for (const auto& [name, value] : trace_numbers(result.trace))
    text += numeric(name + suffix, value);
  if (!alone) return text;
  const std::string why = result.ruling ? result.ruling->reason : result.message;
  const std::string first_line = why.substr(0, why.find('\n'));
  return text + ctest_details(status_word(result) + (first_line.empty() ? "" : ": " + first_line));
}

void Summary::add(const Case& planned, const CaseResult& result, double seconds) {
  rows.push_back({planned.name(), status_word(result), seconds});
  const int code = result.exit_code();
  ++(code == 0 ? passed : code == 77 ? skipped : failed);
}

std::string Summary::text() const {
  std::size_t width = 4;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  std::string table = fmt::format("\n{:<{}}  {:<19}  {:>8}\n", "case", width, "status", "seconds");
  for (const Row& row : rows) {
    table += fmt::format("{:<{}}  {:<19}  {:>8.2f}\n", row.name, width, row.status, row.seconds);
  }
  return table + "\n" + closing_line() + "\n";
}

std::string Summary::closing_line() const {
  return fmt::format("{} passed, {} failed, {} skipped", passed, failed, skipped);
}

}  // namespace fitest
