// SPDX-License-Identifier: Apache-2.0
#include "cuda/ctest_reservation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace fitest::cuda {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> reserved(const std::map<std::string, std::string>& environment) {
  return reserved_gpus([&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end()) return std::nullopt;
    return found->second;
  });
}

template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Usage);
    return error.what();
  }
  return "";
}

TEST(ReservedGpus, AreThoseOfAllGroups) {
  EXPECT_THAT(reserved({{"CTEST_RESOURCE_GROUP_COUNT", "3"},
                        {"CTEST_RESOURCE_GROUP_0", "gpus"},
                        {"CTEST_RESOURCE_GROUP_0_GPUS", "id:0,slots:60;id:2,slots:40"},
                        {"CTEST_RESOURCE_GROUP_1_CRYPTO", "id:c,slots:1"},
                        {"CTEST_RESOURCE_GROUP_2_GPUS", "id:1,slots:100"}}),
              ElementsAre("0", "2", "1"));
}

TEST(ReservedGpus, AnIdOfSeveralGroupsCountsOnce) {
  EXPECT_THAT(reserved({{"CTEST_RESOURCE_GROUP_COUNT", "2"},
                        {"CTEST_RESOURCE_GROUP_0_GPUS", "id:gpu_ab,slots:25"},
                        {"CTEST_RESOURCE_GROUP_1_GPUS", "id:gpu_ab,slots:25"}}),
              ElementsAre("gpu_ab"));
}

TEST(ReservedGpus, AreNoneWithoutAReservation) {
  EXPECT_THAT(reserved({}), IsEmpty());
  EXPECT_THAT(reserved({{"CTEST_RESOURCE_GROUP_COUNT", "0"}}), IsEmpty());
  EXPECT_THAT(reserved({{"CTEST_RESOURCE_GROUP_0_GPUS", "id:0,slots:1"}}), IsEmpty());
}

TEST(ReservedGpus, AVariableOfAnotherShapeIsShown) {
  EXPECT_THAT(refusal([] {
                reserved({{"CTEST_RESOURCE_GROUP_COUNT", "two"}});
              }),
              HasSubstr("CTEST_RESOURCE_GROUP_COUNT is \"two\"; expected a number"));
  EXPECT_THAT(
      refusal([] {
        reserved({{"CTEST_RESOURCE_GROUP_COUNT", "1"}, {"CTEST_RESOURCE_GROUP_0_GPUS", "0"}});
      }),
      HasSubstr("CTEST_RESOURCE_GROUP_0_GPUS holds \"0\"; expected id:<id>,slots:<n>"));
}

TEST(VisibleDevices, WithoutAMaskAreTheIds) {
  EXPECT_EQ(visible_devices({"1", "0"}, std::nullopt), "1,0");
  EXPECT_EQ(visible_devices({"gpu_a1a1a1a1_00ff"}, std::nullopt), "GPU-a1a1a1a1-00ff");
  EXPECT_EQ(visible_devices({"mig_a1a1"}, std::nullopt), "MIG-a1a1");
}

TEST(VisibleDevices, AnIndexCountsWithinTheMaskOfTheScheduler) {
  EXPECT_EQ(visible_devices({"0"}, "2,3"), "2");
  EXPECT_EQ(visible_devices({"1", "0"}, "2, 3"), "3,2");
  EXPECT_EQ(visible_devices({"1"}, "GPU-aa,GPU-bb"), "GPU-bb");
}

TEST(VisibleDevices, AUuidStaysWithinTheMask) {
  EXPECT_EQ(visible_devices({"gpu_bbbb_cc"}, "GPU-aaaa,GPU-BB"), "GPU-BB");
  EXPECT_EQ(visible_devices({"gpu_bbbb_cc"}, "MIG-aaaa-cc,MIG-bbbb-cc"), "MIG-bbbb-cc");
  EXPECT_EQ(visible_devices({"gpu_bbbb_cc"}, "2,3"), "GPU-bbbb-cc");
  EXPECT_THAT(refusal([] { visible_devices({"gpu_cccc"}, "GPU-aaaa,GPU-bbbb"); }),
              HasSubstr("CTest reserved the GPU 'gpu_cccc', which "
                        "CUDA_VISIBLE_DEVICES=GPU-aaaa,GPU-bbbb does not show"));
}

TEST(VisibleDevices, AGpuOutsideOfTheMaskIsRefused) {
  EXPECT_THAT(
      refusal([] { visible_devices({"2"}, "2,3"); }),
      HasSubstr("CTest reserved the GPU '2', which CUDA_VISIBLE_DEVICES=2,3 does not show"));
  // CUDA itself stops at the first entry that is no device.
  EXPECT_NE(refusal([] { visible_devices({"1"}, "2,-1,3"); }), "");
  EXPECT_NE(refusal([] { visible_devices({"0"}, ""); }), "");
  EXPECT_NE(refusal([] { visible_devices({"gpu_aaaa"}, "NoDevFiles"); }), "");
  EXPECT_NE(refusal([] { visible_devices({"card"}, std::nullopt); }), "");
}

}  // namespace
}  // namespace fitest::cuda
