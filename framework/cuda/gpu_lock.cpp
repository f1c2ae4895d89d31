// SPDX-License-Identifier: Apache-2.0
#include "cuda/gpu_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/error.h"
#include "cuda/polling.h"

namespace fitest::cuda {
namespace {

class OpenFile {
 public:
  // Read-only is enough for flock, and lets users share the file of another one in /tmp.
  explicit OpenFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) fd_ = ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) give_up(std::generic_category().message(errno));
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  void lock(int operation, Deadline deadline) const {
    int error = 0;
    const bool ended = poll_until(deadline, [&] {
      error = ::flock(fd_, operation | LOCK_NB) == 0 ? 0 : errno;
      return error != EWOULDBLOCK && error != EINTR;
    });
    if (!ended) give_up("another process held it until the deadline of this one");
    if (error != 0) give_up(std::generic_category().message(error));
  }
  int release() { return std::exchange(fd_, -1); }

 private:
  [[noreturn]] void give_up(const std::string& reason) const {
    fail(ErrorKind::Environment,
         fmt::format("cannot lock the GPU by {}: {}", path_.string(), reason));
  }

  std::filesystem::path path_;
  int fd_;
};

}  // namespace

std::filesystem::path lock_folder() {
  const char* folder = std::getenv("FITEST_GPU_LOCK_DIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

GpuLock::GpuLock(const Place& place, Mode mode, Deadline deadline) {
  const int operation = mode == Mode::Shared ? LOCK_SH : LOCK_EX;
  const OpenFile turnstile(place.folder / fmt::format("fitest-gpu-{}.turn", place.uuid));
  OpenFile file(place.folder / fmt::format("fitest-gpu-{}.lock", place.uuid));
  turnstile.lock(operation, deadline);
  file.lock(operation, deadline);
  fd_ = file.release();
}

GpuLock::~GpuLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace fitest::cuda
