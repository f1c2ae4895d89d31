// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::ElementsAre;

TEST(TextTest, SplitKeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(TextTest, JoinIsTheInverseOfSplit) {
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(TextTest, TrimTakesSpaceOffBothEnds) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(TextTest, ToLowerLeavesOtherBytesAlone) {
  EXPECT_EQ(to_lower("AbZ_9\xC3\x84"), "abz_9\xC3\x84");
}

TEST(TextTest, ANumberIsTheWholeText) {
  EXPECT_EQ(parse_integer("-42"), -42);
  EXPECT_EQ(parse_double("2.5e-1"), 0.25);
  for (const char* text : {"", " 1", "1 ", "1x", "0x10", "9223372036854775808"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  for (const char* text : {"", "1.5 ", "1,5", "x"}) EXPECT_FALSE(parse_double(text)) << text;
}

TEST(TextTest, GlobsMatchTheWholeText) {
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("gqa_*_h32*", "gqa_paged_decode_h32_kv8"));
  EXPECT_TRUE(matches_glob("a*b*c", "a_b_b_c"));
  EXPECT_TRUE(matches_glob("h?2", "h32"));
  EXPECT_FALSE(matches_glob("gemm", "gemm_n128"));
  EXPECT_FALSE(matches_glob("?", ""));
  EXPECT_FALSE(matches_glob("a*b", "a_b_c"));
}

TEST(TextTest, OtherCharactersOfAGlobMeanThemselves) {
  EXPECT_TRUE(matches_glob("a[b].c", "a[b].c"));
  EXPECT_FALSE(matches_glob("a[b]", "ab"));
}

TEST(TextTest, TheNearestWordIsATypoAway) {
  EXPECT_EQ(nearest("dtpye", {"shape", "dtype"}), "dtype");
  EXPECT_FALSE(nearest("colour", {"shape", "dtype"}));
}

}  // namespace
}  // namespace fitest
