// SPDX-License-Identifier: Apache-2.0
#include "schema/python_outline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string problem_of(std::string_view source) {
  const PythonOutline outline = outline_python(source);
  if (!outline.problem) return "";
  return std::to_string(outline.problem->begin) + ": " + outline.problem->message;
}

TEST(PythonOutline, FindsFunctionsOfTheTopLevelOnly) {
  const PythonOutline outline = outline_python(
      "import torch\n\ndef first(a):\n    def inner(b):\n        pass\n\nclass A:\n    def "
      "run(x):\n"
      "        pass\n\ndef run(x, y):\n    pass\n");
  ASSERT_EQ(outline.functions.size(), 2u);
  EXPECT_EQ(outline.functions[0].name, "first");
  EXPECT_THAT(outline.find("run")->parameters, ElementsAre("x", "y"));
  EXPECT_EQ(outline.find("inner"), nullptr);
}

TEST(PythonOutline, ParametersLoseTheirTypesDefaultsAndComments) {
  const PythonOutline outline = outline_python(
      "def run(\n    q: Dict[str, int],  # a, (b)\n    k=(1, 2),\n    *args,\n    v: float = 1.0,\n"
      "    **options,\n) -> Tuple[int, int]:\n    pass\n");
  EXPECT_THAT(outline.find("run")->parameters, ElementsAre("q", "k", "*args", "v", "**options"));
  EXPECT_THAT(outline_python("def run():\n  pass\n").find("run")->parameters, IsEmpty());
}

TEST(PythonOutline, TextInStringsAndCommentsIsNoCode) {
  EXPECT_EQ(problem_of("a = '('\nb = \"\\\")\"\nc = '''\ndef run(x):\n ( '''\n# ) ] }\n"), "");
  EXPECT_EQ(outline_python("s = '''\ndef run(x):\n'''\n").find("run"), nullptr);
  EXPECT_EQ(outline_python("f(\ndef run(x)\n)\n").find("run"), nullptr);
}

TEST(PythonOutline, BracketsMustMatch) {
  EXPECT_EQ(problem_of("f(1\n"), "1: '(' is never closed");
  EXPECT_EQ(problem_of("f(1]\n"), "3: ']' does not close '('");
  EXPECT_EQ(problem_of("f 1)\n"), "3: ')' closes no bracket");
}

TEST(PythonOutline, StringsMustClose) {
  EXPECT_EQ(problem_of("a = 'x\nb = 1\n"), "4: the string is never closed");
  EXPECT_EQ(problem_of("a = \"\"\"x\n\n"), "4: the string is never closed");
  EXPECT_EQ(problem_of("a = 'x\\\n y'\n"), "");
}

TEST(PythonOutline, CharactersThatPythonLacksAreProblems) {
  EXPECT_EQ(problem_of("a = $b\n"), "4: '$' is no Python");
  EXPECT_EQ(problem_of("a = !b\n"), "4: '!' is no Python");
  EXPECT_EQ(problem_of("a != b\n"), "");
}

TEST(PythonOutline, TruncatedTextIsNoCrash) {
  for (const char* text :
       {"def ", "def run", "def run(", "def run(x", "def run(#", "\\", "'\\", "\"\"\""}) {
    outline_python(text);
  }
}

}  // namespace
}  // namespace fitest
