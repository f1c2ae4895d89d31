// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/document.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
  Value value;
  std::string problems;
};

Result read(std::string text) {
  Diagnostics diagnostics;
  Value value = read_json(make_source("a.json", std::move(text)), diagnostics);
  return {std::move(value), diagnostics.render_all()};
}

Value read_well(std::string text) {
  Result result = read(std::move(text));
  EXPECT_EQ(result.problems, "");
  return std::move(result.value);
}

std::string text_of(const Value& value) {
  const SourceRange range = value.range();
  return std::string(value.source()->text().substr(range.begin, range.end - range.begin));
}

std::string key_of(const Value& value) {
  const SourceRange range = value.key_range();
  return std::string(value.source()->text().substr(range.begin, range.end - range.begin));
}

TEST(JsonReader, ReadsEveryType) {
  const Value value = read_well(R"([null, true, false, 0, -7, 1.5, 1e3, "x", [], {}])");
  const Value::Array expected{Value(), true,           false,          0, -7, 1.5, 1000.0,
                              "x",     Value::Array{}, Value::Object{}};
  EXPECT_EQ(value, Value(expected));
}

TEST(JsonReader, KeepsMembersInDocumentOrder) {
  const Value value = read_well(R"({"z": 1, "a": 2, "m": 3})");
  std::vector<std::string> keys;
  for (const auto& [key, member] : value.object()) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("z", "a", "m"));
}

TEST(JsonReader, TellsIntegersFromNumbers) {
  EXPECT_TRUE(read_well("1").is_integer());
  EXPECT_EQ(read_well("1.0").type(), Value::Type::Number);
  EXPECT_EQ(read_well("1e2").type(), Value::Type::Number);
  EXPECT_EQ(read_well("9223372036854775807").integer(), INT64_MAX);
  EXPECT_EQ(read_well("-9223372036854775808").integer(), INT64_MIN);
}

TEST(JsonReader, DecodesEscapes) {
  EXPECT_EQ(read_well(R"("\"\\\/\b\f\n\r\té€😀")").string(),
            "\"\\/\b\f\n\r\t\u00e9\u20ac\U0001F600");
}

TEST(JsonReader, EveryNodeKnowsItsText) {
  const Value value = read_well("{\n  \"a\" : [1, -2.5e3 ,\"x\\\"]\"],\n\t\"b\":{ \"c\" :null}}");
  const Value& list = *value.find("a");
  EXPECT_EQ(text_of(list), "[1, -2.5e3 ,\"x\\\"]\"]");
  EXPECT_EQ(text_of(list.array()[0]), "1");
  EXPECT_EQ(text_of(list.array()[1]), "-2.5e3");
  EXPECT_EQ(text_of(list.array()[2]), "\"x\\\"]\"");
  EXPECT_EQ(key_of(list), "\"a\"");
  const Value& inner = *value.find("b");
  EXPECT_EQ(text_of(inner), "{ \"c\" :null}");
  EXPECT_EQ(text_of(*inner.find("c")), "null");
  EXPECT_EQ(key_of(*inner.find("c")), "\"c\"");
}

TEST(JsonReader, StringsThatEndInBackslashesKeepTheFollowingPositions) {
  const Value value = read_well(R"(["a\\", "b\\\"", 7])");
  EXPECT_EQ(text_of(value.array()[0]), R"("a\\")");
  EXPECT_EQ(text_of(value.array()[1]), R"("b\\\"")");
  EXPECT_EQ(text_of(value.array()[2]), "7");
}

TEST(JsonReader, SkipsAByteOrderMarkAndCountsIt) {
  const Value value = read_well("\xEF\xBB\xBF[1]");
  EXPECT_EQ(value.range().begin, 3u);
  EXPECT_EQ(text_of(value.array()[0]), "1");
}

TEST(JsonReader, DuplicateKeyIsAnErrorAtTheSecond) {
  EXPECT_EQ(read("{\"a\": 1,\n \"b\": 2,\n \"a\": 3}").problems,
            "a.json:3:2: error: the key \"a\" occurs twice; the first is on line 1\n"
            "   \"a\": 3}\n"
            "   ^~~\n");
}

TEST(JsonReader, IntegerBeyond64BitsIsAnError) {
  for (const char* text : {"9223372036854775808", "18446744073709551615",
                           "123456789012345678901234567890", "-9223372036854775809"}) {
    EXPECT_THAT(read(text).problems,
                StartsWith("a.json:1:1: error: the integer does not fit into 64 bits\n"))
        << text;
  }
}

TEST(JsonReader, NumberBeyondDoubleIsAnError) {
  EXPECT_THAT(read("[1e999]").problems, StartsWith("a.json:1:2: error: not valid JSON: number"));
}

TEST(JsonReader, NanAndInfinityAreErrors) {
  for (const char* text : {"[NaN]", "[Infinity]", "[-Infinity]", "[nan]"}) {
    EXPECT_THAT(read(text).problems, HasSubstr("a.json:1:")) << text;
    EXPECT_TRUE(read(text).value.is_null()) << text;
  }
}

TEST(JsonReader, CommentsAreErrors) {
  EXPECT_THAT(read("[1] // no").problems, StartsWith("a.json:1:5: error: not valid JSON"));
}

TEST(JsonReader, MissingCommaPointsAtTheUnexpectedToken) {
  EXPECT_THAT(read("{\"a\": 1\n \"bc\": 2}").problems,
              StartsWith("a.json:2:2: error: not valid JSON: unexpected string literal; expected "
                         "',' or '}'\n"
                         "   \"bc\": 2}\n"
                         "   ^~~~\n"));
}

TEST(JsonReader, DoubledCommaPointsAtTheSecond) {
  EXPECT_THAT(read("[1,,2]").problems, StartsWith("a.json:1:4: error: not valid JSON"));
}

TEST(JsonReader, UnclosedStringPointsAtTheEndOfItsLine) {
  EXPECT_THAT(read("{\"a\": \"b\n}").problems, StartsWith("a.json:1:9: error: not valid JSON"));
}

TEST(JsonReader, TextAfterTheDocumentIsAnError) {
  EXPECT_THAT(read("{} {}").problems, StartsWith("a.json:1:4: error: not valid JSON"));
}

TEST(JsonReader, EmptyTextIsAnError) {
  EXPECT_THAT(read("").problems, StartsWith("a.json:1:1: error: not valid JSON"));
  EXPECT_THAT(read(" \n").problems, HasSubstr("unexpected end of input"));
}

TEST(JsonReader, TextThatIsNotUtf8IsAnErrorAtItsByte) {
  EXPECT_THAT(
      read("[\"a\xC3(\"]").problems,
      StartsWith("a.json:1:4: error: the byte 0xC3 is not UTF-8; save the file as UTF-8\n"));
}

TEST(JsonReader, NestingIsLimited) {
  const std::string open(kMaxDocumentDepth, '[');
  const std::string close(kMaxDocumentDepth, ']');
  EXPECT_EQ(read(open + close).problems, "");
  EXPECT_THAT(read("[" + open + close + "]").problems,
              StartsWith("a.json:1:201: error: nested deeper than 200 levels"));
}

TEST(JsonReader, DeepNestingWithoutEndDoesNotExhaustTheStack) {
  EXPECT_NE(read(std::string(1'000'000, '[')).problems, "");
}

// A damaged file must be told by name, line and column wherever the damage is.
TEST(JsonReader, EverySingleStructuralDamageIsLocated) {
  const std::string text = "{\n  \"a\": [1, true],\n  \"b\": {\"c\": null}\n}\n";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("{}[]:,\"").find(text[i]) == std::string_view::npos) continue;
    std::string damaged = text;
    damaged[i] = '#';
    EXPECT_THAT(read(damaged).problems, StartsWith("a.json:")) << damaged;
  }
}

TEST(JsonLines, ReadsARowALineAndSkipsBlankOnes) {
  Diagnostics diagnostics;
  const auto rows =
      read_json_lines(make_source("a.jsonl", "{\"a\": 1}\n\n  \r\n[2]\r\n3"), diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], Value(Value::Object{{"a", 1}}));
  EXPECT_EQ(rows[2], Value(3));
  EXPECT_EQ(rows[1].source()->position(rows[1].range().begin).line, 4u);
}

TEST(JsonLines, ABrokenLineIsReportedAndTheOthersAreRead) {
  Diagnostics diagnostics;
  const auto rows =
      read_json_lines(make_source("a.jsonl", "1\n[2\n3\n{\"a\" 1}\n5\n"), diagnostics);
  EXPECT_THAT(rows, ElementsAre(Value(1), Value(3), Value(5)));
  ASSERT_EQ(diagnostics.list().size(), 2u);
  EXPECT_THAT(render(diagnostics.list()[0]), StartsWith("a.jsonl:2:"));
  EXPECT_THAT(render(diagnostics.list()[1]), StartsWith("a.jsonl:4:6: "));
}

}  // namespace
}  // namespace fitest
