// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace fitest {

FileLock::FileLock(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  int result = fd_ < 0 ? -1 : ::flock(fd_, LOCK_EX);
  while (result != 0 && errno == EINTR && fd_ >= 0) result = ::flock(fd_, LOCK_EX);
  if (result == 0) return;
  const std::string reason = std::generic_category().message(errno);
  if (fd_ >= 0) ::close(fd_);
  fail(ErrorKind::Environment, fmt::format("cannot lock {}: {}", path.string(), reason));
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace fitest
