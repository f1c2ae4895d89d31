// SPDX-License-Identifier: Apache-2.0
// The public dataset in ../shared/official, where it is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "document/document.h"
#include "schema/dataset.h"
#include "schema/validate.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

class OfficialDataset : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(root_)) GTEST_SKIP() << "no dataset in " << root_;
  }
  const fs::path root_ = fs::path(FITEST_SHARED_DIR) / "official";
};

TEST_F(OfficialDataset, ValidatesWithoutErrorAndWarnsOncePerMissingBlob) {
  const Dataset dataset = read_dataset(root_);
  const ValidationSummary summary = summarize(dataset);
  EXPECT_EQ(summary.errors, 0u) << dataset.diagnostics.render_all();
  EXPECT_EQ(summary_line(summary), "156 definitions, 663 workloads, 0 errors");
  std::size_t missing = 0;
  for (const Diagnostic& diagnostic : dataset.diagnostics.list()) {
    missing += diagnostic.message.find("tensor file") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(missing, 307u);
}

TEST_F(OfficialDataset, WritingBackWhatWasReadGivesAnEqualDocument) {
  std::size_t checked = 0;
  const auto check = [&](const Value& document) {
    for (const JsonStyle style : {JsonStyle::Compact, JsonStyle::Indented}) {
      Diagnostics diagnostics;
      EXPECT_EQ(read_json(make_source("copy", write_json(document, style)), diagnostics), document);
      EXPECT_TRUE(diagnostics.ok()) << diagnostics.render_all();
    }
    ++checked;
  };
  const Dataset dataset = read_dataset(root_);
  for (const Definition& definition : dataset.definitions) check(definition.document);
  for (const Workload& workload : dataset.workloads) check(workload.document);
  EXPECT_EQ(checked, 156u + 663u);
}

}  // namespace
}  // namespace fitest
