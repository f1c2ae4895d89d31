// SPDX-License-Identifier: Apache-2.0
#include "run/selection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace fitest {
namespace {

TEST(ParseShard, ReadsIndexAndCount) {
  const Shard shard = parse_shard("2/5");
  EXPECT_EQ(shard.index, 2U);
  EXPECT_EQ(shard.count, 5U);
}

TEST(ParseShard, RefusesAllElse) {
  for (const char* text : {"", "2", "0/5", "6/5", "a/b", "1/2/3", "-1/5", "1/", "/2", "1.5/2"}) {
    EXPECT_THROW(parse_shard(text), Error) << text;
  }
}

TEST(InShard, PutsEachNameIntoExactlyOneShardAndNoneIsEmpty) {
  std::vector<int> sizes(4);
  for (int i = 0; i < 400; ++i) {
    int found = 0;
    for (std::uint64_t shard = 1; shard <= 4; ++shard) {
      if (!in_shard(fmt::format("definition/solution/{}", i), {shard, 4})) continue;
      ++found;
      ++sizes[shard - 1];
    }
    EXPECT_EQ(found, 1);
  }
  for (const int size : sizes) EXPECT_GT(size, 60);
}

class TouchedCases : public testing::Test {
 protected:
  TouchedCases() {
    definition_.source = make_source("/data/definitions/op/d.yaml", "");
    solution_.source = make_source("/data/solutions/me/op/d/s/solution.yaml", "");
    json_.source = make_source("/data/solutions/me/op/d/j.json", "");
    workload_.source = make_source("/data/workloads/op/d.yaml", "");
    workload_.inputs.emplace_back();
    workload_.inputs.back().path = "./blob/x.safetensors";
  }
  std::size_t count(const std::string& file) const {
    const std::vector<Case> cases = {{&definition_, &solution_, &workload_, "w"},
                                     {&definition_, &json_, &workload_, "w"}};
    return touched_cases(cases, "/data", {file}).size();
  }
  Definition definition_;
  Solution solution_;
  Solution json_;
  Workload workload_;
};

TEST_F(TouchedCases, ADefinitionAWorkloadAndItsTensorsTouchEverySolution) {
  EXPECT_EQ(count("definitions/op/d.yaml"), 2U);
  EXPECT_EQ(count("workloads/op/d.yaml"), 2U);
  EXPECT_EQ(count("blob/x.safetensors"), 2U);
}

TEST_F(TouchedCases, AnyFileOfASolutionsFolderTouchesItAlone) {
  EXPECT_EQ(count("solutions/me/op/d/s/kernel.cu"), 1U);
  EXPECT_EQ(count("solutions/me/op/d/s/include/common.cuh"), 1U);
  EXPECT_EQ(count("solutions/me/op/d/j.json"), 1U);
}

TEST_F(TouchedCases, OtherFilesTouchNone) {
  EXPECT_EQ(count("README.md"), 0U);
  EXPECT_EQ(count("solutions/me/op/d/s2/kernel.cu"), 0U);
  EXPECT_EQ(count("solutions/me/op/d/k.json"), 0U);
}

TEST(ChangedFiles, AnUnknownRevisionIsAnErrorOfUse) {
  try {
    changed_files(FITEST_SOURCE_DIR, "no-such-revision");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(error.kind() == ErrorKind::Usage || error.kind() == ErrorKind::Environment);
  }
}

}  // namespace
}  // namespace fitest
