// SPDX-License-Identifier: Apache-2.0
#include "cuda/cupti.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "cuda/fake_cupti.h"

namespace fitest::cuda {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(KernelRecorder, TakesKernelsInTheOrderOfTheirBeginOnce) {
  FakeCupti::reset();
  KernelRecorder recorder(FakeCupti::api());
  EXPECT_EQ(recorder.problem(), "");
  FakeCupti::add_kernel(2000, 2500);
  FakeCupti::add_kernel(1000, 1500);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].begin_ns, 1000u);
  EXPECT_EQ(records[1].end_ns, 2500u);
  EXPECT_THAT(recorder.take(), IsEmpty());
}

TEST(KernelRecorder, OverlooksRecordsOfOtherKinds) {
  FakeCupti::reset();
  KernelRecorder recorder(FakeCupti::api());
  FakeCupti::add_record(1, 1000, 1500);  // a copy
  EXPECT_THAT(recorder.take(), IsEmpty());
}

TEST(KernelRecorder, SaysWhyNothingIsRecorded) {
  FakeCupti::reset();
  FakeCupti::refuse_with(39);
  const KernelRecorder recorder(FakeCupti::api());
  EXPECT_EQ(recorder.problem(), "CUPTI records no kernels: CUPTI_ERROR_FAKE (39)");
}

TEST(Cupti, MissingLibraryIsAProblemNotAnError) {
  const Cupti cupti = open_cupti({"libno-such-cupti.so"});
  EXPECT_FALSE(cupti.usable());
  EXPECT_THAT(cupti.problem, HasSubstr("libno-such-cupti.so"));
}

TEST(Cupti, LibraryWithoutItsFunctionsIsNamed) {
  const Cupti cupti = open_cupti({"libc.so.6"});
  EXPECT_FALSE(cupti.usable());
  EXPECT_THAT(cupti.problem, HasSubstr("lacks cupti"));
}

TEST(SpanOfLast, ReachesFromTheFirstBeginToTheLastEnd) {
  const std::vector<KernelRecord> records{{0, 900}, {1000, 4000}, {2000, 3000}};
  EXPECT_DOUBLE_EQ(span_of_last(records, 2).value(), 0.003);
  EXPECT_DOUBLE_EQ(span_of_last(records, 3).value(), 0.004);
}

TEST(SpanOfLast, IsUnknownWithTooFewRecords) {
  EXPECT_EQ(span_of_last({{1, 2}}, 2), std::nullopt);
  EXPECT_EQ(span_of_last({{1, 2}}, 0), std::nullopt);
}

}  // namespace
}  // namespace fitest::cuda
