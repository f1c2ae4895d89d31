// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "document/document.h"

namespace fitest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Result {
  Value value;
  std::string problems;
};

Result read(std::string text) {
  Diagnostics diagnostics;
  Value value = read_yaml(make_source("a.yaml", std::move(text)), diagnostics);
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

// The only value of a one-line document.
Value scalar(const std::string& text) {
  return read_well("[" + text + "]").array().at(0);
}

TEST(YamlReader, ScalarsFollowTheCoreSchema) {
  EXPECT_EQ(scalar("null"), Value());
  EXPECT_EQ(scalar("~"), Value());
  EXPECT_EQ(scalar("true"), Value(true));
  EXPECT_EQ(scalar("FALSE"), Value(false));
  EXPECT_EQ(scalar("-12"), Value(-12));
  EXPECT_EQ(scalar("+3"), Value(3));
  EXPECT_EQ(scalar("0o17"), Value(15));
  EXPECT_EQ(scalar("0xFf"), Value(255));
  EXPECT_EQ(scalar("1.5"), Value(1.5));
  EXPECT_EQ(scalar("-.5e-2"), Value(-.005));
  EXPECT_EQ(scalar("1."), Value(1.0));
  EXPECT_EQ(scalar("1e5"), Value(1e5));
  EXPECT_EQ(scalar("-.inf"), Value(-INFINITY));
  EXPECT_TRUE(std::isnan(scalar(".nan").number()));
}

TEST(YamlReader, WhatOnlyLooksLikeAnotherTypeIsAString) {
  for (const char* text : {"yes", "no", "on", "tRUE", "1.2.3", "1e", "e5", ".", "-", "0xG", "inf",
                           "nan", "f6225e5d-eb1b", "1_000", "2026-11-22", "--1", "0b1"}) {
    EXPECT_EQ(scalar(text), Value(text)) << text;
  }
}

TEST(YamlReader, QuotedScalarsAreStrings) {
  EXPECT_EQ(scalar("\"12\""), Value("12"));
  EXPECT_EQ(scalar("'true'"), Value("true"));
  EXPECT_EQ(scalar("'it''s'"), Value("it's"));
  EXPECT_EQ(scalar("!!str 12"), Value("12"));
}

TEST(YamlReader, ReadsBlockAndFlowCollections) {
  const Value value = read_well("a:\n  - 1\n  - {b: x, c: [2, 3]}\nd: |\n  two\n  lines\n");
  const Value expected =
      Value::Object{{"a", Value::Array{1, Value::Object{{"b", "x"}, {"c", Value::Array{2, 3}}}}},
                    {"d", "two\nlines\n"}};
  EXPECT_EQ(value, expected);
}

TEST(YamlReader, EveryNodeKnowsItsPlace) {
  const Value value = read_well("name: abc\nlist: [1, 'two, x', 3.5]\nmap:\n  key: null\n");
  const Value& list = *value.find("list");
  EXPECT_EQ(text_of(*value.find("name")), "abc");
  EXPECT_EQ(text_of(list), "[1, 'two, x', 3.5]");
  EXPECT_EQ(text_of(list.array()[1]), "'two, x'");
  EXPECT_EQ(text_of(list.array()[2]), "3.5");
  const Value& inner = *value.find("map")->find("key");
  EXPECT_EQ(text_of(inner), "null");
  const LineColumn at = inner.source()->position(inner.key_range().begin);
  EXPECT_EQ(at.line, 4u);
  EXPECT_EQ(at.column, 3u);
}

TEST(YamlReader, PositionsCountAByteOrderMarkAndUtf8) {
  const Value value = read_well("\xEF\xBB\xBF\u00e9: \u20ac\nb: word\n");
  EXPECT_EQ(text_of(*value.find("b")), "word");
}

TEST(YamlReader, AliasesRepeatTheirAnchor) {
  const Value value = read_well("a: &x {k: 1}\nb: *x\nc: [&y 5, *y]\n");
  EXPECT_EQ(*value.find("b"), *value.find("a"));
  EXPECT_EQ(*value.find("c"), Value(Value::Array{5, 5}));
}

TEST(YamlReader, MergeKeysAddWhatIsMissing) {
  const Value value = read_well("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n");
  EXPECT_EQ(*value.find("use"), Value(Value::Object{{"y", 3}, {"x", 1}}));
}

TEST(YamlReader, MergeKeysTakeAListWhereTheFirstWins) {
  const Value value = read_well("a: &a {x: 1}\nb: &b {x: 2, y: 2}\nuse: {<<: [*a, *b]}\n");
  EXPECT_EQ(*value.find("use"), Value(Value::Object{{"x", 1}, {"y", 2}}));
}

TEST(YamlReader, MergeKeyOfAScalarIsAnError) {
  EXPECT_THAT(
      read("a: {<<: 3}").problems,
      StartsWith("a.yaml:1:9: error: the merge key << needs a mapping, found an integer\n"));
}

TEST(YamlReader, DuplicateKeyIsAnErrorAtTheSecond) {
  EXPECT_EQ(read("a: 1\nb: 2\na: 3\n").problems,
            "a.yaml:3:1: error: the key \"a\" occurs twice; the first is on line 1\n"
            "  a: 3\n"
            "  ^\n");
}

TEST(YamlReader, AliasBombIsRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  EXPECT_THAT(read(text).problems,
              HasSubstr("error: aliases expand the document by more than 100000 values"));
}

TEST(YamlReader, AliasInsideItsOwnAnchorIsAnError) {
  EXPECT_THAT(read("a: &a [*a]\n").problems,
              StartsWith("a.yaml:1:8: error: the alias stands inside its own anchor"));
}

TEST(YamlReader, UnknownAliasIsAnError) {
  EXPECT_THAT(read("a: *b\n").problems, StartsWith("a.yaml:1:"));
}

TEST(YamlReader, NestingIsLimited) {
  EXPECT_THAT(read(std::string(300, '[') + std::string(300, ']')).problems,
              StartsWith("a.yaml:1:201: error: nested deeper than 200 levels"));
}

TEST(YamlReader, EndlessNestingIsAnErrorAndNoCrash) {
  EXPECT_NE(read(std::string(100'000, '[')).problems, "");
  EXPECT_NE(read(std::string(100'000, '{')).problems, "");
}

TEST(YamlReader, IntegerBeyond64BitsIsAnError) {
  EXPECT_THAT(read("a: 9223372036854775808").problems,
              StartsWith("a.yaml:1:4: error: the number does not fit into 64 bits"));
  EXPECT_THAT(read("a: 1e999").problems,
              StartsWith("a.yaml:1:4: error: the number does not fit into 64 bits"));
}

TEST(YamlReader, UnknownTagsAreErrors) {
  EXPECT_THAT(read("a: !python/object x").problems,
              StartsWith("a.yaml:1:4: error: the tag !python/object is not supported"));
}

TEST(YamlReader, CollectionsAsKeysAreErrors) {
  EXPECT_THAT(read("? [a]\n: 1\n").problems, HasSubstr("error: a key must be a scalar"));
}

TEST(YamlReader, SecondDocumentIsAnError) {
  EXPECT_THAT(read("a: 1\n---\nb: 2\n").problems,
              StartsWith("a.yaml:2:1: error: a second YAML document begins"));
}

TEST(YamlReader, UnclosedStringIsAnErrorAtItsStart) {
  EXPECT_THAT(read("a: \"b\nc: d\n").problems,
              StartsWith("a.yaml:1:4: error: the string is never closed"));
  EXPECT_THAT(read("a: 'it''s\n").problems,
              StartsWith("a.yaml:1:4: error: the string is never closed"));
}

TEST(YamlReader, SyntaxErrorHasItsPlace) {
  EXPECT_THAT(read("a: 1\nb: [2\nc: 3\n").problems, StartsWith("a.yaml:3:"));
  EXPECT_THAT(read("a: 1\n\tb: 2\n").problems, StartsWith("a.yaml:2:"));
}

TEST(YamlReader, TextThatIsNotUtf8IsAnErrorAtItsByte) {
  EXPECT_THAT(read("a: caf\xE9\n").problems,
              StartsWith("a.yaml:1:7: error: the byte 0xE9 is not UTF-8"));
}

TEST(YamlReader, ControlCharactersAreErrorsAtTheirByte) {
  EXPECT_THAT(read(std::string("n\0\0\0: a", 7)).problems,
              StartsWith("a.yaml:1:2: error: the control character 0x00 is not allowed in YAML"));
  EXPECT_THAT(read("a: 1\nb: \x04\n").problems, StartsWith("a.yaml:2:4: error: the control"));
}

TEST(YamlReader, EmptyTextIsNull) {
  EXPECT_TRUE(read_well("").is_null());
  EXPECT_TRUE(read_well("# only a comment\n").is_null());
}

}  // namespace
}  // namespace fitest
