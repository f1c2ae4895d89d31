// SPDX-License-Identifier: Apache-2.0
#include "document/value.h"

#include <gtest/gtest.h>

#include "document/document.h"

namespace fitest {
namespace {

TEST(Value, FindGivesTheMemberOrNull) {
  const Value value = Value::Object{{"a", 1}, {"b", Value()}};
  ASSERT_NE(value.find("a"), nullptr);
  EXPECT_EQ(*value.find("a"), Value(1));
  EXPECT_TRUE(value.find("b")->is_null());
  EXPECT_EQ(value.find("c"), nullptr);
  EXPECT_EQ(Value(3).find("a"), nullptr);
}

TEST(Value, SetReplacesAMemberInItsPlaceAndAppendsNewOnes) {
  Value value = Value::Object{{"a", 1}, {"b", 2}};
  value.set("a", "x");
  value.set("c", 3);
  EXPECT_EQ(write_json(value, JsonStyle::Compact), R"({"a":"x","b":2,"c":3})");
}

TEST(Value, SetMakesAnObjectOfNull) {
  Value value;
  value.set("a", 1);
  EXPECT_EQ(value, Value(Value::Object{{"a", 1}}));
}

TEST(Value, EqualityIsOfContentAndNotOfPosition) {
  Value placed(1);
  placed.set_location(make_source("x", "  1"), {2, 3});
  EXPECT_EQ(placed, Value(1));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value("1"), Value(1));
}

// Text of the document under the range that belongs to `part` of its only string.
std::string raw_of(const Value& string, const std::string& part) {
  const std::size_t begin = string.string().find(part);
  const SourceRange range = range_within(string, begin, begin + part.size());
  return std::string(string.source()->text().substr(range.begin, range.end - range.begin));
}

Value json(const std::string& text) {
  Diagnostics diagnostics;
  return read_json(make_source("a.json", text), diagnostics);
}

Value yaml(const std::string& text) {
  Diagnostics diagnostics;
  return read_yaml(make_source("a.yaml", text), diagnostics);
}

TEST(RangeWithin, PlainJsonStringIsExact) {
  EXPECT_EQ(raw_of(json(R"(  "one two three")"), "two"), "two");
}

TEST(RangeWithin, EscapesBeforeThePartAreCounted) {
  EXPECT_EQ(raw_of(json(R"("\n\t\"two\" é 😀 three")"), "two"), "two");
  EXPECT_EQ(raw_of(json(R"("\n\t\"two\" é 😀 three")"), "three"), "three");
}

TEST(RangeWithin, EscapesInsideThePartAreIncluded) {
  EXPECT_EQ(raw_of(json(R"("a\nb c")"), "a\nb"), R"(a\nb)");
}

TEST(RangeWithin, YamlPlainAndQuotedScalarsAreExact) {
  EXPECT_EQ(raw_of(yaml("a: one two").object()[0].second, "two"), "two");
  EXPECT_EQ(raw_of(yaml("a: 'one two'").object()[0].second, "two"), "two");
  EXPECT_EQ(raw_of(yaml("a: \"\\tone two\"").object()[0].second, "two"), "two");
}

TEST(RangeWithin, YamlLiteralBlockSkipsItsIndentation) {
  const Value value = yaml("a: |\n\n  first\n    second\n  third\nb: 1\n").object()[0].second;
  EXPECT_EQ(raw_of(value, "second"), "second");
  EXPECT_EQ(raw_of(value, "third"), "third");
  const SourceRange range =
      range_within(value, value.string().find("third"), value.string().size());
  EXPECT_EQ(value.source()->position(range.begin).line, 5u);
  EXPECT_EQ(value.source()->position(range.begin).column, 3u);
}

TEST(RangeWithin, AnyRangeStaysInsideTheText) {
  const Value value = yaml("a: |\n  x\n").object()[0].second;
  const SourceRange range = range_within(value, 100, 200);
  EXPECT_LE(range.end, value.source()->text().size());
}

}  // namespace
}  // namespace fitest
