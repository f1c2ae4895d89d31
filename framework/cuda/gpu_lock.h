// SPDX-License-Identifier: Apache-2.0
// Who may use a GPU now, agreed between all fitest processes of a machine.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

namespace fitest::cuda {

using Deadline = std::chrono::steady_clock::time_point;

// Where the files of locks are: $FITEST_GPU_LOCK_DIR, else /tmp. All fitest processes that use one
// GPU must share it, also across containers.
std::filesystem::path lock_folder();

// A flock on two files per GPU in a folder that all processes share. Timed sections hold it
// exclusively, all other work on the GPU holds it shared: a time slice given to another process
// would count into the time. The second file is a turnstile that keeps a stream of shared holders
// from starving an exclusive one. The kernel releases both when the process dies.
class GpuLock {
 public:
  enum class Mode { Shared, Exclusive };
  struct Place {
    std::filesystem::path folder = "/tmp";
    std::string uuid;
  };

  // Waits; Error (Environment) after the deadline or where the files cannot be opened.
  GpuLock(const Place& place, Mode mode, Deadline deadline);
  GpuLock(GpuLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  GpuLock& operator=(GpuLock&&) = delete;
  ~GpuLock();

 private:
  int fd_ = -1;
};

}  // namespace fitest::cuda
