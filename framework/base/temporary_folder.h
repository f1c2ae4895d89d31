// SPDX-License-Identifier: Apache-2.0
// A new folder in the system's place for temporary files, removed with all it holds.
#pragma once

#include <filesystem>

namespace fitest {

class TemporaryFolder {
 public:
  // Error (Environment) names the place and the reason.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace fitest
