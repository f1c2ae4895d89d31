// SPDX-License-Identifier: Apache-2.0
// A folder of one test's own, and environment variables for as long as it runs.
#pragma once

#include <cstdlib>
#include <string>

#include "base/temporary_folder.h"

namespace fitest::testing {

using fitest::TemporaryFolder;

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
