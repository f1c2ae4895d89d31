// SPDX-License-Identifier: Apache-2.0
#include "run/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using testing::ElementsAre;

Definition definition(const std::string& name, const std::string& op_type) {
  Definition result;
  result.name = name;
  result.op_type = op_type;
  result.tags = {"model:llama-3.1-8b", "status:verified"};
  return result;
}

Workload workload(const std::string& definition, const std::string& uuid,
                  std::vector<std::string> tags = {}) {
  Workload result;
  result.definition = definition;
  result.uuid = uuid;
  result.tags = std::move(tags);
  return result;
}

Solution solution(const std::string& definition, const std::string& name,
                  const std::string& author) {
  Solution result;
  result.definition = definition;
  result.name = name;
  result.author = author;
  return result;
}

Dataset two_definitions() {
  Dataset dataset;
  dataset.definitions = {definition("gemm", "gemm"), definition("norm", "rmsnorm")};
  dataset.workloads = {workload("gemm", "11111111-a", {"quick"}), workload("gemm", "22222222-a"),
                       workload("norm", "33333333-a")};
  dataset.solutions = {solution("gemm", "plain", "ann"), solution("gemm", "tiled", "bob"),
                       solution("norm", "plain", "ann")};
  return dataset;
}

std::vector<std::string> names(const std::vector<Case>& cases) {
  std::vector<std::string> result;
  for (const Case& planned : cases) result.push_back(planned.name());
  return result;
}

TEST(PlanCases, EveryDefinitionSolutionWorkloadIsACaseInAStableOrder) {
  const Dataset dataset = two_definitions();
  EXPECT_THAT(names(plan_cases(dataset, {})),
              ElementsAre("gemm/plain/11111111", "gemm/plain/22222222", "gemm/tiled/11111111",
                          "gemm/tiled/22222222", "norm/plain/33333333"));
}

TEST(PlanCases, AUuidPrefixSelectsItsWorkload) {
  const Dataset dataset = two_definitions();
  CaseFilter filter;
  filter.workloads = {"2222"};
  EXPECT_THAT(names(plan_cases(dataset, filter)),
              ElementsAre("gemm/plain/22222222", "gemm/tiled/22222222"));
}

TEST(PlanCases, GlobsOfAllFiltersMustMatch) {
  const Dataset dataset = two_definitions();
  CaseFilter filter;
  filter.definitions = {"g*"};
  filter.authors = {"b?b"};
  EXPECT_THAT(names(plan_cases(dataset, filter)),
              ElementsAre("gemm/tiled/11111111", "gemm/tiled/22222222"));
}

TEST(PlanCases, ATierSelectsWorkloadsByTheirTag) {
  const Dataset dataset = two_definitions();
  CaseFilter filter;
  filter.tier = "quick";
  EXPECT_THAT(names(plan_cases(dataset, filter)),
              ElementsAre("gemm/plain/11111111", "gemm/tiled/11111111"));
}

TEST(Case, LabelsNameOpTypeDefinitionAuthorTierAndModel) {
  const Dataset dataset = two_definitions();
  const std::vector<Case> cases = plan_cases(dataset, {});
  EXPECT_THAT(cases.front().labels(),
              ElementsAre("gemm", "gemm", "ann", "quick", "model:llama-3.1-8b"));
}

TEST(UniquePrefix, HasEightCharactersWhenTheyAreEnough) {
  EXPECT_EQ(unique_prefix("abcdefgh-1", {"abcdefgh-1", "xbcdefgh-1"}), "abcdefgh");
}

TEST(UniquePrefix, GrowsUntilNoOtherUuidBeginsSo) {
  EXPECT_EQ(unique_prefix("abcdefgh-12", {"abcdefgh-12", "abcdefgh-13"}), "abcdefgh-12");
}

TEST(UniquePrefix, IsTheWholeUuidWhenAnotherContinuesIt) {
  EXPECT_EQ(unique_prefix("abcdefgh", {"abcdefgh", "abcdefgh-1"}), "abcdefgh");
}

}  // namespace
}  // namespace fitest
