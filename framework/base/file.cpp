// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include "base/error.h"

namespace fitest {
namespace {

[[noreturn]] void fail_errno(const char* verb, const std::filesystem::path& path) {
  fail(ErrorKind::Environment, fmt::format("cannot {} {}: {}", verb, path.string(),
                                           std::generic_category().message(errno)));
}

void write_all(int fd, std::span<const std::byte> content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_errno("write", path);
    content = content.subspan(static_cast<std::size_t>(written));
  }
}

// Removes the temporary file unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : name_(target.string() + ".tmp-XXXXXX"), fd_(::mkstemp(name_.data())) {
    if (fd_ < 0) fail_errno("create a temporary file beside", target);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(name_.c_str());
  }
  int fd() const noexcept { return fd_; }
  void rename_to(const std::filesystem::path& target) {
    // No fsync: a rename keeps readers and killed writers safe; what a power loss may damage are
    // caches, which check themselves, and results, which can be had again.
    if (::fchmod(fd_, 0644) != 0) fail_errno("write", target);
    if (::rename(name_.c_str(), target.c_str()) != 0) fail_errno("rename a file to", target);
    renamed_ = true;
  }

 private:
  std::string name_;
  int fd_;
  bool renamed_ = false;
};

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    errno = EISDIR;
    fail_errno("read", path);
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_errno("read", path);
  std::ostringstream content;
  content << file.rdbuf();
  if (file.bad()) fail_errno("read", path);
  return std::move(content).str();
}

void write_file_atomically(const std::filesystem::path& path,
                           const std::vector<std::span<const std::byte>>& pieces) {
  if (path.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) {
      fail(ErrorKind::Environment, fmt::format("cannot create the folder {}: {}",
                                               path.parent_path().string(), error.message()));
    }
  }
  TemporaryFile file(path);
  for (const std::span<const std::byte> piece : pieces) write_all(file.fd(), piece, path);
  file.rename_to(path);
}

void write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> content) {
  write_file_atomically(path, std::vector{content});
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  write_file_atomically(path, std::as_bytes(std::span(content)));
}

std::filesystem::path cache_directory() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value == nullptr ? "" : value);
  };
  std::filesystem::path path = variable("FITEST_CACHE_DIR");
  if (path.empty() && !variable("XDG_CACHE_HOME").empty()) {
    path = variable("XDG_CACHE_HOME") / "fitest";
  }
  if (path.empty() && !variable("HOME").empty()) path = variable("HOME") / ".cache" / "fitest";
  if (path.empty()) path = std::filesystem::temp_directory_path() / "fitest";
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) {
    fail(ErrorKind::Environment,
         fmt::format("cannot create the cache folder {}: {}; set FITEST_CACHE_DIR to a folder that "
                     "can be written",
                     path.string(), error.message()));
  }
  return path;
}

}  // namespace fitest
