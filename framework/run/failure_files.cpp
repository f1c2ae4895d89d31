// SPDX-License-Identifier: Apache-2.0
#include "run/failure_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/subprocess.h"
#include "run/report.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

constexpr double kCompileSeconds = 60;

fs::path beside(const fs::path& trace_file, const char* extension) {
  fs::path file = trace_file;
  return file.replace_extension(extension);
}

// Of a file that exists: CTest writes an invalid Test.xml for one that does not.
std::string attached(const char* name, const fs::path& file) {
  return fmt::format("<CTestMeasurementFile type=\"file\" name=\"{}\">{}</CTestMeasurementFile>\n",
                     name, escape_xml(fs::absolute(file).string()));
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-+=./:,@%").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// "sm_90a" → "compute_90a"; empty where the case was not compiled.
std::string ptx_target(const Trace& trace) {
  const Value* compiled = trace.fitest.is_object() ? trace.fitest.find("compile") : nullptr;
  const Value* target = compiled == nullptr ? nullptr : compiled->find("target");
  if (target == nullptr || !target->is_string()) return {};
  const std::string& name = target->string();
  return name.starts_with("sm_") ? "compute_" + name.substr(3) : name;
}

bool write_ptx(const FailedCase& failed, const std::string& program, const std::string& dataset,
               const fs::path& file) {
  const std::string target = ptx_target(failed.result.trace);
  if (target.empty() || failed.result.trace.evaluation->status == Status::CompileError) {
    return false;
  }
  const SubprocessResult compiled =
      run_subprocess({program, "compile", dataset, "--definition", failed.planned.definition->name,
                      "--solution", failed.planned.solution->name, "--workload",
                      failed.planned.workload->uuid, "--target", target, "--output", file.string()},
                     kCompileSeconds);
  return compiled.exit_code == 0 && fs::exists(file);
}

}  // namespace

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + quoted(word);
  return line;
}

void remove_failure_files(const fs::path& trace_file) {
  std::error_code ignored;
  fs::remove(beside(trace_file, ".log"), ignored);
  fs::remove(beside(trace_file, ".ptx"), ignored);
}

std::string attach_failure(const FailedCase& failed, const std::string& program,
                           const std::string& dataset) {
  std::string tags = fmt::format(
      "<CTestMeasurement type=\"text/string\" name=\"reproduce{}\">{}</CTestMeasurement>\n",
      escape_xml(failed.suffix), escape_xml(shell_line(failed.command)));
  const fs::path log = beside(failed.trace_file, ".log");
  write_file_atomically(log, console_lines(failed.planned, failed.result) + "\n" +
                                 failed.result.trace.evaluation->log + "\n");
  tags += attached("log", log);
  const fs::path ptx = beside(failed.trace_file, ".ptx");
  if (write_ptx(failed, program, dataset, ptx)) tags += attached("ptx", ptx);
  return tags;
}

}  // namespace fitest
