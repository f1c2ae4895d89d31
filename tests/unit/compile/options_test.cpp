// SPDX-License-Identifier: Apache-2.0
#include "compile/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace fitest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OptionsTest, TheSolutionsOptionsComeLast) {
  CompileRequest request;
  request.target = "compute_90";
  request.defines = {"D=128"};
  request.options = {"--use_fast_math"};
  EXPECT_THAT(nvrtc_options(request, {"/cuda/include"}),
              ElementsAre("-arch=compute_90", "-lineinfo", "-default-device", "--std=c++17",
                          "-I/cuda/include", "-DD=128", "--use_fast_math"));
}

TEST(OptionsTest, TheSolutionsLanguageStandardReplacesTheDefault) {
  CompileRequest request;
  request.options = {"-std=c++20"};
  EXPECT_THAT(nvrtc_options(request, {}),
              ElementsAre("-arch=compute_80", "-lineinfo", "-default-device", "-std=c++20"));
}

TEST(OptionsTest, OptionsThatTouchTheHostOrTheTargetAreNamedWithTheReason) {
  for (const char* option : {"-I", "-I/usr/include", "--include-path=/usr", "-include=x.h",
                             "--pre-include=x.h", "--create-pch=x", "--pch-dir=/tmp", "-arch=sm_70",
                             "--gpu-architecture=sm_70", "-rdc=true", "-dlto"}) {
    const auto problem = problem_of_options({"--use_fast_math", option});
    ASSERT_TRUE(problem) << option;
    EXPECT_THAT(*problem, HasSubstr(std::string(option) + " is not allowed: "));
  }
}

TEST(OptionsTest, OrdinaryOptionsAreFine) {
  EXPECT_FALSE(problem_of_options({"--use_fast_math", "-lineinfo", "--maxrregcount=64", "-DX=1",
                                   "--fmad=false", "-G", "--std=c++20", "-UX"}));
}

TEST(OptionsTest, TargetsArePtxOrCubin) {
  EXPECT_TRUE(target_is_ptx("compute_80"));
  EXPECT_FALSE(target_is_ptx("sm_90a"));
}

TEST(OptionsTest, AnythingElseIsNoTarget) {
  for (const char* target : {"", "sm_", "compute_", "90", "sm90", "gfx942"}) {
    try {
      target_is_ptx(target);
      FAIL() << target;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Usage);
      EXPECT_THAT(error.what(), HasSubstr("is no compile target"));
    }
  }
}

}  // namespace
}  // namespace fitest
