// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/error.h"

namespace fitest {

TemporaryFolder::TemporaryFolder() {
  const std::filesystem::path place = std::filesystem::temp_directory_path();
  std::string name = (place / "fitest-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    fail(ErrorKind::Environment, "cannot create a folder in " + place.string() + ": " +
                                     std::generic_category().message(errno));
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace fitest
