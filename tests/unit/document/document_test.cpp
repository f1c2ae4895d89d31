// SPDX-License-Identifier: Apache-2.0
#include "document/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

class ReadDocument : public ::testing::Test {
 protected:
  ReadDocument()
      : folder_(fs::path(::testing::TempDir()) /
                ("fitest_document_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~ReadDocument() override { fs::remove_all(folder_); }

  Value read(const std::string& name, const std::string& content) {
    write_file_atomically(folder_ / name, content);
    return read_document(folder_ / name, diagnostics_);
  }

  fs::path folder_;
  Diagnostics diagnostics_;
};

TEST_F(ReadDocument, GoesByTheExtension) {
  const Value expected = Value::Object{{"a", 1}};
  EXPECT_EQ(read("x.json", "{\"a\": 1}"), expected);
  EXPECT_EQ(read("x.yaml", "a: 1"), expected);
  EXPECT_EQ(read("x.yml", "a: 1"), expected);
  EXPECT_EQ(diagnostics_.render_all(), "");
}

TEST_F(ReadDocument, NamesTheFileInMessages) {
  EXPECT_TRUE(read("x.json", "{").is_null());
  EXPECT_THAT(diagnostics_.render_all(),
              ::testing::StartsWith((folder_ / "x.json").string() + ":1:"));
}

TEST_F(ReadDocument, RefusesOtherExtensions) {
  EXPECT_TRUE(read("x.toml", "a = 1").is_null());
  EXPECT_THAT(diagnostics_.render_all(),
              ::testing::HasSubstr("x.toml: the file name must end in .json, .yaml or .yml"));
}

TEST_F(ReadDocument, MissingFileIsADiagnosticThatNamesIt) {
  EXPECT_TRUE(read_document(folder_ / "none.json", diagnostics_).is_null());
  EXPECT_THAT(diagnostics_.render_all(), ::testing::HasSubstr("none.json: No such file"));
}

}  // namespace
}  // namespace fitest
