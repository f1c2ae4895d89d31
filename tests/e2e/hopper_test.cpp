// SPDX-License-Identifier: Apache-2.0
// A solution of tests/hopper that wgmma and the copy engine compute, with a launch plan alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/subprocess.h"
#include "compile/compiler.h"
#include "cuda/probe.h"

namespace fitest {
namespace {

namespace fs = std::filesystem;

SubprocessResult run_on(const std::string& device) {
  const fs::path traces =
      fs::temp_directory_path() / ("fitest-hopper-" + std::to_string(::getpid()));
  SubprocessResult result =
      run_subprocess({FITEST_PROGRAM, "run", std::string(FITEST_SOURCE_DIR) + "/tests/hopper",
                      "--device", device, "--trace-dir", traces.string()},
                     120);
  std::error_code ignored;
  fs::remove_all(traces, ignored);
  return result;
}

TEST(TensorMaps, AreRefusedByNameOnTheVirtualDevice) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  const SubprocessResult result = run_on("virtual");
  EXPECT_EQ(result.exit_code, 77);
  EXPECT_THAT(result.output, testing::HasSubstr("solution 'gemm_wgmma_tma' copies with tensor maps "
                                                "(TMA), which need a GPU of sm_90 or newer"));
}

TEST(TensorMaps, FeedAMatrixProduct_cuda) {
  if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
  if (!cuda::driver_status().available) GTEST_SKIP() << cuda::driver_status().problem;
  const SubprocessResult result = run_on("cuda");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("3 passed, 0 failed, 0 skipped"));
}

}  // namespace
}  // namespace fitest
