// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

class FileLockTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(FileLockTest, CreatesTheFileAndItsFolder) {
  const FileLock lock(folder_ / "a/b/lock");
  EXPECT_TRUE(fs::exists(folder_ / "a/b/lock"));
}

TEST_F(FileLockTest, TheSecondHolderWaitsForTheFirst) {
  std::optional<FileLock> first(folder_ / "lock");
  std::atomic<bool> entered = false;
  std::thread other([&] {
    const FileLock second(folder_ / "lock");
    entered = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(entered);
  first.reset();
  other.join();
  EXPECT_TRUE(entered);
}

TEST_F(FileLockTest, AMovedLockIsStillHeldOnce) {
  FileLock first(folder_ / "lock");
  { const FileLock moved(std::move(first)); }
  const FileLock again(folder_ / "lock");
}

TEST_F(FileLockTest, AFileThatCannotBeOpenedIsNamed) {
  try {
    const FileLock lock(folder_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot lock " + folder_.string() + ": "));
  }
}

}  // namespace
}  // namespace fitest
