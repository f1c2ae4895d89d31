// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const SourcePtr kSource = make_source("x.yaml", "a: 1\n\tbb: two\n");

TEST(SourceTest, LinesAndColumnsCountFromOne) {
  EXPECT_EQ(kSource->position(0).line, 1u);
  EXPECT_EQ(kSource->position(0).column, 1u);
  EXPECT_EQ(kSource->position(10).line, 2u);
  EXPECT_EQ(kSource->position(10).column, 6u);
}

TEST(SourceTest, APositionBehindTheEndIsTheEnd) {
  EXPECT_EQ(kSource->position(1000).line, 3u);
  EXPECT_EQ(kSource->line_at(1000), "");
}

TEST(SourceTest, ADiagnosticShowsTheLineAndAnUnderline) {
  EXPECT_EQ(render({Severity::Error, kSource, {10, 13}, "expected a number"}),
            "x.yaml:2:6: error: expected a number\n"
            "  \tbb: two\n"
            "  \t    ^~~\n");
}

TEST(SourceTest, AnEmptyRangeIsOneCaret) {
  EXPECT_THAT(render({Severity::Warning, kSource, {0, 0}, "m"}), HasSubstr("  a: 1\n  ^\n"));
}

TEST(SourceTest, ARangeOverSeveralLinesIsUnderlinedToTheEndOfItsFirst) {
  EXPECT_THAT(render({Severity::Error, kSource, {3, 12}, "m"}), HasSubstr("  a: 1\n     ^\n"));
}

TEST(SourceTest, ALongLineIsShownAroundItsCaret) {
  const SourcePtr source = make_source("l", std::string(300, 'x') + "!" + std::string(300, 'y'));
  const std::string text = render({Severity::Error, source, {300, 301}, "m"});
  EXPECT_THAT(text, HasSubstr("l:1:301: error: m\n  ...xxx"));
  EXPECT_THAT(text, HasSubstr("yyy...\n"));
  const std::size_t caret = text.find('^') - text.rfind('\n', text.find('^'));
  const std::size_t mark = text.find('!') - text.rfind('\n', text.find('!'));
  EXPECT_EQ(caret, mark);
}

TEST(SourceTest, ADiagnosticWithoutSourceIsItsMessage) {
  EXPECT_EQ(render({Severity::Warning, nullptr, {}, "m"}), "warning: m\n");
}

TEST(SourceTest, AllErrorsAreThrownTogetherAndNoWarning) {
  Diagnostics diagnostics;
  diagnostics.error(kSource, {0, 1}, "first");
  diagnostics.warning(kSource, {0, 1}, "hint");
  diagnostics.error(kSource, {6, 7}, "second");
  EXPECT_EQ(diagnostics.error_count(), 2u);
  EXPECT_EQ(diagnostics.warning_count(), 1u);
  try {
    diagnostics.throw_if_errors();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    EXPECT_THAT(error.what(), HasSubstr("x.yaml:1:1: error: first"));
    EXPECT_THAT(error.what(), HasSubstr("x.yaml:2:2: error: second"));
    EXPECT_THAT(error.what(), Not(HasSubstr("hint")));
  }
}

TEST(SourceTest, WarningsAloneAreNoError) {
  Diagnostics diagnostics;
  diagnostics.warning(kSource, {0, 1}, "hint");
  EXPECT_TRUE(diagnostics.ok());
  EXPECT_NO_THROW(diagnostics.throw_if_errors());
}

}  // namespace
}  // namespace fitest
