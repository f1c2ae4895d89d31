// SPDX-License-Identifier: Apache-2.0
#include "run/supervise.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/file.h"
#include "document/document.h"

namespace fitest {
namespace {

constexpr int kNobody = -1;          // poll() passes over it
constexpr double kGraceSeconds = 5;  // between the device's own deadline and SIGKILL

void write_trace(const std::filesystem::path& file, const Trace& trace) {
  write_file_atomically(file, write_json(to_document(trace)) + "\n");
}

// What the child sends: the Trace, and what the Trace has no place for.
std::string encode(const CaseResult& result) {
  Value message;
  message.set("trace", to_document(result.trace));
  message.set("message", Value(result.message));
  message.set("skipped", result.skipped ? Value(*result.skipped) : Value());
  return write_json(message, JsonStyle::Compact);
}

std::optional<CaseResult> decode(const std::string& text) {
  Diagnostics diagnostics;
  const Value message = read_json(make_source("result of the case's process", text), diagnostics);
  const Value* document = message.find("trace");
  if (!diagnostics.ok() || document == nullptr) return std::nullopt;
  auto trace = read_trace(*document, diagnostics);
  if (!trace) return std::nullopt;
  CaseResult result{std::move(*trace), std::nullopt, message.find("message")->string()};
  if (!message.find("skipped")->is_null()) result.skipped = message.find("skipped")->string();
  return result;
}

// The case's process ends with its parent, also with one that ended before this was asked for.
void end_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
}

[[noreturn]] void run_child(const Case& planned, RunOptions options, TorchLender& lender, int fd) {
  std::string text;
  try {
    const std::unique_ptr<TorchSource> torch = lender.borrow();
    options.reference.torch = torch.get();
    text = encode(run_case(planned, options));
  } catch (const std::exception& error) {
    text = encode(ended_case(planned, options, Status::RuntimeError, error.what()));
  }
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t size = ::write(fd, text.data() + sent, text.size() - sent);
    if (size < 0 && errno != EINTR) break;
    if (size > 0) sent += static_cast<std::size_t>(size);
  }
  ::_exit(0);
}

struct ChildEnd {
  std::string text;
  bool timed_out = false;
  int status = 0;
};

// The case's result, or the end of its time; meanwhile it may ask for the torch engine.
ChildEnd await_child(pid_t child, int fd, TorchLender& lender, double seconds) {
  const auto deadline = std::chrono::steady_clock::now() +
                        std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  ChildEnd end;
  int asked = lender.socket();
  std::array<char, 65536> chunk{};
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          deadline - std::chrono::steady_clock::now())
                          .count();
    if (left <= 0) {
      end.timed_out = true;
      ::kill(child, SIGKILL);
      break;
    }
    std::array<pollfd, 2> waiting{{{fd, POLLIN, 0}, {asked, POLLIN, 0}}};
    if (::poll(waiting.data(), 2, static_cast<int>(std::min<long long>(left, 1000))) <= 0) continue;
    if (waiting[1].revents != 0 && !lender.serve()) asked = kNobody;
    if (waiting[0].revents == 0) continue;
    const ssize_t size = ::read(fd, chunk.data(), chunk.size());
    if (size == 0 || (size < 0 && errno != EINTR)) break;
    if (size > 0) end.text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  while (::waitpid(child, &end.status, 0) < 0 && errno == EINTR) {
  }
  return end;
}

// A case on a GPU begins with it, unless it is told not to.
bool asks_for_torch(const RunOptions& options) {
  std::error_code ignored;
  const bool on_gpu =
      options.device.name.starts_with("cuda") ||
      (options.device.name == "auto" && std::filesystem::exists("/dev/nvidiactl", ignored));
  return on_gpu && options.reference.engine != ReferenceChoice::Builtin;
}

CaseResult result_of(const ChildEnd& end, const Case& planned, const RunOptions& options) {
  if (end.timed_out) {
    return ended_case(planned, options, Status::Timeout,
                      fmt::format("the case did not end within {} s", options.deadline_seconds));
  }
  if (auto result = decode(end.text)) return *result;
  if (WIFSIGNALED(end.status)) {
    return ended_case(planned, options, Status::RuntimeError,
                      fmt::format("the case's process ended by signal {} ({})",
                                  WTERMSIG(end.status), ::strsignal(WTERMSIG(end.status))));
  }
  return ended_case(planned, options, Status::RuntimeError,
                    "the case's process ended without a result");
}

}  // namespace

CaseResult run_unsupervised(const Case& planned, const RunOptions& options,
                            const std::filesystem::path& trace_file) {
  CaseResult result = run_case(planned, options);
  write_trace(trace_file, result.trace);
  return result;
}

CaseResult run_supervised(const Case& planned, const RunOptions& options,
                          const std::filesystem::path& trace_file) {
  const CaseResult provisional = ended_case(planned, options, Status::Timeout,
                                            "the case was ended from outside before it finished");
  write_trace(trace_file, provisional.trace);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    fail(ErrorKind::Environment, "cannot create a pipe: " + std::generic_category().message(errno));
  }
  TorchHost own_torch;
  TorchSource* torch = options.reference.torch;
  TorchLender lender(torch != nullptr ? *torch : own_torch);
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    fail(ErrorKind::Environment, "cannot fork: " + std::generic_category().message(errno));
  }
  if (child == 0) {
    ::close(ends[0]);
    end_with(parent);
    run_child(planned, options, lender, ends[1]);
  }
  ::close(ends[1]);
  lender.forked();
  // Looking for PyTorch takes about as long as the child needs to reach a GPU: both at once.
  if (asks_for_torch(options)) (torch != nullptr ? *torch : own_torch).status();
  const ChildEnd end =
      await_child(child, ends[0], lender, options.deadline_seconds + kGraceSeconds);
  ::close(ends[0]);
  CaseResult result = result_of(end, planned, options);
  write_trace(trace_file, result.trace);
  return result;
}

}  // namespace fitest
