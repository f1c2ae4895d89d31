// SPDX-License-Identifier: Apache-2.0
#include "cuda/output_capture.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>

namespace fitest::cuda {

OutputCapture::OutputCapture() : file_(::memfd_create("fitest-kernel-output", MFD_CLOEXEC)) {
  if (file_ < 0) return;  // the output then goes where it went before
  std::fflush(nullptr);
  for (int stream = 0; stream < 2; ++stream) {
    saved_.at(stream) = ::dup(STDOUT_FILENO + stream);
    if (saved_.at(stream) >= 0) ::dup2(file_, STDOUT_FILENO + stream);
  }
}

std::string OutputCapture::finish() {
  if (file_ < 0) return {};
  std::fflush(nullptr);
  for (int stream = 0; stream < 2; ++stream) {
    if (saved_.at(stream) < 0) continue;
    ::dup2(saved_.at(stream), STDOUT_FILENO + stream);
    ::close(saved_.at(stream));
  }
  std::string text;
  std::array<char, 4096> chunk{};
  ::lseek(file_, 0, SEEK_SET);
  for (ssize_t size = 0; (size = ::read(file_, chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(size));
  }
  ::close(file_);
  file_ = -1;
  return text;
}

}  // namespace fitest::cuda
