// SPDX-License-Identifier: Apache-2.0
#include "run/ctest_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fitest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CtestScriptTest : public ::testing::Test {
 protected:
  CtestScriptTest() {
    definition_.name = "rmsnorm_h4096";
    definition_.op_type = "rmsnorm";
    definition_.tags = {"model:llama", "status:verified"};
    solution_.name = "vectorized";
    solution_.author = "fitest";
    workload_.uuid = "0123456789abcdef";
    workload_.tags = {"quick"};
    planned_ = {&definition_, &solution_, &workload_, "01234567"};
    options_.program = "/bin/fitest";
    options_.dataset = "/data set";
    options_.trace_folder = "/traces";
  }
  std::string script() const { return ctest_script({planned_}, options_); }

  Definition definition_;
  Solution solution_;
  Workload workload_;
  Case planned_;
  CtestScriptOptions options_;
};

TEST_F(CtestScriptTest, OneCaseIsOneTestThatRunsItAlone) {
  options_.timeout_seconds = 100;
  EXPECT_EQ(script(),
            "add_test([[rmsnorm_h4096/vectorized/01234567]] [[/bin/fitest]] [[run]] [[/data set]] "
            "[[--definition=rmsnorm_h4096]] [[--solution=vectorized]] "
            "[[--workload=0123456789abcdef]] "
            "[[--trace=/traces/rmsnorm_h4096/vectorized/01234567.json]] [[--deadline=90]] "
            "[[--ctest]])\n"
            "set_tests_properties([[rmsnorm_h4096/vectorized/01234567]] PROPERTIES TIMEOUT 100 "
            "SKIP_RETURN_CODE 77 LABELS [[kernel;rmsnorm;rmsnorm_h4096;fitest;quick;model:llama]] "
            "ATTACHED_FILES [[/traces/rmsnorm_h4096/vectorized/01234567.json]] "
            "MEASUREMENT [[definition=rmsnorm_h4096]] MEASUREMENT [[solution=vectorized]] "
            "MEASUREMENT [[workload=0123456789abcdef]])\n");
}

TEST_F(CtestScriptTest, WhatCTestReservesIsAProperty) {
  EXPECT_THAT(script(), Not(HasSubstr("RESOURCE_GROUPS")));
  options_.resource_groups = "1,gpus:25,gpu_memory:2048";
  EXPECT_THAT(script(), HasSubstr(" RESOURCE_GROUPS [[1,gpus:25,gpu_memory:2048]])\n"));
}

TEST_F(CtestScriptTest, ThePrefixGoesBeforeEveryName) {
  options_.prefix = "nightly/";
  EXPECT_THAT(script(), HasSubstr("add_test([[nightly/rmsnorm_h4096/vectorized/01234567]]"));
  EXPECT_THAT(script(), HasSubstr("set_tests_properties([[nightly/rmsnorm_h4096/"));
}

TEST_F(CtestScriptTest, RunArgumentsComeLast) {
  options_.run_arguments = {"--device=virtual", "--policy=compat"};
  EXPECT_THAT(script(), HasSubstr("[[--ctest]] [[--device=virtual]] [[--policy=compat]])\n"));
}

TEST_F(CtestScriptTest, LabelsOfTheSuiteAreAddedAndHoldNoSemicolon) {
  options_.labels = {"mine"};
  definition_.tags = {"model:a;b"};
  EXPECT_THAT(script(), HasSubstr("[[kernel;rmsnorm;rmsnorm_h4096;fitest;quick;model:a,b;mine]]"));
}

TEST_F(CtestScriptTest, ALauncherGoesBeforeTheProgram) {
  options_.launcher = {"srun", "-n1"};
  EXPECT_THAT(script(), HasSubstr("[[srun]] [[-n1]] [[/bin/fitest]] [[run]]"));
}

TEST_F(CtestScriptTest, PropertiesOfTheUserAreAdded) {
  options_.properties = {"COST", "3"};
  EXPECT_THAT(script(), HasSubstr(" [[COST]] [[3]])\n"));
}

TEST_F(CtestScriptTest, BySolutionItsWorkloadsAreOneTestWithTheTimeOfAll) {
  options_.group_by = GroupBy::Solution;
  options_.timeout_seconds = 100;
  Workload other;
  other.uuid = "fedcba9876543210";
  Solution plain;
  plain.name = "plain";
  const std::string text = ctest_script({planned_,
                                         {&definition_, &solution_, &other, "fedcba98"},
                                         {&definition_, &plain, &other, "fedcba98"}},
                                        options_);
  EXPECT_THAT(text, HasSubstr("add_test([[rmsnorm_h4096/vectorized]] "));
  EXPECT_THAT(text, HasSubstr("[[--workload=0123456789abcdef]] [[--workload=fedcba9876543210]] "
                              "[[--trace-dir=/traces]] [[--deadline=90]]"));
  EXPECT_THAT(text, HasSubstr("TIMEOUT 200 "));
  EXPECT_THAT(text, HasSubstr("quick;model:llama;full]]"));
  EXPECT_THAT(text, HasSubstr("[[/traces/rmsnorm_h4096/vectorized/01234567.json;"
                              "/traces/rmsnorm_h4096/vectorized/fedcba98.json]]"));
  EXPECT_THAT(text, HasSubstr("add_test([[rmsnorm_h4096/plain]] "));
}

TEST_F(CtestScriptTest, NoCaseIsNoText) {
  EXPECT_EQ(ctest_script({}, options_), "");
}

TEST(CmakeArgumentTest, AnyTextSurvives) {
  EXPECT_EQ(cmake_argument("a b;${c}\"\\"), "[[a b;${c}\"\\]]");
  EXPECT_EQ(cmake_argument("x]]y"), "[=[x]]y]=]");
  EXPECT_EQ(cmake_argument("x]"), "[=[x]]=]");
  EXPECT_EQ(cmake_argument("x]="), "[[x]=]]");
  EXPECT_EQ(cmake_argument("x]]=]"), "[==[x]]=]]==]");
  EXPECT_EQ(cmake_argument("\nx"), "[[\n\nx]]");
  EXPECT_EQ(cmake_argument(""), "[[]]");
}

TEST(DeadlineTest, LeavesTimeToKillAndRecordTheCase) {
  EXPECT_EQ(deadline_within(600), 585);
  EXPECT_EQ(deadline_within(60), 54);
  EXPECT_EQ(deadline_within(5), 4);
  EXPECT_EQ(deadline_within(1), 0.5);
}

}  // namespace
}  // namespace fitest
