// SPDX-License-Identifier: Apache-2.0
// What a library prints to stdout and stderr while an object of this class lives.
#pragma once

#include <array>
#include <string>

namespace fitest::cuda {

// The driver prints what kernels print with the C library of this process; output of other threads
// in the same moment is caught too.
class OutputCapture {
 public:
  OutputCapture();
  OutputCapture(const OutputCapture&) = delete;
  OutputCapture& operator=(const OutputCapture&) = delete;
  ~OutputCapture() { finish(); }
  // Restores both streams; the text, once.
  std::string finish();

 private:
  int file_ = -1;
  std::array<int, 2> saved_{-1, -1};  // duplicates of stdout and stderr
};

}  // namespace fitest::cuda
