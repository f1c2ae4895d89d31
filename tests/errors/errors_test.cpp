// SPDX-License-Identifier: Apache-2.0
// Every bad document under tests/errors gives exactly the messages of its .expected file.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/file.h"
#include "document/document.h"
#include "schema/dataset.h"
#include "schema/definition.h"
#include "schema/solution.h"
#include "schema/trace.h"
#include "schema/workload.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = FITEST_ERRORS_DIR;

Value read_any(const SourcePtr& source, const fs::path& file, Diagnostics& diagnostics) {
  if (file.extension() == ".yaml") return read_yaml(source, diagnostics);
  if (file.extension() == ".jsonl") return Value(read_json_lines(source, diagnostics));
  return read_json(source, diagnostics);
}

using Reader = bool (*)(const Value& document, Diagnostics& diagnostics);
const std::map<std::string, Reader> kReaders = {
    {"document", [](const Value&, Diagnostics&) { return true; }},
    {"definition",
     [](const Value& document, Diagnostics& diagnostics) {
       return read_definition(document, diagnostics).has_value();
     }},
    {"workload",
     [](const Value& document, Diagnostics& diagnostics) {
       return read_workload(document, diagnostics).has_value();
     }},
    {"solution",
     [](const Value& document, Diagnostics& diagnostics) {
       return read_solution(document, "", diagnostics).has_value();
     }},
    {"trace",
     [](const Value& document, Diagnostics& diagnostics) {
       return read_trace(document, diagnostics).has_value();
     }},
};

// Folders of tests/errors/dataset are whole datasets.
std::string messages_of_dataset(const fs::path& root) {
  std::string text = read_dataset(root).diagnostics.render_all();
  const std::string prefix = root.string() + "/";
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

std::string messages_of(const fs::path& file) {
  if (fs::is_directory(file)) return messages_of_dataset(file);
  Diagnostics diagnostics;
  const SourcePtr source = make_source(file.filename().string(), read_file(file));
  const Value document = read_any(source, file, diagnostics);
  if (!diagnostics.ok()) {
    EXPECT_TRUE(document.is_null() || file.extension() == ".jsonl");
    return diagnostics.render_all();
  }
  const bool read = kReaders.at(file.parent_path().filename().string())(document, diagnostics);
  EXPECT_EQ(read, diagnostics.ok()) << "a document with errors must not be read, others must";
  return diagnostics.render_all();
}

std::vector<std::string> bad_documents() {
  std::vector<std::string> names;
  for (const auto& kind : fs::directory_iterator(kRoot)) {
    if (!kind.is_directory()) continue;
    for (const auto& entry : fs::directory_iterator(kind)) {
      if (entry.path().extension() == ".expected") continue;
      names.push_back(fs::relative(entry.path(), kRoot).string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class BadDocument : public ::testing::TestWithParam<std::string> {};

TEST_P(BadDocument, GivesItsMessages) {
  const std::string messages = messages_of(kRoot / GetParam());
  const fs::path expected = kRoot / (GetParam() + ".expected");
  ASSERT_FALSE(messages.empty());
  if (std::getenv("FITEST_UPDATE_EXPECTED") != nullptr) {
    write_file_atomically(expected, messages);
  } else {
    EXPECT_EQ(messages, read_file(expected));
  }
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Errors, BadDocument, ::testing::ValuesIn(bad_documents()), test_name);

}  // namespace
}  // namespace fitest
