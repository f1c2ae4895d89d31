// SPDX-License-Identifier: Apache-2.0
#include "run/ci_reports.h"

#include <fmt/format.h>

#include <map>

#include "base/sha256.h"
#include "base/text.h"
#include "document/document.h"
#include "run/report.h"
#include "run/trace_properties.h"

namespace fitest {
namespace {

enum class Outcome : std::uint8_t { Passed, Failed, Errored, Skipped };

Outcome outcome_of(const ReportedCase& reported) {
  if (!reported.trace) return Outcome::Errored;
  if (!reported.trace->evaluation) return Outcome::Skipped;
  switch (reported.trace->evaluation->status) {
    case Status::Passed:
      return Outcome::Passed;
    case Status::RuntimeError:
    case Status::CompileError:
    case Status::Timeout:
      return Outcome::Errored;
    default:
      return Outcome::Failed;
  }
}

std::string name_of_case(const ReportedCase& reported) {
  return reported.solution + "/" + reported.workload;
}

std::string status_of(const ReportedCase& reported) {
  if (!reported.trace) return "NOT_RUN";
  return std::string(name_of(reported.trace->evaluation->status));
}

// XML 1.0 has no place for control characters, not even as entities.
std::string xml_text(const std::string& text) {
  std::string clean;
  for (const char c : text) {
    const bool allowed = static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t';
    clean += allowed ? c : '?';
  }
  return escape_xml(clean);
}

std::string xml_attribute(const std::string& text) {
  std::string escaped;
  for (const char c : xml_text(text))
    escaped += c == '\n' ? std::string("&#10;") : std::string(1, c);
  return escaped;
}

std::string log_of(const ReportedCase& reported) {
  if (!reported.trace) return "there is no Trace: the case was never run";
  const std::string& log = reported.trace->evaluation->log;
  return log.empty() ? status_of(reported) : log;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string property(const std::string& name, const std::string& value) {
  return fmt::format("        <property name=\"{}\" value=\"{}\"/>\n", name, xml_attribute(value));
}

std::string properties_of(const ReportedCase& reported) {
  if (!reported.trace || !reported.trace->evaluation) return {};
  std::string text;
  for (const auto& [name, value] : trace_properties(*reported.trace)) text += property(name, value);
  return "      <properties>\n" + text + "      </properties>\n";
}

std::string verdict_of(const ReportedCase& reported) {
  const Outcome outcome = outcome_of(reported);
  if (outcome == Outcome::Passed) return {};
  if (outcome == Outcome::Skipped) {
    const Value* reason = reported.trace->fitest.find("skipped");
    return fmt::format("      <skipped message=\"{}\"/>\n",
                       reason == nullptr ? "" : xml_attribute(reason->string()));
  }
  const char* tag = outcome == Outcome::Failed ? "failure" : "error";
  const std::string log = log_of(reported);
  return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", tag,
                     status_of(reported), xml_attribute(first_line(log)), xml_text(log));
}

std::string testcase(const ReportedCase& reported) {
  return fmt::format("    <testcase classname=\"{}\" name=\"{}\">\n{}{}    </testcase>\n",
                     xml_attribute(reported.definition), xml_attribute(name_of_case(reported)),
                     properties_of(reported), verdict_of(reported));
}

std::string testsuite(const std::string& definition,
                      const std::vector<const ReportedCase*>& cases) {
  std::map<Outcome, int> counts;
  std::string text;
  for (const ReportedCase* reported : cases) {
    ++counts[outcome_of(*reported)];
    text += testcase(*reported);
  }
  return fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}"
      "  </testsuite>\n",
      xml_attribute(definition), cases.size(), counts[Outcome::Failed], counts[Outcome::Errored],
      counts[Outcome::Skipped], text);
}

struct Place {
  std::string file;
  std::int64_t line = 1;
};

// Where the fault is, else the Solution.
Place place_of(const ReportedCase& reported) {
  const Value* fault = reported.trace ? reported.trace->fitest.find("fault") : nullptr;
  const Value* source = fault == nullptr ? nullptr : fault->find("source");
  const std::string folder = reported.source_folder.empty() ? "" : reported.source_folder + "/";
  if (source == nullptr) return {folder + "solution.yaml", 1};
  return {folder + source->find("file")->string(), source->find("line")->integer()};
}

bool is_bad(const ReportedCase& reported) {
  const Outcome outcome = outcome_of(reported);
  return outcome == Outcome::Failed || outcome == Outcome::Errored;
}

// GitHub's own escapes; in a property a comma or colon would end it.
std::string github_text(const std::string& text, bool in_property) {
  std::string escaped;
  for (const char c : text) {
    const bool special =
        c == '%' || c == '\r' || c == '\n' || (in_property && (c == ',' || c == ':'));
    escaped += special ? fmt::format("%{:02X}", static_cast<int>(c)) : std::string(1, c);
  }
  return escaped;
}

}  // namespace

std::string junit_xml(const std::vector<ReportedCase>& cases) {
  std::map<std::string, std::vector<const ReportedCase*>> suites;
  for (const ReportedCase& reported : cases) suites[reported.definition].push_back(&reported);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fitest\">\n";
  for (const auto& [definition, members] : suites) text += testsuite(definition, members);
  return text + "</testsuites>\n";
}

std::string github_annotations(const std::vector<ReportedCase>& cases) {
  std::string text;
  for (const ReportedCase& reported : cases) {
    if (!is_bad(reported)) continue;
    const Place place = place_of(reported);
    const std::string title =
        fmt::format("{} {}/{}", status_of(reported), reported.definition, name_of_case(reported));
    text += fmt::format("::error file={},line={},title={}::{}\n", github_text(place.file, true),
                        place.line, github_text(title, true), github_text(log_of(reported), false));
  }
  return text;
}

std::string gitlab_code_quality(const std::vector<ReportedCase>& cases) {
  Value::Array rows;
  for (const ReportedCase& reported : cases) {
    if (!is_bad(reported)) continue;
    const Place place = place_of(reported);
    const std::string name = reported.definition + "/" + name_of_case(reported);
    rows.emplace_back(Value::Object{
        {"description", Value(name + ": " + first_line(log_of(reported)))},
        {"check_name", Value(status_of(reported))},
        {"fingerprint", Value(sha256_hex(name + "\n" + status_of(reported)))},
        {"severity", Value("major")},
        {"location",
         Value(Value::Object{{"path", Value(place.file)},
                             {"lines", Value(Value::Object{{"begin", Value(place.line)}})}})}});
  }
  return write_json(Value(std::move(rows))) + "\n";
}

}  // namespace fitest
