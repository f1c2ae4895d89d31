// SPDX-License-Identifier: Apache-2.0
#include "schema/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> input_names(const Workload& workload) {
  std::vector<std::string> names;
  for (const InputSpec& input : workload.inputs) names.push_back(input.name);
  return names;
}

TEST(Workload, ReadsTheOfficialRow) {
  Diagnostics diagnostics;
  const Value row = read_json(
      make_source("rows.jsonl",
                  R"({"definition": "attention_h8", "solution": null, "workload": {"uuid": "u-1",)"
                  R"( "axes": {"batch_size": 2}, "inputs": {"q": {"type": "random"}, "scale":)"
                  R"( {"type": "scalar", "value": 0.5}, "indptr": {"type": "safetensors",)"
                  R"( "path": "./blob/a.safetensors", "tensor_key": "p"}}}, "evaluation": null})"),
      diagnostics);
  const auto workload = read_workload(row, diagnostics);
  ASSERT_TRUE(workload) << diagnostics.render_all();
  EXPECT_EQ(diagnostics.render_all(), "");
  EXPECT_EQ(workload->definition, "attention_h8");
  EXPECT_EQ(workload->uuid, "u-1");
  EXPECT_THAT(workload->axes, ElementsAre(std::pair("batch_size", 2)));
  EXPECT_EQ(workload->find_input("q")->kind, InputKind::Random);
  EXPECT_EQ(workload->find_input("scale")->kind, InputKind::Scalar);
  EXPECT_EQ(workload->find_input("scale")->scalar, 0.5);
  EXPECT_EQ(workload->find_input("indptr")->path, "./blob/a.safetensors");
  EXPECT_EQ(workload->find_input("indptr")->tensor_key, "p");
  EXPECT_EQ(workload->find_input("none"), nullptr);
  EXPECT_EQ(workload->document, row);
}

TEST(Workload, ReadsTheAuthoringForm) {
  const Workload row = workload(
      "{definition: attention_h8, uuid: u-1, axes: {batch_size: 2}, tags: [quick],"
      " description: Two requests.}");
  EXPECT_EQ(row.uuid, "u-1");
  EXPECT_THAT(row.tags, ElementsAre("quick"));
  EXPECT_TRUE(row.inputs.empty());
}

TEST(Workload, OtherTypesOfInputsAreGeneratorsWithTheirParameters) {
  const Workload row = workload(
      "{definition: d, uuid: u, axes: {}, inputs: {p: {type: indptr, total: num_kv_indices, low: "
      "1}}}");
  const InputSpec& input = *row.find_input("p");
  EXPECT_EQ(input.kind, InputKind::Generated);
  EXPECT_EQ(input.generator, "indptr");
  EXPECT_EQ(Value(input.parameters), yaml("{total: num_kv_indices, low: 1}"));
}

TEST(Workload, ScalarsAreNumbersOrBooleans) {
  const Workload row = workload(
      "{definition: d, uuid: u, axes: {}, inputs: {a: {type: scalar, value: 3}, b: {type: scalar, "
      "value: true}, c: {type: scalar, value: .inf}}}");
  EXPECT_EQ(row.find_input("a")->scalar, 3.0);
  EXPECT_EQ(row.find_input("b")->scalar, 1.0);
  EXPECT_GT(row.find_input("c")->scalar, 1e308);
}

TEST(CheckWorkload, GivenConstantAxesMustAgree) {
  const std::string row =
      "{definition: attention_h8, uuid: u, axes: {batch_size: 2, len_indptr: 3, num_indices: 4, "
      "heads: ";
  Diagnostics good;
  check_workload(workload(row + "8}}"), attention(), good);
  EXPECT_EQ(good.render_all(), "");
  Diagnostics bad;
  check_workload(workload(row + "4}}"), attention(), bad);
  ASSERT_EQ(bad.error_count(), 1u);
  EXPECT_EQ(bad.list()[0].message, "the axis \"heads\" of attention_h8 is constant: 8");
}

TEST(CompleteInputs, MissingOnesAreRandomInTheDefinitionsOrder) {
  Workload row = workload(
      "{definition: attention_h8, uuid: u, axes: {}, inputs: {scale: {type: scalar, value: 2}, "
      "indptr: {type: indptr, total: 4}}}");
  complete_inputs(row, attention());
  EXPECT_THAT(input_names(row), ElementsAre("q", "indptr", "scale"));
  EXPECT_EQ(row.find_input("q")->kind, InputKind::Random);
  EXPECT_EQ(row.find_input("indptr")->kind, InputKind::Generated);
  EXPECT_EQ(row.find_input("scale")->scalar, 2.0);
}

TEST(CompleteInputs, OptionalOnesStayOutUnlessGiven) {
  Workload row =
      workload("{definition: attention_h8, uuid: u, axes: {}, inputs: {bias: {type: random}}}");
  complete_inputs(row, attention());
  EXPECT_THAT(input_names(row), ElementsAre("q", "indptr", "bias", "scale"));
}

}  // namespace
}  // namespace fitest
