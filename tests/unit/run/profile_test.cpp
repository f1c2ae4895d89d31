// SPDX-License-Identifier: Apache-2.0
#include "run/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/profile_text.h"

namespace fitest {
namespace {

using testing::HasSubstr;

LaunchProfile sample_profile() {
  LaunchProfile profile;
  profile.kernel = "_Z5scalePKfPfi";
  profile.grid = {4, 1, 1};
  profile.block = {128, 1, 1};
  profile.dynamic_shared_bytes = 1024;
  profile.total.warp_instructions = 12000;
  profile.total.thread_instructions = 192000;
  profile.total.branches = 16;
  profile.total.divergent_branches = 4;
  profile.total.global_loads = {100, 800};
  profile.total.shared = {50, 150, 100};
  profile.by_class[static_cast<std::size_t>(InstructionClass::Integer)] = 9000;
  profile.by_class[static_cast<std::size_t>(InstructionClass::Global)] = 3000;
  profile.float_operations = 300;
  profile.tensor_operations = 900;
  for (std::uint32_t line = 1; line <= 7; ++line) {
    LineProfile costly;
    costly.source = {"kernel.cu", line, {}};
    costly.counts.warp_instructions = 1000 * (8 - line);
    profile.lines.push_back(costly);
  }
  profile.lines[0].counts.global_loads.sectors = 800;
  return profile;
}

class ProfileValue : public testing::Test {
 protected:
  ProfileValue() {
    solution_.sources = {{"kernel.cu", "// first\n  y[i] = 2 * x[i];\n"}};
    resources_.target = "sm_90a";
    resources_.kernels["_Z5scalePKfPfi"] = {40, 2048, 16, 8, 4};
  }
  Value value() const { return profile_value(profile_, resources_, solution_); }
  std::string text() const { return profile_lines(Value::Array{value()}); }

  LaunchProfile profile_ = sample_profile();
  GpuResources resources_;
  Solution solution_;
};

TEST_F(ProfileValue, HoldsCountsAndRatios) {
  const Value value = this->value();
  EXPECT_EQ(value.find("mean_active_lanes")->number(), 16);
  EXPECT_EQ(value.find("global_loads")->find("sectors_per_request")->number(), 8);
  EXPECT_EQ(value.find("shared")->find("conflicts")->integer(), 100);
  EXPECT_EQ(value.find("tensor_share")->number(), 0.75);
  EXPECT_EQ(value.find("instructions_by_class")->object().size(), 2u);
  EXPECT_EQ(value.find("resources")->find("registers")->integer(), 40);
}

TEST_F(ProfileValue, HoldsTheFiveCostliestLinesWithTheirText) {
  const Value value = this->value();
  const Value::Array& lines = value.find("lines")->array();
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0].find("text")->string(), "// first");
  EXPECT_EQ(lines[1].find("text")->string(), "y[i] = 2 * x[i];");
  EXPECT_EQ(lines[4].find("text")->string(), "");
  EXPECT_EQ(lines[0].find("sectors")->integer(), 800);
  EXPECT_NEAR(lines[0].find("cost_share")->number(), 7800.0 / 12900, 1e-12);
}

TEST_F(ProfileValue, IsSaidInLines) {
  EXPECT_EQ(
      text(),
      "    profile of scale(float const*, float*, int), grid (4,1,1), block (128,1,1)\n"
      "      on sm_90a     40 registers and 16 bytes of stack a thread, spills of 8 bytes stored, "
      "4 "
      "loaded\n"
      "                    2048 bytes of static and 1024 of dynamic shared memory a block\n"
      "      instructions  12,000 of warps, with 16.0 of 32 lanes at each\n"
      "                    integer 75 %, global 25 %\n"
      "      branches      16 conditional, 4 of them divergent\n"
      "      global memory loads 100 requests of 8.0 sectors\n"
      "      shared memory 50 requests, 100 bank conflicts (2.00 a request)\n"
      "      arithmetic    300 float operations, 900 of tensor cores (75.0 %)\n"
      "      cost = instructions      + sectors   + conflicts  line\n"
      "      60 %          7,000            800             0  kernel.cu:1  // first\n"
      "      47 %          6,000              0             0  kernel.cu:2  y[i] = 2 * x[i];\n"
      "      39 %          5,000              0             0  kernel.cu:3\n"
      "      31 %          4,000              0             0  kernel.cu:4\n"
      "      23 %          3,000              0             0  kernel.cu:5\n");
}

TEST_F(ProfileValue, SaysWhyResourcesAreNotKnown) {
  resources_.kernels.clear();
  resources_.problem = "kernel.cu(3): error: no such intrinsic\n1 error detected";
  EXPECT_THAT(text(), HasSubstr("on sm_90a     kernel.cu(3): error: no such intrinsic\n"));
}

TEST_F(ProfileValue, SaysWhatIsNotAccessed) {
  profile_.total.global_loads = {};
  profile_.total.shared = {};
  EXPECT_THAT(text(), HasSubstr("global memory not accessed\n"));
  EXPECT_THAT(text(), HasSubstr("shared memory not accessed\n"));
}

TEST(GpuTarget, IsThatOfTheFirstHardwareThatIsKnown) {
  Solution solution;
  EXPECT_EQ(gpu_target(solution), "sm_80");
  solution.target_hardware = {"cpu", "NVIDIA_H200", "NVIDIA_A100"};
  EXPECT_EQ(gpu_target(solution), "sm_90a");
  solution.target_hardware = {"NVIDIA_B200"};
  EXPECT_EQ(gpu_target(solution), "sm_100a");
  solution.target_hardware = {"NVIDIA_L40S"};
  EXPECT_EQ(gpu_target(solution), "sm_89");
}

}  // namespace
}  // namespace fitest
