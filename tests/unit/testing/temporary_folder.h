// SPDX-License-Identifier: Apache-2.0
// A folder of one test's own, and environment variables for as long as it runs.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace fitest::testing {

class TemporaryFolder {
 public:
  TemporaryFolder()
      : name_((std::filesystem::temp_directory_path() / "fitest-test-XXXXXX").string()),
        path_(::mkdtemp(name_.data())) {}
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::string name_;
  std::filesystem::path path_;
};

class EnvironmentVariable {
 public:
  EnvironmentVariable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  EnvironmentVariable(const EnvironmentVariable&) = delete;
  EnvironmentVariable& operator=(const EnvironmentVariable&) = delete;
  ~EnvironmentVariable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

}  // namespace fitest::testing
