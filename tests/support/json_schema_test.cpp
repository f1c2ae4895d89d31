// SPDX-License-Identifier: Apache-2.0
#include "support/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/document.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Value json(const std::string& text) {
  Diagnostics diagnostics;
  Value value = read_json(make_source("test", text), diagnostics);
  EXPECT_EQ(diagnostics.render_all(), "");
  return value;
}

std::vector<std::string> check(const std::string& schema, const std::string& document) {
  return check_json_schema(json(schema), json(document));
}

TEST(JsonSchema, TypeTakesOneOrSeveral) {
  EXPECT_THAT(check(R"({"type": "string"})", "\"x\""), IsEmpty());
  EXPECT_THAT(check(R"({"type": ["string", "null"]})", "null"), IsEmpty());
  EXPECT_THAT(check(R"({"type": "integer"})", "2.0"), IsEmpty());
  EXPECT_THAT(check(R"({"type": "integer"})", "2.5"),
              ElementsAre("/: must be of type \"integer\""));
}

TEST(JsonSchema, PropertiesAreNamedByTheirPath) {
  const char* schema = R"({"properties": {"a": {"items": {"type": "null"}}}})";
  EXPECT_THAT(check(schema, R"({"a": [null, 1]})"), ElementsAre("/a/1: must be of type \"null\""));
}

TEST(JsonSchema, RequiredAndAdditionalProperties) {
  const char* schema =
      R"({"required": ["a"], "additionalProperties": false, "properties": {"a": {}}})";
  EXPECT_THAT(check(schema, R"({"a": 1})"), IsEmpty());
  EXPECT_THAT(check(schema, R"({"b": 1})"), ElementsAre("/: has no \"a\"", "/b: is not allowed"));
}

TEST(JsonSchema, EnumAndConst) {
  EXPECT_THAT(check(R"({"enum": ["a", 1]})", "1"), IsEmpty());
  EXPECT_THAT(check(R"({"enum": ["a", 1]})", "2"), ElementsAre(R"(/: must be one of ["a",1])"));
  EXPECT_THAT(check(R"({"const": "a"})", "\"b\""), ElementsAre(R"(/: must be "a")"));
}

TEST(JsonSchema, Minima) {
  EXPECT_THAT(check(R"({"minimum": 0})", "-1"), ElementsAre("/: breaks minimum 0"));
  EXPECT_THAT(check(R"({"minLength": 1})", "\"\""), ElementsAre("/: breaks minLength 1"));
  EXPECT_THAT(check(R"({"minItems": 1})", "[]"), ElementsAre("/: breaks minItems 1"));
  EXPECT_THAT(check(R"({"minimum": 0, "minLength": 1, "minItems": 1})", "null"), IsEmpty());
}

TEST(JsonSchema, Combinations) {
  const std::string two = R"([{"type": "integer"}, {"minimum": 3}])";
  EXPECT_THAT(check(R"({"anyOf": )" + two + "}", "1"), IsEmpty());
  EXPECT_THAT(check(R"({"oneOf": )" + two + "}", "1"), IsEmpty());
  EXPECT_THAT(check(R"({"oneOf": )" + two + "}", "4"),
              ElementsAre(HasSubstr("/: matches 2 of the 2 of oneOf")));
  EXPECT_THAT(check(R"({"allOf": )" + two + "}", "4"), IsEmpty());
  EXPECT_THAT(check(R"({"allOf": )" + two + "}", "1"), ElementsAre(HasSubstr("breaks minimum 3")));
  EXPECT_THAT(check(R"({"not": {"type": "null"}})", "null"), ElementsAre(HasSubstr("of not")));
}

TEST(JsonSchema, ReferencesGoToDefinitions) {
  const char* schema = R"({"$ref": "#/definitions/n", "definitions": {"n": {"type": "null"}}})";
  EXPECT_THAT(check(schema, "null"), IsEmpty());
  EXPECT_THAT(check(schema, "1"), ElementsAre("/: must be of type \"null\""));
  EXPECT_THAT(check(R"({"$ref": "#/definitions/x"})", "1"), ElementsAre(HasSubstr("refers to")));
}

TEST(JsonSchema, UnsupportedKeywordsAreProblems) {
  EXPECT_THAT(check(R"({"patternProperties": {}})", "1"),
              ElementsAre(HasSubstr("keyword \"patternProperties\", which is not supported")));
}

}  // namespace
}  // namespace fitest
