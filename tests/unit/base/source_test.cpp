// SPDX-License-Identifier: Apache-2.0
#include "base/source.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

TEST(SourceText, PositionsAreOneBased) {
  const SourcePtr source = make_source("a", "one\ntwo\n\nfour");
  const auto at = [&](std::size_t offset) {
    const LineColumn position = source->position(offset);
    return std::pair(position.line, position.column);
  };
  using Pair = std::pair<std::size_t, std::size_t>;
  EXPECT_EQ(at(0), Pair(1, 1));
  EXPECT_EQ(at(3), Pair(1, 4));  // the newline belongs to its line
  EXPECT_EQ(at(4), Pair(2, 1));
  EXPECT_EQ(at(8), Pair(3, 1));
  EXPECT_EQ(at(9), Pair(4, 1));
  EXPECT_EQ(at(13), Pair(4, 5));
  EXPECT_EQ(at(1000), Pair(4, 5));
}

TEST(SourceText, LineAtHasNoNewline) {
  const SourcePtr source = make_source("a", "one\ntwo\n\nfour");
  EXPECT_EQ(source->line_at(0), "one");
  EXPECT_EQ(source->line_at(3), "one");
  EXPECT_EQ(source->line_at(5), "two");
  EXPECT_EQ(source->line_at(8), "");
  EXPECT_EQ(source->line_at(13), "four");
  EXPECT_EQ(make_source("a", "")->line_at(0), "");
}

std::string shown(const std::string& text, SourceRange range) {
  return render({Severity::Error, make_source("f.x", text), range, "wrong"});
}

TEST(Render, ShowsTheLineAndUnderlinesTheRange) {
  EXPECT_EQ(shown("first\nlet x = yy;\n", {14, 16}),
            "f.x:2:9: error: wrong\n  let x = yy;\n          ^~\n");
}

TEST(Render, EmptyRangeHasACaret) {
  EXPECT_EQ(shown("ab\n", {1, 1}), "f.x:1:2: error: wrong\n  ab\n   ^\n");
}

TEST(Render, EndOfTheTextHasACaretBehindIt) {
  EXPECT_EQ(shown("ab", {2, 2}), "f.x:1:3: error: wrong\n  ab\n    ^\n");
  EXPECT_EQ(shown("ab", {900, 901}), "f.x:1:3: error: wrong\n  ab\n    ^\n");
}

TEST(Render, RangeOfSeveralLinesIsUnderlinedOnTheFirst) {
  EXPECT_EQ(shown("ab\ncd\n", {1, 5}), "f.x:1:2: error: wrong\n  ab\n   ^\n");
}

TEST(Render, TabsAreKeptSoThatTheCaretStandsUnderItsCharacter) {
  EXPECT_EQ(shown("\tx y\n", {3, 4}), "f.x:1:4: error: wrong\n  \tx y\n  \t  ^\n");
}

TEST(Render, LongLineIsShownAroundTheCaret) {
  const std::string text = std::string(500, 'a') + "HERE" + std::string(500, 'b');
  const std::string message = shown(text, {500, 504});
  EXPECT_EQ(message, "f.x:1:501: error: wrong\n  ..." + std::string(50, 'a') + "HERE" +
                         std::string(46, 'b') + "...\n  " + std::string(53, ' ') + "^~~~\n");
}

TEST(Render, WithoutASourceTheMessageStandsAlone) {
  EXPECT_EQ(render({Severity::Warning, nullptr, {}, "odd"}), "warning: odd\n");
}

TEST(Diagnostics, CountsErrorsAndWarnings) {
  Diagnostics diagnostics;
  EXPECT_TRUE(diagnostics.ok());
  diagnostics.warning(nullptr, {}, "odd");
  EXPECT_TRUE(diagnostics.ok());
  EXPECT_NO_THROW(diagnostics.throw_if_errors());
  diagnostics.error(nullptr, {}, "wrong");
  EXPECT_FALSE(diagnostics.ok());
  EXPECT_EQ(diagnostics.error_count(), 1u);
  EXPECT_EQ(diagnostics.warning_count(), 1u);
  EXPECT_EQ(diagnostics.render_all(), "warning: odd\nerror: wrong\n");
}

TEST(Diagnostics, ThrowsEveryErrorAndNoWarning) {
  Diagnostics diagnostics;
  diagnostics.error(nullptr, {}, "one");
  diagnostics.warning(nullptr, {}, "odd");
  diagnostics.error(nullptr, {}, "two");
  try {
    diagnostics.throw_if_errors();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    EXPECT_STREQ(error.what(), "error: one\nerror: two");
  }
}

TEST(FailAt, ThrowsTheRenderedDiagnostic) {
  try {
    fail_at(ErrorKind::Unsupported, make_source("f", "abc"), {1, 2}, "no");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    EXPECT_STREQ(error.what(), "f:1:2: error: no\n  abc\n   ^");
  }
}

}  // namespace
}  // namespace fitest
