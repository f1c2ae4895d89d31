// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include "document/document.h"

namespace fitest {
namespace {

std::string compact(const Value& value) {
  return write_json(value, JsonStyle::Compact);
}

TEST(JsonWriter, CompactHasNoWhiteSpace) {
  const Value value =
      Value::Object{{"b", Value::Array{1, true, Value()}}, {"a", Value::Object{{"c", "x"}}}};
  EXPECT_EQ(compact(value), R"({"b":[1,true,null],"a":{"c":"x"}})");
}

TEST(JsonWriter, IndentedPutsEveryMemberOnItsLine) {
  const Value value = Value::Object{{"b", Value::Array{1, 2}}, {"a", Value::Object{}}};
  EXPECT_EQ(write_json(value), "{\n  \"b\": [\n    1,\n    2\n  ],\n  \"a\": {}\n}");
}

TEST(JsonWriter, DoublesAreTheShortestThatReadBackEqual) {
  EXPECT_EQ(compact(0.1), "0.1");
  EXPECT_EQ(compact(0.0883883461356163), "0.0883883461356163");
  EXPECT_EQ(compact(std::numeric_limits<double>::denorm_min()), "5e-324");
}

TEST(JsonWriter, WholeDoublesStayNumbersOfTheirType) {
  EXPECT_EQ(compact(1.0), "1.0");
  EXPECT_EQ(compact(-0.0), "-0.0");
  for (const double number : {1.0, 1e16, 1e300, -0.0}) {
    Diagnostics diagnostics;
    const Value back = read_json(make_source("x", compact(number)), diagnostics);
    EXPECT_EQ(back.type(), Value::Type::Number) << compact(number);
    EXPECT_EQ(back.number(), number);
  }
}

TEST(JsonWriter, NonFiniteNumbersAreTheOfficialStrings) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(compact(infinity), "\"Infinity\"");
  EXPECT_EQ(compact(-infinity), "\"-Infinity\"");
  EXPECT_EQ(compact(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
}

TEST(JsonWriter, EscapesWhatJsonMustAndLeavesTheRest) {
  EXPECT_EQ(compact("\"\\/\b\f\n\r\t\x01\x7F\u00e9"),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7F\u00e9\"");
}

TEST(JsonWriter, ExtremeIntegersReadBackEqual) {
  for (const std::int64_t integer : {INT64_MIN, std::int64_t{0}, INT64_MAX}) {
    Diagnostics diagnostics;
    EXPECT_EQ(read_json(make_source("x", compact(integer)), diagnostics), Value(integer));
  }
}

}  // namespace
}  // namespace fitest
