// SPDX-License-Identifier: Apache-2.0
#include "cuda/output_capture.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace fitest::cuda {
namespace {

TEST(OutputCapture, HoldsBothStreamsInOrder) {
  OutputCapture capture;
  std::fputs("one ", stdout);
  std::fflush(stdout);
  std::fputs("two", stderr);
  EXPECT_EQ(capture.finish(), "one two");
}

TEST(OutputCapture, WhatWasPrintedBeforeIsNotTaken) {
  testing::internal::CaptureStdout();
  std::fputs("before", stdout);
  OutputCapture capture;
  EXPECT_EQ(capture.finish(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "before");
}

TEST(OutputCapture, SecondFinishIsEmpty) {
  OutputCapture capture;
  std::fputs("text", stdout);
  EXPECT_EQ(capture.finish(), "text");
  EXPECT_EQ(capture.finish(), "");
}

}  // namespace
}  // namespace fitest::cuda
