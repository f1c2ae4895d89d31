// SPDX-License-Identifier: Apache-2.0
#include "schema/expression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace fitest {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// n = 10, m = 3, scale = 0.5; x is [2, 5, 8]; indptr is [0, 4, 9].
ExpressionScope scope() {
  ExpressionScope scope;
  scope.variable = [](const std::string& name) -> std::optional<ExpressionValue> {
    static const std::map<std::string, ExpressionValue> values = {
        {"n", std::int64_t{10}},
        {"m", std::int64_t{3}},
        {"scale", 0.5},
        {"device.sm_count", std::int64_t{132}},
        {"device.shared_memory", std::int64_t{232448}}};
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
  scope.shape = [](const std::string& name) -> std::optional<std::vector<std::int64_t>> {
    if (name == "x") return std::vector<std::int64_t>{2, 5, 8};
    if (name == "indptr") return std::vector<std::int64_t>{3};
    return std::nullopt;
  };
  scope.element = [](const std::string& name, std::int64_t index) -> std::optional<std::int64_t> {
    if (name != "indptr") return std::nullopt;
    return std::vector<std::int64_t>{0, 4, 9}[static_cast<std::size_t>(index)];
  };
  scope.names = {"n", "m", "scale", "x", "indptr"};
  return scope;
}

std::string problem_of(const std::string& text) {
  try {
    Expression::parse(text).evaluate(scope());
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    return error.what();
  }
  return "";
}

struct Row {
  std::string text;
  ExpressionValue value;
};

Row integer(std::string text, std::int64_t value) {
  return {std::move(text), value};
}
Row boolean(std::string text, bool value) {
  return {std::move(text), value};
}
Row number(std::string text, double value) {
  return {std::move(text), value};
}

class ExpressionValues : public ::testing::TestWithParam<Row> {};

// Expected values are Python's.
TEST_P(ExpressionValues, AreThoseOfPython) {
  const ExpressionValue value = Expression::parse(GetParam().text).evaluate(scope());
  EXPECT_EQ(value.index(), GetParam().value.index()) << GetParam().text;
  EXPECT_EQ(value, GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Precedence, ExpressionValues,
    ::testing::Values(integer("1 + 2 * 3", 7), integer("(1 + 2) * 3", 9),
                      integer("2 ** 3 ** 2", 512), integer("-2 ** 2", -4), integer("10 - 4 - 3", 3),
                      integer("100 // 7 // 2", 7), integer("2 * 7 % 4", 2),
                      integer("1 << 2 + 1", 8), integer("6 & 3 | 8", 10), integer("5 ^ 1 & 3", 4),
                      integer("~5 + 1", -5), integer("- - 3", 3), boolean("not 1 == 2", true),
                      boolean("1 + 1 == 2 and 3 > 2", true),
                      boolean("False and False or True", true), integer("1 if 0 else 2", 2),
                      integer("1 if True else 2 if True else 3", 1),
                      integer("(1 if False else 2) + 5", 7), boolean("not not 3", true)));

INSTANTIATE_TEST_SUITE_P(
    Division, ExpressionValues,
    ::testing::Values(integer("7 // 2", 3), integer("-7 // 2", -4), integer("7 // -2", -4),
                      integer("-7 // -2", 3), integer("7 % 3", 1), integer("-7 % 3", 2),
                      integer("7 % -3", -2), integer("-7 % -3", -1), integer("-6 % 3", 0),
                      number("7 / 2", 3.5), number("-7.5 // 2", -4.0), number("-7.5 % 2", 0.5),
                      integer("ceil_div(7, 2)", 4), integer("ceil_div(-7, 2)", -3),
                      integer("ceil_div(8, 2)", 4), integer("round_up(13, 8)", 16),
                      integer("round_up(16, 8)", 16)));

INSTANTIATE_TEST_SUITE_P(Comparison, ExpressionValues,
                         ::testing::Values(boolean("1 < 2 < 3", true), boolean("1 < 3 < 2", false),
                                           boolean("3 > 2 == 2 != 1", true),
                                           boolean("1 == 1.0", true), boolean("True == 1", true),
                                           boolean("9007199254740993 == 9007199254740992.0", false),
                                           boolean("2 >= 2 <= 2", true)));

INSTANTIATE_TEST_SUITE_P(
    Functions, ExpressionValues,
    ::testing::Values(integer("min(3, 1, 2)", 1), integer("max(n, m, 7)", 10),
                      number("max(1, 2.5)", 2.5), integer("next_pow2(0)", 1),
                      integer("next_pow2(1)", 1), integer("next_pow2(17)", 32),
                      integer("next_pow2(4611686018427387904)", 4611686018427387904),
                      integer("abs(-4)", 4), number("abs(-0.5)", 0.5), integer("True + 1", 2)));

INSTANTIATE_TEST_SUITE_P(Names, ExpressionValues,
                         ::testing::Values(integer("n * m", 30), number("scale * 4", 2.0),
                                           integer("x.shape[1]", 5), integer("x.shape[-1]", 8),
                                           integer("len(x)", 2), integer("len(x.shape)", 3),
                                           integer("indptr[-1].item()", 9), integer("indptr[1]", 4),
                                           integer("indptr[m - 3].item()", 0),
                                           integer("device.sm_count * 2", 264),
                                           integer("device.shared_memory // 1024", 227),
                                           boolean("indptr[-1].item() == x.shape[0] + 7", true)));

INSTANTIATE_TEST_SUITE_P(Literals, ExpressionValues,
                         ::testing::Values(integer("9223372036854775807", INT64_MAX),
                                           integer("1_000", 1000), number("1e3", 1000.0),
                                           number(".5", 0.5), number("1.", 1.0),
                                           number("2.5e-1", 0.25), boolean("True", true),
                                           integer("  7  ", 7)));

INSTANTIATE_TEST_SUITE_P(ShortCircuit, ExpressionValues,
                         ::testing::Values(integer("0 and 1 // 0", 0), integer("3 or 1 // 0", 3),
                                           integer("1 if True else 1 // 0", 1),
                                           integer("0 or 5", 5), boolean("1 > 2 > 1 // 0", false)));

INSTANTIATE_TEST_SUITE_P(Powers, ExpressionValues,
                         ::testing::Values(integer("0 ** 0", 1),
                                           integer("(-1) ** 1000000000001", -1),
                                           integer("2 ** 62", std::int64_t{1} << 62),
                                           integer("(-2) ** 63", INT64_MIN),
                                           number("4.0 ** 0.5", 2.0)));

struct Bad {
  std::string text;
  std::string message;  // of the first line, without "error: "
};

class ExpressionProblems : public ::testing::TestWithParam<Bad> {};

TEST_P(ExpressionProblems, PointIntoTheText) {
  EXPECT_THAT(problem_of(GetParam().text), StartsWith("expression:" + GetParam().message + "\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, ExpressionProblems,
    ::testing::Values(
        Bad{"", "1:1: error: the expression is empty"},
        Bad{"   ", "1:1: error: the expression is empty"},
        Bad{"1 +", "1:4: error: the expression ends where a value is expected"},
        Bad{"1 2",
            "1:3: error: unexpected \"2\" in the expression; expected an operator or the end"},
        Bad{"(1", "1:3: error: the expression ends where \")\" is expected"},
        Bad{"1 $ 2",
            "1:3: error: unexpected \"$\" in the expression; expected an operator or the end"},
        Bad{"a b",
            "1:3: error: unexpected \"b\" in the expression; expected an operator or the end"},
        Bad{"n in x",
            "1:3: error: unexpected \"in\" in the expression; expected an operator or the end"},
        Bad{"and", "1:1: error: unexpected \"and\" in the expression; expected a value"},
        Bad{"1 if 2", "1:7: error: the expression ends where \"else\" is expected"},
        Bad{"n || m",
            "1:3: error: unexpected \"||\" in the expression; expected an operator or the end "
            "(write "
            "\"or\")"},
        Bad{"min(1)", "1:1: error: min takes at least 2 arguments, found 1"},
        Bad{"ceil_div(1)", "1:1: error: ceil_div takes 2 arguments, found 1"},
        Bad{"abs()", "1:1: error: abs takes 1 argument, found 0"},
        Bad{"sum(1)",
            "1:1: error: unknown function \"sum\"; there are len, min, max, ceil_div, round_up, "
            "next_pow2, abs"},
        Bad{"len(3)",
            "1:5: error: unexpected \"3\" in the expression; expected the name of an input "
            "or output"},
        Bad{"12abc", "1:1: error: \"12abc\" is not a number"},
        Bad{"1.2.3", "1:1: error: \"1.2.3\" is not a number"},
        Bad{"9223372036854775808",
            "1:1: error: the integer 9223372036854775808 does not fit into 64 "
            "bits"},
        Bad{"x[0].size",
            "1:6: error: unexpected \"size\" in the expression; expected \"item()\""}));

INSTANTIATE_TEST_SUITE_P(
    Evaluation, ExpressionProblems,
    ::testing::Values(
        Bad{"n + rows", "1:5: error: unknown name \"rows\""},
        Bad{"n + scalee", "1:5: error: unknown name \"scalee\"; did you mean \"scale\"?"},
        Bad{"1 + n // (m - 3)", "1:5: error: division by zero"},
        Bad{"n % 0", "1:1: error: division by zero"}, Bad{"n / 0", "1:1: error: division by zero"},
        Bad{"ceil_div(n, 0)", "1:1: error: division by zero"},
        Bad{"9223372036854775807 + 1", "1:1: error: the result does not fit into 64 bits"},
        Bad{"2 ** 63", "1:1: error: the result does not fit into 64 bits"},
        Bad{"10 ** 1000000000000", "1:1: error: the result does not fit into 64 bits"},
        Bad{"-(-9223372036854775807 - 1)", "1:1: error: the result does not fit into 64 bits"},
        Bad{"(-9223372036854775807 - 1) // -1", "1:2: error: the result does not fit into 64 bits"},
        Bad{"2 ** -1", "1:1: error: the exponent is negative"},
        Bad{"1 << 64", "1:1: error: the result does not fit into 64 bits"},
        Bad{"1 << -1", "1:1: error: the shift count is negative"},
        Bad{"next_pow2(-1)", "1:1: error: next_pow2 of a negative number"},
        Bad{"next_pow2(4611686018427387905)", "1:1: error: the result does not fit into 64 bits"},
        Bad{"scale & 1", "1:1: error: the operation needs integers"},
        Bad{"~scale", "1:1: error: 0.5 is no integer"},
        Bad{"x", "1:1: error: \"x\" is a tensor; use x.shape[i] or x[i]"},
        Bad{"x.shape[3]", "1:1: error: index 3 is out of range: x.shape has 3"},
        Bad{"x.shape[-4]", "1:1: error: index -4 is out of range: x.shape has 3"},
        Bad{"indptr[3].item()", "1:1: error: index 3 is out of range: indptr has 3"},
        Bad{"x[0]",
            "1:1: error: \"x\" has 3 dimensions; only the elements of tensors with one can be "
            "used"},
        Bad{"n.shape[0]", "1:1: error: \"n\" is no input or output with a shape"}));

TEST(Expression, MessagesPointIntoTheDocument) {
  const SourcePtr source = make_source("a.yaml", "name: x\ngrid: \"n + \"\n");
  try {
    Expression::parse("n + ", source, {14, 20});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("a.yaml:2:"));
    EXPECT_THAT(error.what(), HasSubstr("grid: \"n + \""));
  }
}

TEST(Expression, EvaluationMessagesPointIntoTheDocument) {
  const SourcePtr source = make_source("a.yaml", "grid: [n // zero]\n");
  const Expression expression = Expression::parse("n // zero", source, {7, 16});
  try {
    expression.evaluate(scope());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("a.yaml:1:13: error: unknown name \"zero\""));
  }
}

TEST(Expression, TextWithEscapesIsShownByItself) {
  const SourcePtr source = make_source("a.json", "\n{\"a\": \"n\\u0020+\"}\n");
  try {
    Expression::parse("n +", source, {7, 17});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("a.json:2: expression:1:4: error: the expression ends"));
  }
}

TEST(Expression, IntegerResultIsRequiredWhereItIsAskedFor) {
  EXPECT_EQ(Expression::parse("n").evaluate_integer(scope()), 10);
  try {
    Expression::parse("n / 4").evaluate_integer(scope());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected an integer, the value of \"n / 4\" is 2.5 (// "
                                        "divides integers)"));
  }
  EXPECT_THROW(Expression::parse("n > 1").evaluate_integer(scope()), Error);
}

TEST(Expression, AnyValueIsTrueOrFalse) {
  EXPECT_TRUE(Expression::parse("n").evaluate_boolean(scope()));
  EXPECT_FALSE(Expression::parse("n - 10").evaluate_boolean(scope()));
  EXPECT_FALSE(Expression::parse("0.0").evaluate_boolean(scope()));
}

TEST(Expression, NamesTellHowTheyAreUsed) {
  using Use = ExpressionName::Use;
  std::vector<std::pair<std::string, Use>> names;
  const auto expression = Expression::parse("n + x.shape[m] + len(y) + indptr[k].item() + n");
  for (const ExpressionName& name : expression.names()) names.emplace_back(name.name, name.use);
  EXPECT_THAT(names,
              ::testing::ElementsAre(std::pair("n", Use::Value), std::pair("x", Use::Shape),
                                     std::pair("m", Use::Value), std::pair("y", Use::Shape),
                                     std::pair("indptr", Use::Element), std::pair("k", Use::Value),
                                     std::pair("n", Use::Value)));
}

TEST(Expression, UnsetFunctionsKnowNoNames) {
  EXPECT_THROW(Expression::parse("n").evaluate({}), Error);
  EXPECT_THROW(Expression::parse("x.shape[0]").evaluate({}), Error);
  ExpressionScope shapes_only;
  shapes_only.shape = scope().shape;
  try {
    Expression::parse("indptr[0]").evaluate(shapes_only);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the elements of \"indptr\" are not known here"));
  }
}

TEST(Expression, NestingIsLimited) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '(') + "1" +
           std::string(static_cast<std::size_t>(depth), ')');
  };
  EXPECT_EQ(problem_of(nested(50)), "");
  EXPECT_THAT(problem_of(nested(1000)), HasSubstr("the expression nests deeper than"));
  EXPECT_THAT(problem_of(std::string(1000, '-') + "1"), HasSubstr("nests deeper than"));
  std::string sum = "1";
  for (int i = 0; i < 1000; ++i) sum += "+1";
  EXPECT_THAT(problem_of(sum), HasSubstr("nests deeper than"));
  EXPECT_THAT(problem_of(std::string(100'000, '(')), HasSubstr("longer than 4096 characters"));
}

}  // namespace
}  // namespace fitest
