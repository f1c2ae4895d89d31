// SPDX-License-Identifier: Apache-2.0
#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace fitest {
namespace {

TEST(TemporaryFolder, IsNewAndRemovedWithWhatItHolds) {
  std::filesystem::path first;
  {
    const TemporaryFolder folder;
    const TemporaryFolder other;
    first = folder.path();
    EXPECT_NE(first, other.path());
    EXPECT_TRUE(std::filesystem::is_empty(first));
    write_file_atomically(first / "a" / "b", "text");
  }
  EXPECT_FALSE(std::filesystem::exists(first));
}

}  // namespace
}  // namespace fitest
