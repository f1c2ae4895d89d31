// SPDX-License-Identifier: Apache-2.0
// The files of tests/ptx as on the virtual device, on a GPU.
#include <algorithm>
#include <filesystem>

#include "gpu/gpu_fixture.h"
#include "ptx/ptx_file.h"

namespace fitest::cuda {
namespace {

std::vector<std::string> ptx_files() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FITEST_PTX_DIR)) {
    if (entry.path().extension() == ".ptx") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem().string();
}

class GpuPtxFiles : public GpuTest, public testing::WithParamInterface<std::string> {};

TEST_P(GpuPtxFiles, behaves_as_its_comments_say) {
  const ptx::PtxFile file = ptx::read_ptx_file(GetParam());
  if (file.fault) GTEST_SKIP() << "what a GPU does after a fault is not defined";
  const DeviceProperties& gpu = device_->properties();
  if (gpu.compute_major * 10 + gpu.compute_minor < file.compute_capability) {
    GTEST_SKIP() << gpu.name << " is older than sm_" << file.compute_capability;
  }
  EXPECT_EQ(run_ptx_file(file, *device_), "");
}

INSTANTIATE_TEST_SUITE_P(Folder, GpuPtxFiles, testing::ValuesIn(ptx_files()), test_name);

}  // namespace
}  // namespace fitest::cuda
