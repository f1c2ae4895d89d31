// SPDX-License-Identifier: Apache-2.0
#include "pytorch/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace fitest::pytorch {
namespace {

using testing::HasSubstr;

std::vector<Tensor> run(const std::string& body, const std::vector<NamedTensor>& arguments = {},
                        std::string* output = nullptr) {
  return run_reference(make_source("t.json: reference", body), arguments, Limits{}, output);
}

double value_of(const std::string& expression) {
  const std::string text =
      "import torch\nimport math\nimport torch.nn.functional as F\n"
      "def run():\n    return " +
      expression + "\n";
  return element_as_double(run(text).at(0), 0);
}

std::string error_of(const std::string& text) {
  try {
    run(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Engine, RunsTheTopLevelRunWithItsArguments) {
  Tensor x(DType::Float32, {3});
  x.as<float>()[0] = 1;
  x.as<float>()[1] = 2;
  x.as<float>()[2] = 3;
  const auto outputs = run("def run(x):\n    return x * 2, x.sum()\n", {{"x", x}});
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].as<float>()[2], 6);
  EXPECT_EQ(outputs[1].shape(), Shape{});
  EXPECT_EQ(outputs[1].as<float>()[0], 6);
}

TEST(Engine, LeavesTheCallersTensorsAsTheyAre) {
  Tensor x(DType::Float32, {2});
  const auto outputs = run("def run(x):\n    x += 1\n    return x\n", {{"x", x}});
  EXPECT_EQ(outputs[0].as<float>()[0], 1);
  EXPECT_EQ(x.as<float>()[0], 0);
}

TEST(Engine, GivesScalarsAsTheWorkloadWroteThem) {
  const NamedTensor scale{"s", scalar_tensor(DType::Float32, 0.1), true, 0.1};
  const auto outputs =
      run("import torch\ndef run(s):\n"
          "    return torch.tensor(s, dtype=torch.float64)\n",
          {scale});
  EXPECT_EQ(outputs[0].as<double>()[0], 0.1);
}

TEST(Engine, PrintsToTheOutput) {
  std::string output;
  run("def run():\n    x = 3\n    print('x is', x, f'{x:03d} {1.5:.2f}')\n    return 0\n", {},
      &output);
  EXPECT_EQ(output, "x is 3 003 1.50\n");
}

TEST(Engine, NamesTheParametersOfRun) {
  EXPECT_EQ(parse_reference(make_source("r", "def run(a, b=1, *, c: int = 2) -> int:\n    pass\n")),
            (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Engine, WritesThroughViews) {
  EXPECT_EQ(value_of("[x := torch.zeros(2, 3), x[1].fill_(5), x[:, 2].mul_(2), x.sum()][-1]"), 20);
}

TEST(Engine, AccumulatesDuplicateIndices) {
  EXPECT_EQ(value_of("torch.zeros(3).index_put_((torch.tensor([1, 1]),), torch.tensor([2., 3.]), "
                     "accumulate=True)[1]"),
            5);
}

TEST(Engine, RoundsHalfTypesAfterEveryOperator) {
  EXPECT_EQ(value_of("torch.tensor(256.0, dtype=torch.bfloat16) + 1 + 1"), 256);
  EXPECT_EQ(value_of("torch.tensor(256.0, dtype=torch.bfloat16) + 2"), 258);
}

TEST(Engine, PromotesAsPyTorchDoes) {
  EXPECT_EQ(value_of("(torch.ones(2, dtype=torch.bfloat16) + torch.ones(2, dtype=torch.float16))"
                     ".dtype == torch.float32"),
            1);
  EXPECT_EQ(value_of("(torch.ones(2, dtype=torch.bfloat16) * torch.tensor(2.0)).dtype == "
                     "torch.bfloat16"),
            1);
  EXPECT_EQ(value_of("(torch.ones(2, dtype=torch.int32) / 2).dtype == torch.float32"), 1);
}

TEST(Engine, PointsAtTheFaultAndSaysWhoCalled) {
  EXPECT_EQ(
      error_of("import torch\n"
               "def helper(x):\n"
               "    return x @ torch.ones(4, 2)\n"
               "def run():\n"
               "    return helper(torch.ones(2, 3))\n"),
      "t.json: reference:3:12: error: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x2); "
      "the shapes are [2, 3] and [4, 2]\n"
      "      return x @ torch.ones(4, 2)\n"
      "             ^~~~~~~~~~~~~~~~~~~~\n"
      "  in helper, called from t.json: reference:5:12");
}

TEST(Engine, NamesTheNearestOperator) {
  EXPECT_THAT(error_of("import torch\ndef run():\n    return torch.sofmax(torch.ones(2), 0)\n"),
              HasSubstr("3:12: error: the builtin engine has no torch.sofmax; did you mean "
                        "torch.softmax?"));
}

}  // namespace
}  // namespace fitest::pytorch
