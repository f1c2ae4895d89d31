// SPDX-License-Identifier: Apache-2.0
#include "compile/line_info.h"

#include <gtest/gtest.h>

namespace fitest {
namespace {

TEST(LineInfoTest, SourcesLoseTheWorkingDirectory) {
  EXPECT_EQ(
      with_source_names("\t.file\t1 \"/home/me/kernel.cu\"\n\t.loc\t1 2 3\n", {{"kernel.cu", ""}}),
      "\t.file\t1 \"kernel.cu\"\n\t.loc\t1 2 3\n");
}

TEST(LineInfoTest, TheLongestSourceNameWins) {
  EXPECT_EQ(
      with_source_names("\t.file\t2 \"/home/a/x.cuh\", 1, 2", {{"x.cuh", ""}, {"a/x.cuh", ""}}),
      "\t.file\t2 \"a/x.cuh\", 1, 2");
}

TEST(LineInfoTest, HeadersOfTheToolkitKeepTheirPath) {
  const std::string ptx = "\t.file\t3 \"/usr/local/cuda/include/cuda_fp16.hpp\"\n";
  EXPECT_EQ(with_source_names(ptx, {{"kernel.cu", ""}}), ptx);
}

TEST(LineInfoTest, OtherLinesAreLeftAlone) {
  const std::string ptx = "ld.param.u64 %rd1, [f]; // \"/home/kernel.cu\"\n";
  EXPECT_EQ(with_source_names(ptx, {{"kernel.cu", ""}}), ptx);
}

}  // namespace
}  // namespace fitest
