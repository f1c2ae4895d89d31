// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cuda/ctest_reservation.h"
#include "run/baseline.h"
#include "run/failure_files.h"
#include "run/known_failures.h"
#include "run/profile_text.h"
#include "run/report.h"
#include "run/sanitizer.h"
#include "run/supervise.h"

namespace fitest {
namespace {

constexpr int kConfirmations = 2;  // of a slowdown

struct RunCommand {
  std::string root;
  CaseFilter filter;
  RunOptions run;
  std::string reference = "auto";
  double reference_seconds = 0;  // 0: the case's deadline
  std::string policy = "strict";
  std::string config_file;
  std::string trace_file;
  std::string trace_folder = "traces";
  std::string known_failures_file;
  std::vector<KnownFailure> known_failures;
  std::string baseline_folder;
  double max_slowdown = 1.05;
  bool require_gpu = false;
  bool ctest = false;
  bool no_fork = false;
  bool no_golden_cache = false;
  bool no_timing = false;
  std::string sanitizer;
  bool verbose = false;
};

ReferenceChoice reference_choice(const std::string& name) {
  if (name == "builtin") return ReferenceChoice::Builtin;
  return name == "torch" ? ReferenceChoice::Torch : ReferenceChoice::Auto;
}

void finish_options(RunCommand& command) {
  command.run.root = command.root;
  command.run.reference.engine = reference_choice(command.reference);
  command.run.reference.use_cache = !command.no_golden_cache;
  command.run.reference.time_limit_seconds =
      command.reference_seconds > 0 ? command.reference_seconds : command.run.deadline_seconds;
  command.run.policy = command.policy == "compat" ? Policy::Compat : Policy::Strict;
  if (!command.config_file.empty()) {
    command.run.config = ConfigSource::read(command.config_file);
    command.run.config_given = true;
  }
  command.run.timed = !command.no_timing;
  if (runs_under_sanitizer()) {
    command.run.timed = false;
    command.run.device.sanitized = true;
    command.no_fork = true;
  }
  check_request(command.run.device);
  if (command.run.device.profile && command.run.device.name == "auto") {
    command.run.device.name = "virtual";
  }
  if (command.run.device.profile && command.run.device.name != "virtual") {
    fail(ErrorKind::Usage,
         "--profile counts on the virtual device: leave --device out, or ask for "
         "--device virtual");
  }
  command.run.device.schedule = settle_schedule(command.run.device.schedule);
  if (command.require_gpu && command.run.device.name == "auto") command.run.device.name = "cuda";
  if (!command.known_failures_file.empty()) {
    command.known_failures = read_known_failures(command.known_failures_file);
  }
  if (!command.baseline_folder.empty() && !std::filesystem::is_directory(command.baseline_folder)) {
    fail(ErrorKind::Usage,
         fmt::format("--baseline {}: there is no such folder of Traces", command.baseline_folder));
  }
}

// "[3/20] rmsnorm…" while a case runs, on a terminal only.
class Progress {
 public:
  explicit Progress(std::size_t total) : total_(total), shown_(::isatty(STDERR_FILENO) == 1) {}
  void begin(const std::string& name) {
    ++current_;
    if (shown_)
      std::cerr << fmt::format("\r\033[K[{}/{}] {}", current_, total_, name) << std::flush;
  }
  void end() const {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  std::size_t total_;
  std::size_t current_ = 0;
  bool shown_;
};

std::filesystem::path trace_file(const RunCommand& command, const Case& planned) {
  if (!command.trace_file.empty()) return command.trace_file;
  return std::filesystem::path(command.trace_folder) / planned.trace_path();
}

// What came from a cache; a step that the case did not reach has no line.
std::string verbose_lines(const CaseResult& result) {
  std::string text;
  const auto add = [&](const char* step, const char* cached, const char* fresh) {
    const Value* facts = result.trace.fitest.find(step);
    const Value* flag = facts == nullptr ? nullptr : facts->find("cached");
    if (flag != nullptr) text += fmt::format("    {}\n", flag->boolean() ? cached : fresh);
  };
  add("reference", "reference from the golden cache", "reference computed");
  add("compile", "kernel from the cache, NVRTC not called", "kernel compiled by NVRTC");
  return text;
}

// Why another reference engine ran than the one that was meant: once, not for every case.
std::string new_note(const CaseResult& result, std::set<std::string>& said) {
  const Value* reference = result.trace.fitest.find("reference");
  const Value* note = reference == nullptr ? nullptr : reference->find("note");
  if (note == nullptr || !said.insert(note->string()).second) return "";
  const std::string text = note->string();
  return fmt::format("    {}\n", text.substr(0, text.find('\n')));
}

CaseResult run_once(const RunCommand& command, const Case& planned) {
  const std::filesystem::path file = trace_file(command, planned);
  if (command.ctest) remove_failure_files(file);
  CaseResult result = command.no_fork ? run_unsupervised(planned, command.run, file)
                                      : run_supervised(planned, command.run, file);
  apply_known_failures(command.known_failures, planned, result);
  if (!command.baseline_folder.empty()) {
    apply_baseline(command.baseline_folder, command.max_slowdown, planned, result);
  }
  return result;
}

// A machine that is busy for a moment looks like a slower kernel: what seems slower than its
// baseline is run again, and fails only if it is slower each time.
CaseResult run_one(const RunCommand& command, const Case& planned) {
  const auto begin = std::chrono::steady_clock::now();
  CaseResult result = run_once(command, planned);
  for (int again = 0; again < kConfirmations && is_slower(result); ++again) {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    if (2 * spent.count() > command.run.deadline_seconds) break;
    result = run_once(command, planned);
  }
  return result;
}

// Problems are always shown. They fail the run unless the user named solutions and those can run:
// then a broken neighbour is not this run's business.
bool documents_fail_run(const Dataset& dataset, const RunCommand& command) {
  for (const Diagnostic& diagnostic : dataset.diagnostics.list()) {
    if (command.verbose || diagnostic.severity == Severity::Error) std::cerr << render(diagnostic);
  }
  return !dataset.diagnostics.ok() && command.filter.solutions.empty();
}

int exit_code_of(const Summary& summary, bool require_gpu) {
  if (summary.failed > 0) return kExitFail;
  if (summary.skipped > 0 && require_gpu) {
    std::cout << "FITEST_REQUIRE_GPU is set: a skipped case is a failure\n";
    return kExitFail;
  }
  return summary.passed == 0 ? kExitSkip : kExitPass;
}

std::string measurement_suffix(const std::vector<Case>& cases, const Case& planned) {
  return cases.size() == 1 ? "" : "/" + planned.workload_prefix;
}

std::string own_path() {
  return std::filesystem::canonical("/proc/self/exe").string();
}

// The same case with the same device, policy, seed and configuration.
std::vector<std::string> command_again(const RunCommand& command, const Case& planned) {
  std::vector<std::string> words = {own_path(),
                                    "run",
                                    std::filesystem::absolute(command.root).string(),
                                    "--definition=" + planned.definition->name,
                                    "--solution=" + planned.solution->name,
                                    "--workload=" + planned.workload->uuid,
                                    "--device=" + command.run.device.name,
                                    "--policy=" + command.policy};
  const auto add = [&words](bool given, const std::string& word) {
    if (given) words.push_back(word);
  };
  add(!command.run.device.checks.empty(), "--check=" + command.run.device.checks);
  add(command.run.seed != 0, fmt::format("--seed={}", command.run.seed));
  add(command.reference != "auto", "--reference=" + command.reference);
  if (!command.config_file.empty()) {
    words.push_back("--config=" + std::filesystem::absolute(command.config_file).string());
  }
  return words;
}

std::string ctest_lines(const RunCommand& command, const std::vector<Case>& cases,
                        const Case& planned, const CaseResult& result) {
  const std::string suffix = measurement_suffix(cases, planned);
  std::string text = ctest_measurements(result, suffix);
  if (result.exit_code() != kExitFail) return text;
  const FailedCase failed{planned, result, trace_file(command, planned),
                          command_again(command, planned), suffix};
  return attach_failure(failed, own_path(), command.root) + text;
}

// This very command under compute-sanitizer; returns only where it cannot be.
int run_under_sanitizer(const RunCommand& command) {
  const std::string device = command.run.device.name;
  const DeviceChoice choice = choose_device("auto");
  if (choice.name == "virtual" || device == "virtual") {
    std::cout << fmt::format(
        "SKIPPED: --sanitizer {} needs an NVIDIA GPU ({}); on the virtual device `--check all` "
        "looks "
        "for the same and more\n",
        command.sanitizer, device == "virtual" ? "--device virtual" : choice.reason);
    return kExitSkip;
  }
  const auto sanitizer = find_sanitizer();
  if (!sanitizer) {
    fail(ErrorKind::Environment,
         "--sanitizer: there is no compute-sanitizer in PATH, $CUDA_HOME/bin or "
         "/usr/local/cuda/bin; it comes with the CUDA toolkit");
  }
  std::vector<std::string> arguments = split(read_file("/proc/self/cmdline"), '\0');
  if (!arguments.empty() && arguments.back().empty()) arguments.pop_back();
  arguments.front() = own_path();
  const auto words = sanitizer_command(*sanitizer, command.sanitizer, without_sanitizer(arguments));
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::setenv(kSanitizerVariable, command.sanitizer.c_str(), 1);
  std::cout << std::flush;
  ::execv(argv.front(), argv.data());
  fail(ErrorKind::Environment, fmt::format("cannot run {}", *sanitizer));
}

int run(RunCommand& command) {
  cuda::bind_reserved_gpus();
  finish_options(command);
  const Dataset dataset = read_selected(command.root, command.filter);
  const bool documents_failed = documents_fail_run(dataset, command);
  const std::vector<Case> cases = plan_cases(dataset, command.filter);
  if (!command.sanitizer.empty() && !cases.empty()) return run_under_sanitizer(command);
  if (cases.empty() && documents_failed) return kExitFail;
  if (cases.empty()) {
    fail(ErrorKind::Usage, fmt::format("no case of {} is selected; `fitest list {}` shows them",
                                       command.root, command.root));
  }
  if (!command.trace_file.empty() && cases.size() > 1) {
    fail(ErrorKind::Usage,
         fmt::format("--trace names one file, but {} cases are selected; use --trace-dir",
                     cases.size()));
  }
  TorchHost torch;
  command.run.reference.torch = &torch;
  std::set<std::string> said;
  const std::string& schedule = command.run.device.schedule;
  if (schedule != "fair") std::cout << fmt::format("schedule {}\n", schedule);
  Summary summary;
  Progress progress(cases.size());
  for (const Case& planned : cases) {
    progress.begin(planned.name());
    const auto begin = std::chrono::steady_clock::now();
    const CaseResult result = run_one(command, planned);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    progress.end();
    summary.add(planned, result, elapsed.count());
    std::cout << console_lines(planned, result) << new_note(result, said);
    if (command.verbose) std::cout << verbose_lines(result);
    if (const Value* profile = result.trace.fitest.find("profile")) {
      std::cout << profile_lines(*profile);
    }
    if (command.ctest) std::cout << ctest_lines(command, cases, planned, result);
    std::cout << std::flush;
  }
  if (cases.size() > 1) std::cout << summary.text();
  if (cases.size() > 1 && command.ctest) std::cout << ctest_details(summary.closing_line());
  return documents_failed ? kExitFail : exit_code_of(summary, command.require_gpu);
}

void add_execution_options(CLI::App& command, RunCommand& options) {
  command.add_option("--device", options.run.device.name, "auto, virtual or cuda:N")
      ->capture_default_str();
  command.add_option("--check", options.run.device.checks,
                     "Checks of the virtual device: memory,init,race,sync, all or none");
  command
      .add_option("--schedule", options.run.device.schedule,
                  "Order of warps and blocks on the virtual device: fair, random[:SEED] or "
                  "adversarial")
      ->capture_default_str();
  command.add_flag("--profile", options.run.device.profile,
                   "Virtual device: count instructions, memory sectors, bank conflicts and "
                   "divergence, show the costliest lines, and what the kernel needs of its GPU");
  command
      .add_option("--timer", options.run.device.timer,
                  "Of a GPU: CUPTI's activity records, events, or the former where usable")
      ->check(CLI::IsMember({"auto", "cupti", "events"}))
      ->capture_default_str();
  command
      .add_option("--reference", options.reference,
                  "Reference engine; auto: torch on a GPU where PyTorch is, else builtin")
      ->check(CLI::IsMember({"auto", "builtin", "torch"}))
      ->capture_default_str();
  command
      .add_option("--reference-timeout", options.reference_seconds,
                  "Seconds that the reference may take; the deadline of the case if not given")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--reference-memory", options.run.reference.memory_limit_bytes,
                  "Memory that the builtin engine may use, as 512MiB or 8GiB")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber)
      ->default_str("16GiB");
  command.add_option("--policy", options.policy, "Which verdict decides the exit code")
      ->check(CLI::IsMember({"strict", "compat"}))
      ->capture_default_str();
  command.add_option("--seed", options.run.seed, "Seed of generated inputs")->capture_default_str();
  command.add_option("--config", options.config_file, "Evaluation config (YAML)")
      ->check(CLI::ExistingFile);
  command.add_option("--deadline", options.run.deadline_seconds, "Seconds that one case may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_expectation_options(CLI::App& command, RunCommand& options) {
  command
      .add_option("--known-failures", options.known_failures_file,
                  "YAML list of cases that are expected to fail")
      ->check(CLI::ExistingFile);
  auto* baseline = command.add_option("--baseline", options.baseline_folder,
                                      "Folder of Traces that no case may be slower than");
  command
      .add_option("--max-slowdown", options.max_slowdown,
                  "Fail when slower than this times the baseline's median")
      ->check(CLI::Range(1.0, 1e6))
      ->needs(baseline)
      ->capture_default_str();
  command
      .add_flag("--require-gpu", options.require_gpu,
                "Never the virtual device; a skip is a failure")
      ->envname("FITEST_REQUIRE_GPU");
}

}  // namespace

void add_run_command(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<RunCommand>();
  CLI::App* command = app.add_subcommand("run", "Run cases: compile, launch, check, time, record");
  command->add_option("DATASET", options->root, "Dataset root")->required();
  add_filter_options(*command, options->filter);
  add_execution_options(*command, *options);
  command->add_option("--trace", options->trace_file, "Trace file of the one selected case");
  command->add_option("--trace-dir", options->trace_folder, "Folder for one Trace a case")
      ->capture_default_str();
  add_expectation_options(*command, *options);
  command->add_flag("--ctest", options->ctest, "Print CTest measurements");
  command->add_flag("--no-golden-cache", options->no_golden_cache,
                    "Compute the reference even if its outputs are cached");
  command->add_option("--save-outputs", options->run.outputs_folder,
                      "Folder for what the kernels computed in the first trial, as safetensors");
  command->add_flag("--no-timing", options->no_timing, "Check with one trial, time nothing");
  command
      ->add_option("--sanitizer", options->sanitizer,
                   "Run under a tool of NVIDIA's compute-sanitizer; a defect is a failure")
      ->check(CLI::IsMember({"memcheck", "racecheck", "initcheck", "synccheck"}));
  command->add_flag("--no-fork", options->no_fork, "Run cases in this process, for debuggers");
  command->add_flag("-v,--verbose", options->verbose, "Say what came from caches; show warnings");
  command->footer("Exit codes: 0 all passed, 1 a case failed, 2 wrong usage, 77 all skipped.");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace fitest
