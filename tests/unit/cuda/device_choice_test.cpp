// SPDX-License-Identifier: Apache-2.0
#include "cuda/device_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "cuda/fake_driver.h"

namespace fitest::cuda {
namespace {

constexpr const char* kSecond = "GPU-a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1";

class DeviceChoice : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    gpu_.device_count = 2;
  }
  void TearDown() override { ::unsetenv("CUDA_VISIBLE_DEVICES"); }
  std::string chosen(const std::string& wanted) {
    return choose_device(list_devices(fake_driver(gpu_)), wanted).uuid;
  }
  std::string refusal(const std::string& wanted) {
    try {
      chosen(wanted);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Usage);
      return error.what();
    }
    return "";
  }
  FakeGpu gpu_;
};

TEST_F(DeviceChoice, UuidIsWrittenAsNvidiaSmiDoes) {
  EXPECT_EQ(list_devices(fake_driver(gpu_)).at(1).uuid, kSecond);
}

TEST_F(DeviceChoice, FirstIsTheDefault) {
  EXPECT_EQ(chosen(""), chosen("cuda:0"));
  EXPECT_EQ(chosen("cuda"), chosen("0"));
}

TEST_F(DeviceChoice, IndexCountsVisibleDevices) {
  EXPECT_EQ(chosen("cuda:1"), kSecond);
}

TEST_F(DeviceChoice, BeginningOfAUuidIsEnough) {
  EXPECT_EQ(chosen("GPU-a1"), kSecond);
  EXPECT_EQ(chosen("cuda:gpu_a1a1a1a1_a1"), kSecond);
}

TEST_F(DeviceChoice, MissingDeviceIsRefusedWithThoseThatExist) {
  EXPECT_EQ(refusal("cuda:2"),
            "device 'cuda:2' does not exist: there is cuda:0 Fake GPU (sm_90, 1 GiB) "
            "GPU-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0a0; cuda:1 Fake GPU (sm_90, 1 GiB) "
            "GPU-a1a1a1a1-a1a1-a1a1-a1a1-a1a1a1a1a1a1");
}

TEST_F(DeviceChoice, RefusalNamesTheVariableThatHidesDevices) {
  ::setenv("CUDA_VISIBLE_DEVICES", "7", 1);
  gpu_.device_count = 0;
  EXPECT_EQ(refusal("cuda:0"),
            "device 'cuda:0' does not exist: the driver shows no GPU (CUDA_VISIBLE_DEVICES=7)");
}

TEST_F(DeviceChoice, AmbiguousUuidIsRefused) {
  EXPECT_THAT(refusal("GPU-a"), testing::StartsWith("device 'GPU-a' names several GPUs"));
}

}  // namespace
}  // namespace fitest::cuda
