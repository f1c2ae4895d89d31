// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/error.h"
#include "testing/temporary_folder.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  std::size_t files_in_folder() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  testing::TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  const std::string content("a\0b\r\n", 5);
  write_file_atomically(folder_ / "new/folders/x", content);
  EXPECT_EQ(read_file(folder_ / "new/folders/x"), content);
}

TEST_F(FileTest, NoTemporaryFileIsLeft) {
  write_file_atomically(folder_ / "x", std::string_view("one"));
  write_file_atomically(folder_ / "x", std::string_view("two"));
  EXPECT_EQ(read_file(folder_ / "x"), "two");
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FileTest, ReadersSeeOneOfTheWholeContents) {
  const std::string a(100000, 'a');
  const std::string b(50000, 'b');
  write_file_atomically(folder_ / "x", a);
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) write_file_atomically(folder_ / "x", i % 2 == 0 ? b : a);
  });
  for (int i = 0; i < 100; ++i) {
    const std::string seen = read_file(folder_ / "x");
    EXPECT_TRUE(seen == a || seen == b);
  }
  writer.join();
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNoOther) {
  fs::create_directory(folder_ / "x");
  EXPECT_THROW(write_file_atomically(folder_ / "x", std::string_view("one")), Error);
  EXPECT_TRUE(fs::is_directory(folder_ / "x"));
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FileTest, AMissingFileIsNamedWithTheReason) {
  try {
    read_file(folder_ / "missing");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    EXPECT_EQ(error.what(),
              "cannot read " + (folder_ / "missing").string() + ": No such file or directory");
  }
}

TEST_F(FileTest, AFolderIsNoFile) {
  EXPECT_THROW(read_file(folder_), Error);
}

TEST_F(FileTest, TheCacheFolderIsMadeWhereTheVariableSays) {
  const testing::EnvironmentVariable cache("FITEST_CACHE_DIR", folder_ / "deep/cache");
  EXPECT_EQ(cache_directory(), folder_ / "deep/cache");
  EXPECT_TRUE(fs::is_directory(folder_ / "deep/cache"));
}

TEST_F(FileTest, ACacheThatCannotBeMadeSaysWhichVariableHelps) {
  write_file_atomically(folder_ / "file", std::string_view(""));
  const testing::EnvironmentVariable cache("FITEST_CACHE_DIR", folder_ / "file/cache");
  try {
    cache_directory();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("set FITEST_CACHE_DIR"));
  }
}

}  // namespace
}  // namespace fitest
