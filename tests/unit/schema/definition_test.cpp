// SPDX-License-Identifier: Apache-2.0
#include "schema/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string problem_of(const AxisValues& variable) {
  try {
    bind_axes(attention(), variable);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Input);
    return error.what();
  }
  return "";
}

TEST(Definition, ReadsEveryMember) {
  const Definition definition = attention();
  EXPECT_EQ(definition.name, "attention_h8");
  EXPECT_EQ(definition.op_type, "attention");
  EXPECT_EQ(definition.description, "Made up for the tests.");
  EXPECT_THAT(definition.tags, ElementsAre("model:none", "fast"));
  ASSERT_EQ(definition.axes.size(), 4u);
  EXPECT_EQ(definition.find_axis("heads")->constant, 8);
  EXPECT_EQ(definition.find_axis("batch_size")->constant, std::nullopt);
  EXPECT_EQ(definition.find_axis("batch_size")->description, "Requests.");
  EXPECT_EQ(definition.find_axis("none"), nullptr);
  ASSERT_EQ(definition.constraints.size(), 2u);
  EXPECT_EQ(definition.constraints[1].text, "num_indices == indptr[-1].item()");
}

TEST(Definition, TensorsAreInDocumentOrder) {
  const Definition definition = attention();
  ASSERT_EQ(definition.inputs.size(), 4u);
  EXPECT_EQ(definition.inputs[0].name, "q");
  EXPECT_THAT(*definition.inputs[0].shape, ElementsAre("batch_size", "heads"));
  EXPECT_EQ(definition.inputs[1].dtype, DType::Int32);
  EXPECT_TRUE(definition.inputs[2].optional);
  EXPECT_EQ(definition.inputs[3].shape, std::nullopt);
  EXPECT_EQ(definition.outputs[1].name, "lse");
}

TEST(Definition, ReferenceIsASourceOfItsOwn) {
  const Definition definition = attention();
  EXPECT_EQ(definition.reference_source->name(), "test.yaml: reference");
  EXPECT_EQ(definition.reference_source->text(), definition.reference);
  EXPECT_THAT(definition.reference, HasSubstr("def run("));
}

TEST(Definition, EmptyShapeIsATensorWithoutDimensionsAndNoScalar) {
  Value document = yaml(kAttention);
  document.set("outputs", yaml("out: {shape: [], dtype: float32}"));
  Diagnostics diagnostics;
  const auto definition = read_definition(document, diagnostics);
  ASSERT_TRUE(definition) << diagnostics.render_all();
  EXPECT_THAT(*definition->outputs[0].shape, IsEmpty());
}

TEST(Definition, UnknownKeysAreKeptInTheDocument) {
  Value document = yaml(kAttention);
  document.set("roofline", 3);
  Diagnostics diagnostics;
  const auto definition = read_definition(document, diagnostics);
  ASSERT_TRUE(definition);
  EXPECT_EQ(diagnostics.warning_count(), 1u);
  EXPECT_EQ(definition->document, document);
}

TEST(BindAxes, JoinsConstantAndGivenAxes) {
  const AxisValues axes =
      bind_axes(attention(), {{"batch_size", 2}, {"len_indptr", 3}, {"num_indices", 0}});
  EXPECT_THAT(axes, ElementsAre(std::pair("batch_size", 2), std::pair("heads", 8),
                                std::pair("len_indptr", 3), std::pair("num_indices", 0)));
}

TEST(BindAxes, NamesWhatIsWrong) {
  EXPECT_EQ(problem_of({{"batch_size", 2}, {"len_indptr", 3}}),
            "the axis \"num_indices\" of definition attention_h8 has no value");
  EXPECT_EQ(problem_of({{"batchsize", 2}}),
            "definition attention_h8 has no axis \"batchsize\"; did you mean \"batch_size\"?");
  EXPECT_EQ(problem_of({{"batch_size", -2}}), "the axis \"batch_size\" is negative");
  EXPECT_EQ(problem_of({{"heads", 4}}),
            "the axis \"heads\" of definition attention_h8 is 8, not 4");
}

TEST(ShapeOf, GivesExtentsAndNothingForAScalar) {
  const Definition definition = attention();
  const AxisValues axes{{"batch_size", 2}, {"heads", 8}};
  EXPECT_THAT(shape_of(definition.inputs[0], axes), ElementsAre(2, 8));
  EXPECT_THAT(shape_of(definition.inputs[3], axes), IsEmpty());
  EXPECT_THROW(shape_of(definition.inputs[1], axes), Error);
}

}  // namespace
}  // namespace fitest
