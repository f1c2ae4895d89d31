// SPDX-License-Identifier: Apache-2.0
#include "schema/constraints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;

Workload row(std::int64_t len_indptr) {
  return workload("{definition: attention_h8, uuid: u-7, axes: {batch_size: 2, len_indptr: " +
                  std::to_string(len_indptr) +
                  ", num_indices: 9}, inputs: {scale: {type: scalar, value: 0.5}}}");
}

std::vector<std::string> messages(const Workload& workload, const ElementFunction& element) {
  const Definition definition = attention();
  Diagnostics diagnostics;
  check_constraints(definition, workload, element, diagnostics);
  std::vector<std::string> messages;
  for (const Diagnostic& diagnostic : diagnostics.list()) messages.push_back(diagnostic.message);
  return messages;
}

TEST(CheckConstraints, ThoseThatHoldAreSilent) {
  EXPECT_THAT(messages(row(3), [](const std::string&, std::int64_t) { return 9; }), ElementsAre());
}

TEST(CheckConstraints, OneThatIsFalseIsNamedWithItsValues) {
  EXPECT_THAT(messages(row(5), nullptr),
              ElementsAre("the workload u-7 breaks the constraint \"len_indptr == batch_size + 1\" "
                          "of attention_h8: len_indptr = 5, batch_size = 2"));
}

TEST(CheckConstraints, ElementsAreComparedWhereTheyAreKnown) {
  EXPECT_THAT(
      messages(row(3), [](const std::string&, std::int64_t index) { return 10 + index; }),
      ElementsAre("the workload u-7 breaks the constraint \"num_indices == indptr[-1].item()\" of "
                  "attention_h8: num_indices = 9, indptr[-1].item() = 12"));
  EXPECT_THAT(messages(row(3), nullptr), ElementsAre());
}

TEST(ScopeOf, KnowsAxesScalarsAndShapes) {
  const Definition definition = attention();
  const Workload workload = row(3);
  const ExpressionScope scope = scope_of(definition, workload);
  EXPECT_EQ(Expression::parse("batch_size * heads").evaluate_integer(scope), 16);
  EXPECT_EQ(Expression::parse("scale").evaluate(scope), ExpressionValue(0.5));
  EXPECT_EQ(Expression::parse("lse.shape[0] + q.shape[1]").evaluate_integer(scope), 10);
  EXPECT_THROW(Expression::parse("device.sm_count").evaluate(scope), Error);
}

}  // namespace
}  // namespace fitest
