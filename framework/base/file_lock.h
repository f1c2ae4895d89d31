// SPDX-License-Identifier: Apache-2.0
// An exclusive lock between processes, tied to a file and released by the kernel even when its
// holder is killed.
#pragma once

#include <filesystem>
#include <utility>

namespace fitest {

class FileLock {
 public:
  // Creates the file and its folder when missing, and waits until no other process holds it.
  explicit FileLock(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  int fd_ = -1;
};

}  // namespace fitest
