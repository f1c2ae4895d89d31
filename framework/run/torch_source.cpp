// SPDX-License-Identifier: Apache-2.0
#include "run/torch_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/message_socket.h"
#include "base/subprocess.h"
#include "base/text.h"
#include "document/document.h"

namespace fitest {
namespace {

constexpr double kProbeSeconds = 10;
constexpr std::chrono::seconds kPatience{60};  // of a borrower: the owner may be probing pythons
constexpr int kOldestMajor = 1;
constexpr int kOldestMinor = 13;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void add_if_there(std::vector<std::string>& pythons, const std::filesystem::path& folder) {
  for (const char* name : {"python3", "python"}) {
    const std::string path = (folder / name).string();
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) continue;
    if (std::find(pythons.begin(), pythons.end(), path) == pythons.end()) pythons.push_back(path);
  }
}

std::vector<std::string> installed_pythons() {
  std::vector<std::string> pythons;
  for (const char* active : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const std::string folder = variable(active);
    if (!folder.empty()) add_if_there(pythons, std::filesystem::path(folder) / "bin");
  }
  for (const std::string& folder : split(variable("PATH"), ':')) {
    if (!folder.empty()) add_if_there(pythons, folder);
  }
  return pythons;
}

// "2.11.0+cu130" → is it new enough? Unreadable versions are taken for new.
bool is_too_old(const std::string& version) {
  int major = 0;
  int minor = 0;
  const char* end = version.data() + version.size();
  const auto read = std::from_chars(version.data(), end, major);
  if (read.ec != std::errc() || read.ptr == end || *read.ptr != '.') return false;
  if (std::from_chars(read.ptr + 1, end, minor).ec != std::errc()) return false;
  return major < kOldestMajor || (major == kOldestMajor && minor < kOldestMinor);
}

TorchStatus probe(const std::string& python) {
  TorchStatus status;
  status.python = python;
  const SubprocessResult result = run_subprocess({python, "-c",
                                                  "import importlib.metadata as m, sys\n"
                                                  "try: print(m.version('torch'))\n"
                                                  "except m.PackageNotFoundError: sys.exit(3)"},
                                                 kProbeSeconds);
  const std::string output(trim(result.output));
  if (result.timed_out) {
    status.problem = fmt::format("{} did not answer within {} s", python, kProbeSeconds);
  } else if (result.exit_code == 3) {
    status.problem = python + " has no PyTorch";
  } else if (result.exit_code != 0) {
    status.problem = output.empty() ? fmt::format("{} fails", python) : output;
  } else if (is_too_old(output)) {
    status.version = output;
    status.problem = fmt::format("{} has PyTorch {}, older than {}.{}", python, output,
                                 kOldestMajor, kOldestMinor);
  } else {
    status.available = true;
    status.version = output;
  }
  return status;
}

[[noreturn]] void fail_without_torch(const TorchStatus& status) {
  fail(ErrorKind::Environment,
       fmt::format("the torch engine needs PyTorch {}.{} or newer: {}; install it or set "
                   "FITEST_PYTHON to a python that has it",
                   kOldestMajor, kOldestMinor, status.problem));
}

// What goes between borrower and owner: {"ask": …} and its answer.
Value parse(const std::string& text) {
  Diagnostics diagnostics;
  Value value = read_json(make_source("message of a fitest process", text), diagnostics);
  diagnostics.throw_if_errors();
  return value;
}

std::string text_at(const Value& message, std::string_view name) {
  const Value* member = message.find(name);
  return member != nullptr && member->is_string() ? member->string() : "";
}

Value status_value(const TorchStatus& status) {
  return Value::Object{{"available", Value(status.available)},
                       {"python", Value(status.python)},
                       {"version", Value(status.version)},
                       {"problem", Value(status.problem)}};
}

class BorrowedTorch : public TorchSource {
 public:
  explicit BorrowedTorch(Descriptor socket) : socket_(std::move(socket)) {}

  const TorchStatus& status() override {
    if (!status_) {
      const Value answer = parse(ask("status").text);
      status_ = {answer.find("available")->boolean(), text_at(answer, "python"),
                 text_at(answer, "version"), text_at(answer, "problem")};
    }
    return *status_;
  }

  TorchConnection take(const std::string& gpu) override {
    ReceivedMessage message = ask("take", gpu);
    const Value answer = parse(message.text);
    if (message.descriptors.size() != 2) fail(ErrorKind::Environment, text_at(answer, "error"));
    python_ = std::move(message.descriptors[0]);
    log_ = std::move(message.descriptors[1]);
    return {python_.get(), log_.get(), static_cast<pid_t>(answer.find("pid")->integer())};
  }

  void give_back() override { ask("give back"); }

  std::string discard() override {
    python_.reset();
    return text_at(parse(ask("discard").text), "end");
  }

 private:
  ReceivedMessage ask(const std::string& what, const std::string& gpu = "") {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    const Value question = Value::Object{{"ask", Value(what)}, {"gpu", Value(gpu)}};
    ReceivedMessage answer;
    if (send_message(socket_.get(), write_json(question, JsonStyle::Compact), {}, deadline) ==
        MessageEnd::Whole) {
      answer = receive_message(socket_.get(), deadline);
    }
    if (answer.end != MessageEnd::Whole) {
      fail(ErrorKind::Environment, "the process that holds the torch engine does not answer");
    }
    return answer;
  }

  Descriptor socket_;
  Descriptor python_;
  Descriptor log_;
  std::optional<TorchStatus> status_;
};

}  // namespace

TorchStatus find_torch() {
  const std::string chosen = variable("FITEST_PYTHON");
  if (!chosen.empty()) return probe(chosen);
  TorchStatus first;
  first.problem = "there is no python3";
  bool any = false;
  for (const std::string& python : installed_pythons()) {
    TorchStatus status = probe(python);
    if (status.available) return status;
    if (!any || (first.version.empty() && !status.version.empty())) first = std::move(status);
    any = true;
  }
  return first;
}

const TorchStatus& TorchHost::status() {
  if (!status_) status_ = find_torch();
  return *status_;
}

TorchConnection TorchHost::take(const std::string& gpu) {
  if (!status().available) fail_without_torch(status());
  if (lent_ || (process_ && process_->gpu() != gpu)) discard();
  if (!process_) {
    process_ = std::make_unique<TorchProcess>(status().python, gpu);
    ++started_;
  }
  lent_ = true;
  return process_->connection();
}

std::string TorchHost::discard() {
  lent_ = false;
  if (!process_) return "ended";
  std::string end = process_->end();
  process_.reset();
  return end;
}

TorchLender::TorchLender(TorchSource& source) : source_(source) {
  SocketPair ends = make_socket_pair();
  own_ = std::move(ends.first);
  theirs_ = std::move(ends.second);
}

TorchLender::~TorchLender() {
  if (lent_) source_.discard();
}

std::unique_ptr<TorchSource> TorchLender::borrow() {
  return std::make_unique<BorrowedTorch>(std::move(theirs_));
}

Value TorchLender::answer(const Value& question, std::vector<int>& descriptors) {
  const std::string what = text_at(question, "ask");
  if (what == "status") return status_value(source_.status());
  Value answer{Value::Object{}};
  if (what == "take") {
    const TorchConnection connection = source_.take(text_at(question, "gpu"));
    lent_ = true;
    answer.set("pid", Value(std::int64_t{connection.pid}));
    descriptors = {connection.socket, connection.log};
    return answer;
  }
  lent_ = false;
  if (what == "give back") source_.give_back();
  if (what == "discard") answer.set("end", Value(source_.discard()));
  return answer;
}

bool TorchLender::serve() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const ReceivedMessage question = receive_message(own_.get(), deadline);
  if (question.end != MessageEnd::Whole) return false;
  Value reply;
  std::vector<int> descriptors;
  try {
    reply = answer(parse(question.text), descriptors);
  } catch (const Error& error) {
    reply = Value::Object{{"error", Value(std::string(error.what()))}};
  }
  const std::string text = write_json(reply, JsonStyle::Compact);
  return send_message(own_.get(), text, descriptors, deadline) == MessageEnd::Whole;
}

}  // namespace fitest
