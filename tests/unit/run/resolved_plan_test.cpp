// SPDX-License-Identifier: Apache-2.0
#include "run/resolved_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace fitest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

PlanExpression expression(const std::string& text) {
  return {text, make_source("solution.yaml", text), {0, text.size()}};
}

Definition scale_definition() {
  Definition definition;
  definition.name = "scale";
  definition.inputs = {{.name = "x", .shape = {{"n"}}, .dtype = DType::Float32},
                       {.name = "factor", .shape = std::nullopt, .dtype = DType::Float32}};
  definition.outputs = {{.name = "y", .shape = {{"n"}}, .dtype = DType::Float32}};
  return definition;
}

class ResolvePlan : public testing::Test {
 protected:
  ResolvePlan() {
    inputs_.push_back({"x", Tensor(DType::Float32, {1000}), false, 0});
    inputs_.push_back({"factor", scalar_tensor(DType::Float32, 2.5), true, 2.5});
    scope_.axes = {{"n", 1000}};
    scope_.inputs = &inputs_;
    scope_.output_shapes = {{"y", {1000}}};
    KernelSpec kernel;
    kernel.name = expression("scale");
    kernel.grid = {expression("ceil_div(n, 256)")};
    kernel.block = {expression("256")};
    solution_.launch.emplace();
    solution_.launch->kernels = {kernel};
  }
  KernelSpec& kernel() { return solution_.launch->kernels.front(); }
  ResolvedPlan resolve() { return resolve_plan(solution_, definition_, scope_); }
  std::string error() {
    try {
      resolve();
    } catch (const Error& failure) {
      return failure.what();
    }
    return "no error";
  }

  std::vector<NamedTensor> inputs_;
  CaseScope scope_;
  Definition definition_ = scale_definition();
  Solution solution_;
};

TEST_F(ResolvePlan, EvaluatesGridAndBlockFromAxes) {
  const ResolvedPlan plan = resolve();
  EXPECT_EQ(plan.kernels.at(0).grid, (Dim3{4, 1, 1}));
  EXPECT_EQ(plan.kernels.at(0).block, (Dim3{256, 1, 1}));
}

TEST_F(ResolvePlan, CooperativeIsKept) {
  EXPECT_FALSE(resolve().kernels.at(0).cooperative);
  kernel().cooperative = true;
  EXPECT_TRUE(resolve().kernels.at(0).cooperative);
}

TEST_F(ResolvePlan, PassesInputsThenOutputsByDefault) {
  const ResolvedPlan plan = resolve();
  std::vector<std::string> names;
  for (const PlannedArgument& argument : plan.kernels.at(0).arguments) {
    names.push_back(argument.name);
  }
  EXPECT_THAT(names, ElementsAre("x", "factor", "y"));
}

TEST_F(ResolvePlan, PassesAScalarInputByValueInItsDtype) {
  const PlannedArgument argument = resolve().kernels.at(0).arguments.at(1);
  ASSERT_EQ(argument.bytes.size(), sizeof(float));
  float value = 0;
  std::memcpy(&value, argument.bytes.data(), sizeof value);
  EXPECT_EQ(value, 2.5f);
}

TEST_F(ResolvePlan, LetNamesAreVisibleToWhatFollows) {
  solution_.launch->let = {{"blocks", expression("n // 100")}, {"twice", expression("blocks * 2")}};
  kernel().grid = {expression("twice")};
  EXPECT_EQ(resolve().kernels.at(0).grid.x, 20u);
}

TEST_F(ResolvePlan, DefinesBecomeNameAndValue) {
  solution_.launch->defines = {{"N", expression("n")}};
  EXPECT_THAT(resolve().defines, ElementsAre("N=1000"));
}

TEST_F(ResolvePlan, ReplacesBracesInAKernelsNameByTheirValue) {
  kernel().name = expression("scale<{n // 10}, 7>");
  EXPECT_EQ(resolve().kernels.at(0).name_expression, "scale<100, 7>");
}

TEST_F(ResolvePlan, SizesAWorkspaceByShapeAndDtype) {
  solution_.launch->workspace = {
      {"partial", {expression("n"), expression("3")}, DType::Float16, "zero"}};
  const PlannedWorkspace workspace = resolve().workspaces.at(0);
  EXPECT_EQ(workspace.size_bytes, 6000u);
  EXPECT_TRUE(workspace.zero_filled);
}

TEST_F(ResolvePlan, CastsAnExpressionArgumentToItsDtype) {
  kernel().arguments = {{"", DType::Int32, expression("n + 1")}};
  const PlannedArgument argument = resolve().kernels.at(0).arguments.at(0);
  ASSERT_EQ(argument.bytes.size(), 4u);
  std::int32_t value = 0;
  std::memcpy(&value, argument.bytes.data(), sizeof value);
  EXPECT_EQ(value, 1001);
}

TEST_F(ResolvePlan, RefusesAValueThatDoesNotFitItsDtype) {
  kernel().arguments = {{"", DType::Int8, expression("n")}};
  EXPECT_THAT(error(), HasSubstr("1000 does not fit int8"));
}

TEST_F(ResolvePlan, RefusesAGridOfZero) {
  kernel().grid = {expression("n - 1000")};
  EXPECT_THAT(error(),
              HasSubstr("solution.yaml:1:1: error: grid extent x is 0, expected 1 or more"));
}

TEST_F(ResolvePlan, NamesAnArgumentThatDoesNotExist) {
  kernel().arguments = {{"z", std::nullopt, expression("z")}};
  EXPECT_THAT(error(), HasSubstr("argument 'z' is no input, output or workspace"));
}

ArgumentSpec map_of(const std::string& tensor, std::vector<PlanExpression> box) {
  ArgumentSpec argument;
  argument.tensor_map.emplace();
  argument.tensor_map->tensor = expression(tensor);
  argument.tensor_map->box = std::move(box);
  return argument;
}

TEST_F(ResolvePlan, TensorMapTakesShapeAndDtypeOfItsTensor) {
  kernel().arguments = {map_of("y", {expression("n // 4 - 150")})};
  const ResolvedPlan plan = resolve();
  EXPECT_TRUE(plan.has_tensor_map());
  const auto& map = plan.kernels.at(0).arguments.at(0).tensor_map;
  ASSERT_TRUE(map);
  EXPECT_EQ(map->dtype, DType::Float32);
  EXPECT_THAT(map->shape, ElementsAre(1000));
  EXPECT_THAT(map->box, ElementsAre(100));
  EXPECT_THAT(map->step, ElementsAre(1));
}

TEST_F(ResolvePlan, TensorMapMayViewItsTensorInAnotherShape) {
  ArgumentSpec argument = map_of("x", {expression("2"), expression("8")});
  argument.tensor_map->shape = {expression("10"), expression("n // 20")};
  argument.tensor_map->stride = {expression("100")};
  kernel().arguments = {argument};
  const ResolvedPlan plan = resolve();
  const auto& map = plan.kernels.at(0).arguments.at(0).tensor_map;
  ASSERT_TRUE(map);
  EXPECT_THAT(map->shape, ElementsAre(10, 50));
  EXPECT_THAT(map->stride_bytes, ElementsAre(400));
}

TEST_F(ResolvePlan, TensorMapThatReachesPastItsTensorIsRefused) {
  ArgumentSpec argument = map_of("x", {expression("2"), expression("8")});
  argument.tensor_map->shape = {expression("11"), expression("100")};
  kernel().arguments = {argument};
  EXPECT_THAT(error(), HasSubstr("tensor map of 'x': the map reaches 4400 bytes far, the tensor "
                                 "has 4000"));
}

TEST_F(ResolvePlan, TensorMapThatBreaksARuleOfTheDriverIsRefusedAtItsPlace) {
  kernel().arguments = {map_of("x", {expression("257")})};
  EXPECT_THAT(error(), HasSubstr("box extent 0 is 257, expected 1 to 256"));
  kernel().arguments = {map_of("z", {expression("64")})};
  EXPECT_THAT(error(), HasSubstr("there is no input, output or workspace of this name"));
}

}  // namespace
}  // namespace fitest
