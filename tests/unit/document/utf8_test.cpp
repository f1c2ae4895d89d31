// SPDX-License-Identifier: Apache-2.0
#include "document/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace fitest {
namespace {

TEST(Utf8, WellFormedTextHasNoInvalidByte) {
  EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("plain ASCII, longer than eight bytes"), std::nullopt);
  EXPECT_EQ(find_invalid_utf8("\u0080\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF"),
            std::nullopt);
}

struct Malformed {
  const char* name;
  std::string text;
  std::size_t at;
};

class Utf8Malformed : public ::testing::TestWithParam<Malformed> {};

TEST_P(Utf8Malformed, IsFoundAtItsByte) {
  EXPECT_EQ(find_invalid_utf8(GetParam().text), GetParam().at);
}

INSTANTIATE_TEST_SUITE_P(Bytes, Utf8Malformed,
                         ::testing::Values(Malformed{"LoneContinuation", "abcdefgh\x80", 8},
                                           Malformed{"OverlongTwo", "\xC0\x80", 0},
                                           Malformed{"OverlongThree", "a\xE0\x9F\xBF", 1},
                                           Malformed{"OverlongFour", "\xF0\x8F\xBF\xBF", 0},
                                           Malformed{"Surrogate", "ab\xED\xA0\x80", 2},
                                           Malformed{"BeyondUnicode", "\xF4\x90\x80\x80", 0},
                                           Malformed{"Truncated", "abc\xE2\x82", 3},
                                           Malformed{"BadThirdByte", "\xE2\x82(", 0},
                                           Malformed{"Latin1", "caf\xE9 noir and more", 3}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace fitest
