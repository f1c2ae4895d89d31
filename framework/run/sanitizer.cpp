// SPDX-License-Identifier: Apache-2.0
#include "run/sanitizer.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "base/text.h"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to users

namespace fitest {
namespace {

// What compute-sanitizer sets for the processes that it watches.
constexpr std::string_view kInjected = "NV_SANITIZER_";

bool is_executable(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

bool runs_under_sanitizer() {
  if (std::getenv(kSanitizerVariable) != nullptr) return true;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    if (std::string_view(*variable).starts_with(kInjected)) return true;
  }
  return false;
}

std::optional<std::string> find_sanitizer() {
  std::vector<std::string> folders;
  if (const char* path = std::getenv("PATH")) folders = split(path, ':');
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* root = std::getenv(variable)) folders.push_back(std::string(root) + "/bin");
  }
  folders.emplace_back("/usr/local/cuda/bin");
  for (const std::string& folder : folders) {
    const std::string path = folder + "/compute-sanitizer";
    if (is_executable(path)) return path;
  }
  return std::nullopt;
}

std::vector<std::string> sanitizer_command(const std::string& sanitizer, const std::string& tool,
                                           const std::vector<std::string>& command) {
  std::vector<std::string> whole = {sanitizer, "--tool", tool, "--error-exitcode", "1"};
  // The end of a kernel's parameters is a refused call of the driver.
  if (tool == "memcheck") whole.insert(whole.end(), {"--report-api-errors", "no"});
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

std::vector<std::string> without_sanitizer(const std::vector<std::string>& arguments) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].starts_with("--sanitizer=")) continue;
    if (arguments[i] == "--sanitizer") {
      ++i;
      continue;
    }
    kept.push_back(arguments[i]);
  }
  return kept;
}

}  // namespace fitest
