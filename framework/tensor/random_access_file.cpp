// SPDX-License-Identifier: Apache-2.0
#include "tensor/random_access_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"

namespace fitest {
namespace {

// The size of a regular file; otherwise an errno in `problem`.
std::uint64_t regular_size(int descriptor, int& problem) {
  struct stat status {};
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
    problem = errno;
  } else if (!S_ISREG(status.st_mode)) {
    problem = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
  }
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

RandomAccessFile::RandomAccessFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
  int problem = 0;
  size_ = regular_size(descriptor_, problem);
  if (problem == 0) return;
  if (descriptor_ >= 0) ::close(descriptor_);
  fail_to_read(problem);
}

RandomAccessFile::~RandomAccessFile() {
  ::close(descriptor_);
}

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_to_read(errno);
    if (got == 0) {
      fail(ErrorKind::Environment,
           fmt::format("{} became shorter while it was read", path_.string()));
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

void RandomAccessFile::fail_to_read(int code) const {
  fail(ErrorKind::Environment,
       fmt::format("cannot read {}: {}", path_.string(), std::generic_category().message(code)));
}

}  // namespace fitest
