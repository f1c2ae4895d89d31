// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::ElementsAre;

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,b", ','), ElementsAre("a", "b"));
  EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Trim, RemovesWhiteSpaceOfBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \f\v"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({}, ", "), "");
  EXPECT_EQ(join({"a"}, ", "), "a");
  EXPECT_EQ(join({"a", "b", ""}, ", "), "a, b, ");
}

TEST(ToLower, ChangesAsciiOnly) {
  EXPECT_EQ(to_lower("AbZ[1\u00c9"), "abz[1\u00c9");
}

TEST(ParseInteger, TakesTheWholeText) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", " 1", "1 ", "1.0", "+1", "0x10", "9223372036854775808", "one"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
}

TEST(ParseDouble, TakesTheWholeText) {
  EXPECT_EQ(parse_double("1.5"), 1.5);
  EXPECT_EQ(parse_double("-1e-3"), -0.001);
  for (const char* text : {"", "1.5x", " 1", "1e999"}) {
    EXPECT_EQ(parse_double(text), std::nullopt) << text;
  }
}

TEST(MatchesGlob, FollowsTheShell) {
  EXPECT_TRUE(matches_glob("", ""));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("gemm_*", "gemm_n128_k2048"));
  EXPECT_TRUE(matches_glob("*_k*8", "gemm_n128_k2048"));
  EXPECT_TRUE(matches_glob("a?c", "abc"));
  EXPECT_TRUE(matches_glob("**b**", "aba"));
  EXPECT_TRUE(matches_glob("a.c[", "a.c["));
  EXPECT_FALSE(matches_glob("a?c", "ac"));
  EXPECT_FALSE(matches_glob("", "a"));
  EXPECT_FALSE(matches_glob("gemm", "gemm_n128"));
  EXPECT_FALSE(matches_glob("*b", "abc"));
}

TEST(MatchesGlob, ManyStarsTakeNoExponentialTime) {
  const std::string pattern = [] {
    std::string text;
    for (int i = 0; i < 50; ++i) text += "a*";
    return text + "b";
  }();
  EXPECT_FALSE(matches_glob(pattern, std::string(5000, 'a')));
}

TEST(Nearest, FindsTheTypo) {
  const std::vector<std::string> names{"batch_size", "head_dim", "page_size"};
  EXPECT_EQ(nearest("batchsize", names), "batch_size");
  EXPECT_EQ(nearest("pagesize", names), "page_size");
  EXPECT_EQ(nearest("head_dim", names), "head_dim");
}

TEST(Nearest, GivesNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("workspace", {"batch_size", "head_dim"}), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

}  // namespace
}  // namespace fitest
