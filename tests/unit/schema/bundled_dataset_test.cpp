// SPDX-License-Identifier: Apache-2.0
// The dataset in the repository's own root.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "schema/dataset.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

const Dataset& bundled() {
  static const Dataset dataset = read_dataset(FITEST_SOURCE_DIR);
  return dataset;
}

// "hidden_states[batch_size,hidden_size]:bfloat16"
std::string signature(const TensorSpec& tensor) {
  std::string text = tensor.name;
  for (const std::string& axis : tensor.shape.value_or(std::vector<std::string>{"scalar"})) {
    text += " " + axis;
  }
  return text + ":" + std::string(name_of(tensor.dtype));
}

std::vector<std::string> signatures(const std::vector<TensorSpec>& tensors) {
  std::vector<std::string> texts;
  for (const TensorSpec& tensor : tensors) texts.push_back(signature(tensor));
  return texts;
}

std::vector<std::string> axes_of(const Definition& definition) {
  std::vector<std::string> texts;
  for (const Axis& axis : definition.axes) {
    texts.push_back(axis.name + "=" + (axis.constant ? std::to_string(*axis.constant) : "var"));
  }
  return texts;
}

TEST(BundledDataset, ReadsWithoutAnErrorOrAWarning) {
  EXPECT_EQ(bundled().diagnostics.render_all(), "");
  EXPECT_THAT(bundled().definitions, testing::SizeIs(5));
}

TEST(BundledDataset, HasTwoSolutionsAndFourWorkloadsForEveryDefinition) {
  for (const Definition& definition : bundled().definitions) {
    const auto belongs = [&](const auto& item) { return item.definition == definition.name; };
    EXPECT_GE(std::count_if(bundled().solutions.begin(), bundled().solutions.end(), belongs), 2)
        << definition.name;
    EXPECT_GE(std::count_if(bundled().workloads.begin(), bundled().workloads.end(), belongs), 4)
        << definition.name;
  }
}

TEST(BundledDataset, HasAQuickWorkloadForEveryDefinition) {
  for (const Definition& definition : bundled().definitions) {
    EXPECT_TRUE(std::any_of(bundled().workloads.begin(), bundled().workloads.end(),
                            [&](const Workload& workload) {
                              return workload.definition == definition.name &&
                                     std::count(workload.tags.begin(), workload.tags.end(),
                                                "quick") == 1;
                            }))
        << definition.name;
  }
}

// Traces of the same name can only be compared if they are of the same function.
TEST(BundledDataset, HasTheAxesInputsAndOutputsOfTheOfficialDefinitions) {
  const fs::path official = fs::path(FITEST_SHARED_DIR) / "official";
  if (!fs::exists(official)) GTEST_SKIP() << official << " is not there";
  DatasetFilter filter;
  filter.definition = [](const std::string& name) {
    return bundled().find_definition(name) != nullptr;
  };
  const Dataset dataset = read_dataset(official, filter);
  for (const Definition& ours : bundled().definitions) {
    const Definition* theirs = dataset.find_definition(ours.name);
    ASSERT_NE(theirs, nullptr) << ours.name;
    EXPECT_EQ(ours.op_type, theirs->op_type);
    EXPECT_EQ(axes_of(ours), axes_of(*theirs)) << ours.name;
    EXPECT_EQ(signatures(ours.inputs), signatures(theirs->inputs)) << ours.name;
    EXPECT_EQ(signatures(ours.outputs), signatures(theirs->outputs)) << ours.name;
  }
}

}  // namespace
}  // namespace fitest
