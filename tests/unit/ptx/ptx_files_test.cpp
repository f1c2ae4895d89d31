// SPDX-License-Identifier: Apache-2.0
// Every file of tests/ptx on the virtual device.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "../../ptx/ptx_file.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

std::vector<std::string> ptx_files() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FITEST_SOURCE_DIR "/tests/ptx")) {
    if (entry.path().extension() == ".ptx") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem().string();
}

class PtxFiles : public testing::TestWithParam<std::string> {};

TEST_P(PtxFiles, behaves_as_its_comments_say) {
  const PtxFile file = read_ptx_file(GetParam());
  VirtualDeviceOptions options;
  options.check_init = file.check_init;
  options.check_race = file.check_race;
  options.instruction_budget = 20'000'000;
  const DevicePtr device = make_virtual_device(options);
  EXPECT_EQ(run_ptx_file(file, *device), "");
}

TEST_P(PtxFiles, looking_for_races_finds_none_but_the_file_s) {
  PtxFile file = read_ptx_file(GetParam());
  if (file.raced) file.fault = file.raced;
  VirtualDeviceOptions options;
  options.check_init = file.check_init;
  options.check_race = true;
  options.instruction_budget = 20'000'000;
  const DevicePtr device = make_virtual_device(options);
  EXPECT_EQ(run_ptx_file(file, *device), "");
}

// Those without a race: what a race gives depends on the schedule, and may be undefined.
std::vector<std::string> files_without_race() {
  std::vector<std::string> paths = ptx_files();
  std::erase_if(paths, [](const std::string& path) { return read_ptx_file(path).check_race; });
  return paths;
}

class OrderedPtxFiles : public testing::TestWithParam<std::string> {};

TEST_P(OrderedPtxFiles, have_no_undefined_values_but_the_file_s) {
  const PtxFile file = read_ptx_file(GetParam());
  VirtualDeviceOptions options;
  options.check_init = true;
  options.instruction_budget = 20'000'000;
  const DevicePtr device = make_virtual_device(options);
  EXPECT_EQ(run_ptx_file(file, *device), "");
}

TEST_P(OrderedPtxFiles, behave_so_by_every_schedule) {
  const PtxFile file = read_ptx_file(GetParam());
  for (const char* schedule : {"random:1", "random:2", "adversarial"}) {
    VirtualDeviceOptions options;
    options.check_init = file.check_init;
    options.schedule = parse_schedule(schedule);
    options.instruction_budget = 20'000'000;
    const DevicePtr device = make_virtual_device(options);
    EXPECT_EQ(run_ptx_file(file, *device), "") << schedule;
  }
}

INSTANTIATE_TEST_SUITE_P(Folder, PtxFiles, testing::ValuesIn(ptx_files()), test_name);
INSTANTIATE_TEST_SUITE_P(Folder, OrderedPtxFiles, testing::ValuesIn(files_without_race()),
                         test_name);

}  // namespace
}  // namespace fitest::ptx
