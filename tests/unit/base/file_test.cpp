// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <thread>

#include "base/error.h"

namespace fitest {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class File : public ::testing::Test {
 protected:
  File() : folder_(fs::path(::testing::TempDir()) / ("fitest_file_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~File() override { fs::remove_all(folder_); }

  std::size_t count_files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const fs::path folder_;
};

std::string problem_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Environment);
    return error.what();
  }
  return "";
}

TEST_F(File, ReadsBackEveryByte) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += static_cast<char>(i * 7);
  write_file_atomically(folder_ / "a", content);
  EXPECT_EQ(read_file(folder_ / "a"), content);
}

TEST_F(File, ReadsAnEmptyFile) {
  write_file_atomically(folder_ / "a", "");
  EXPECT_EQ(read_file(folder_ / "a"), "");
}

TEST_F(File, WritesBytesAndText) {
  const std::array<std::byte, 2> bytes{std::byte{0}, std::byte{255}};
  write_file_atomically(folder_ / "a", bytes);
  EXPECT_EQ(read_file(folder_ / "a"), std::string("\0\xFF", 2));
}

TEST_F(File, MissingFileIsNamed) {
  EXPECT_EQ(problem_of([&] { read_file(folder_ / "none"); }),
            "cannot read " + (folder_ / "none").string() + ": No such file or directory");
}

TEST_F(File, FolderCannotBeRead) {
  EXPECT_EQ(problem_of([&] { read_file(folder_); }),
            "cannot read " + folder_.string() + ": Is a directory");
}

TEST_F(File, WritingCreatesTheFoldersAbove) {
  write_file_atomically(folder_ / "a/b/c", "x");
  EXPECT_EQ(read_file(folder_ / "a/b/c"), "x");
}

TEST_F(File, WritingReplacesAndLeavesNoTemporaryFile) {
  write_file_atomically(folder_ / "a", "first, which is longer");
  write_file_atomically(folder_ / "a", "second");
  EXPECT_EQ(read_file(folder_ / "a"), "second");
  EXPECT_EQ(count_files(), 1u);
}

TEST_F(File, FailedWriteNamesThePathAndLeavesNothing) {
  fs::create_directories(folder_ / "taken/inside");
  EXPECT_THAT(problem_of([&] { write_file_atomically(folder_ / "taken", "x"); }),
              HasSubstr((folder_ / "taken").string()));
  EXPECT_EQ(count_files(), 1u);
}

TEST_F(File, FileInPlaceOfAFolderIsNamed) {
  write_file_atomically(folder_ / "a", "x");
  EXPECT_THAT(problem_of([&] { write_file_atomically(folder_ / "a/b", "x"); }),
              HasSubstr((folder_ / "a").string()));
}

TEST_F(File, ReadersSeeOneWriteWholeWhileOthersWrite) {
  const std::string a(50'000, 'a');
  const std::string b(70'000, 'b');
  write_file_atomically(folder_ / "f", a);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; i < 40; ++i) write_file_atomically(folder_ / "f", i % 2 == 0 ? b : a);
    stop = true;
  });
  std::size_t torn = 0;
  while (!stop) {
    const std::string content = read_file(folder_ / "f");
    torn += content == a || content == b ? 0 : 1;
  }
  writer.join();
  EXPECT_EQ(torn, 0u);
}

class CacheDirectory : public File {
 protected:
  ~CacheDirectory() override {
    for (const auto& [name, value] : saved_) {
      value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
    }
  }
  void set(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    saved_.emplace_back(name, old == nullptr ? "" : old);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  std::vector<std::pair<std::string, std::string>> saved_;
};

TEST_F(CacheDirectory, OwnVariableComesFirst) {
  set("FITEST_CACHE_DIR", folder_ / "own");
  set("XDG_CACHE_HOME", folder_ / "xdg");
  EXPECT_EQ(cache_directory(), folder_ / "own");
  EXPECT_TRUE(fs::is_directory(folder_ / "own"));
}

TEST_F(CacheDirectory, ThenXdgThenHome) {
  set("FITEST_CACHE_DIR", "");
  set("XDG_CACHE_HOME", folder_ / "xdg");
  set("HOME", folder_ / "home");
  EXPECT_EQ(cache_directory(), folder_ / "xdg/fitest");
  set("XDG_CACHE_HOME", "");
  EXPECT_EQ(cache_directory(), folder_ / "home/.cache/fitest");
}

TEST_F(CacheDirectory, FolderThatCannotBeMadeSaysWhatToDo) {
  write_file_atomically(folder_ / "file", "x");
  set("FITEST_CACHE_DIR", folder_ / "file/inside");
  EXPECT_THAT(problem_of([] { cache_directory(); }), HasSubstr("set FITEST_CACHE_DIR to a folder"));
}

}  // namespace
}  // namespace fitest
