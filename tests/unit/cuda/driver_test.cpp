// SPDX-License-Identifier: Apache-2.0
#include "cuda/driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cuda/driver_error.h"
#include "cuda/fake_driver.h"

namespace fitest::cuda {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kStub = "/usr/local/cuda/lib64/stubs/libcuda.so";

TEST(Driver, AbsentLibraryIsAProblemWithAReason) {
  const Driver driver = open_driver({"/nonexistent/libcuda.so.1"});
  EXPECT_FALSE(driver.usable());
  EXPECT_THAT(driver.problem, StartsWith("no NVIDIA driver: /nonexistent/libcuda.so.1"));
}

TEST(Driver, MissingEntryPointsAreNamedWithTheirVersion) {
  const Driver driver = open_driver({"libm.so.6"});
  EXPECT_FALSE(driver.usable());
  EXPECT_THAT(driver.problem, HasSubstr("cuFuncGetParamInfo (CUDA 12.4)"));
  EXPECT_THAT(driver.problem, HasSubstr("update the NVIDIA driver to one of CUDA 12.4 (550)"));
}

TEST(Driver, ToolkitsStubHasEveryEntryPoint) {
  if (!std::filesystem::exists(kStub)) GTEST_SKIP() << "no CUDA toolkit: " << kStub;
  DriverApi api;
  const auto library = DynamicLibrary::open({kStub});
  ASSERT_TRUE(library);
  EXPECT_THAT(load_driver_api(*library, api), testing::IsEmpty());
}

TEST(Driver, RefusedInitialisationIsAProblem) {
  if (!std::filesystem::exists(kStub)) GTEST_SKIP() << "no CUDA toolkit: " << kStub;
  const Driver driver = open_driver({kStub});
  EXPECT_FALSE(driver.usable());
  EXPECT_THAT(driver.problem, HasSubstr("cuInit failed with"));
}

TEST(DriverError, IllegalAddressPoisonsAndIsOutOfBounds) {
  EXPECT_TRUE(poisons_context(CudaResult::IllegalAddress));
  EXPECT_EQ(fault_kind(CudaResult::IllegalAddress), FaultKind::OutOfBounds);
}

TEST(DriverError, RefusedLaunchLeavesTheContextAlive) {
  EXPECT_FALSE(poisons_context(CudaResult::LaunchOutOfResources));
  EXPECT_EQ(fault_kind(CudaResult::LaunchOutOfResources), FaultKind::InvalidLaunch);
}

TEST(DriverError, UnlistedCodeIsADeviceErrorWithItsNumber) {
  FakeGpu gpu;
  EXPECT_EQ(fault_kind(CudaResult{905}), FaultKind::DeviceError);
  EXPECT_EQ(words_of(fake_driver(gpu), CudaResult{905}), "CUDA_ERROR_FAKE (905): as arranged");
}

}  // namespace
}  // namespace fitest::cuda
