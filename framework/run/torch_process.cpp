// SPDX-License-Identifier: Apache-2.0
#include "run/torch_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "base/message_socket.h"
#include "run/torch_server_script.h"

extern char** environ;

namespace fitest {
namespace {

constexpr int kSocketInChild = 3;
constexpr int kNotFound = 127;

Descriptor make_log() {
  Descriptor log(::memfd_create("fitest-torch-log", MFD_CLOEXEC));
  if (!log || ::fcntl(log.get(), F_SETFL, O_APPEND) != 0) {
    fail(ErrorKind::Environment,
         "cannot create a log in memory: " + std::generic_category().message(errno));
  }
  return log;
}

// The environment of this process with another choice of GPUs.
std::vector<std::string> environment_with(const std::string& gpu) {
  constexpr std::string_view kVisible = "CUDA_VISIBLE_DEVICES=";
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with(kVisible)) variables.emplace_back(*entry);
  }
  variables.push_back(std::string(kVisible) + gpu);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Between fork and exec: calls that are safe after a fork alone.
[[noreturn]] void become(char* const* argv, char* const* variables, int socket, int log) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nothing = ::open("/dev/null", O_RDONLY);
  // The socket may have the number of one of the standard streams, or the other way round.
  const int socket_copy = ::fcntl(socket, F_DUPFD, 10);
  const int log_copy = ::fcntl(log, F_DUPFD, 10);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log_copy, STDOUT_FILENO);
  ::dup2(log_copy, STDERR_FILENO);
  ::dup2(socket_copy, kSocketInChild);
  ::close(socket_copy);
  ::close(log_copy);
  environ = const_cast<char**>(variables);
  ::execvp(argv[0], argv);
  ::_exit(kNotFound);
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return fmt::format("ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(status));
}

}  // namespace

TorchProcess::TorchProcess(const std::string& python, const std::string& gpu)
    : gpu_(gpu), log_(make_log()), owner_(::getpid()) {
  SocketPair ends = make_socket_pair();
  std::vector<std::string> argv{python, "-c", kTorchServerScript, std::to_string(kSocketInChild)};
  std::vector<std::string> variables = environment_with(gpu);
  const std::vector<char*> argv_pointers = pointers_to(argv);
  const std::vector<char*> variable_pointers = pointers_to(variables);
  pid_ = ::fork();
  if (pid_ < 0) {
    fail(ErrorKind::Environment,
         fmt::format("cannot start {}: {}", python, std::generic_category().message(errno)));
  }
  if (pid_ == 0) {
    become(argv_pointers.data(), variable_pointers.data(), ends.second.get(), log_.get());
  }
  socket_ = std::move(ends.first);
}

TorchProcess::~TorchProcess() {
  if (owner_ == ::getpid()) end();
}

std::string TorchProcess::end() {
  if (pid_ < 0) return "ended";
  socket_.reset();
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // before it has made its group
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return describe_end(status);
}

}  // namespace fitest
