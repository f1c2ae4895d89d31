// SPDX-License-Identifier: Apache-2.0
// Every kernel of the planted-bug suite on the virtual device: the bug is found at its line by the
// check that is for it, and all checks find nothing in the correct twin.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "compile/compiler.h"
#include "planted_file.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

constexpr std::size_t kWords = 64;
constexpr std::uint64_t kBudget = 300'000;  // thread-instructions
const std::string kFolder = FITEST_PLANTED_DIR;

struct Case {
  std::string file;  // without folder
  PlantedKernel kernel;
  PlantedKernel twin;
  PlantedExpectation expected;
};

void PrintTo(const Case& planted, std::ostream* out) {
  *out << planted.file << ": " << planted.kernel.name;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".cu") continue;
    const PlantedFile file = read_planted_file(entry.path().string());
    for (std::size_t i = 0; i < file.kernels.size(); i += 2) {
      const auto expected = std::find_if(
          file.expectations.begin(), file.expectations.end(),
          [&](const PlantedExpectation& e) { return e.kernel == file.kernels[i].name; });
      cases.push_back(
          {entry.path().filename().string(), file.kernels[i], file.kernels[i + 1], *expected});
    }
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return a.kernel.name < b.kernel.name; });
  return cases;
}

// The PTX of a file; compiled once a process, and once a machine by the kernel cache.
const CompileResult& compiled(const std::string& file) {
  static std::map<std::string, CompileResult> results;
  const auto [place, is_new] = results.try_emplace(file);
  if (is_new) {
    CompileRequest request;
    request.sources = {{file, read_file(kFolder + "/" + file)},
                       {"planted.h", read_file(kFolder + "/planted.h")}};
    request.main_path = file;
    place->second = compile(request);
  }
  return place->second;
}

VirtualDeviceOptions options_with(const std::vector<std::string>& checks) {
  const auto has = [&](std::string_view name) {
    return std::find(checks.begin(), checks.end(), name) != checks.end();
  };
  VirtualDeviceOptions options;
  options.check_memory = has("memory");
  options.check_init = has("init");
  options.check_sync = has("sync");
  options.check_race = has("race");
  options.instruction_budget = kBudget;
  return options;
}

std::vector<std::byte> words(std::uint32_t first, std::uint32_t step) {
  std::vector<std::byte> bytes(kWords * sizeof first);
  for (std::size_t i = 0; i < kWords; ++i, first += step) {
    std::memcpy(bytes.data() + i * sizeof first, &first, sizeof first);
  }
  return bytes;
}

template <class Value>
KernelArgument argument(const std::string& name, Value value) {
  KernelArgument result{name, std::vector<std::byte>(sizeof value)};
  std::memcpy(result.bytes.data(), &value, sizeof value);
  return result;
}

// Everything that is found, what ended the launch first.
std::vector<Fault> run(const std::string& ptx, const PlantedKernel& kernel,
                       const VirtualDeviceOptions& options) {
  const DevicePtr device = make_virtual_device(options);
  std::optional<Fault> fault;
  const ModulePtr module = device->load({Image::Kind::Ptx, ptx, "compute_80"}, fault);
  if (!module) return {*fault};
  const std::size_t bytes = kWords * sizeof(std::uint32_t);
  const BufferPtr in = device->allocate({"in", bytes, Access::Input});
  const BufferPtr out = device->allocate({"out", bytes, Access::Output});
  const BufferPtr work = device->allocate({"work", bytes, Access::Workspace});
  device->upload(*in, words(0, 1));
  device->poison(*out);
  device->upload(*work, words(0, 0));
  Launch launch;
  launch.kernel = kernel.name;
  launch.grid = kernel.grid;
  launch.block = kernel.block;
  launch.dynamic_shared_bytes = kernel.shared_bytes;
  launch.arguments = {argument("in", in->address()), argument("out", out->address()),
                      argument("work", work->address()), argument("zero", std::uint32_t{0})};
  fault = device->launch(*module, launch);
  if (!fault) fault = device->synchronize();
  const std::vector<Fault> hazards = device->take_hazards();
  return hazards.empty() && fault ? std::vector<Fault>{*fault} : hazards;
}

// What of a Fault the file says.
std::string summary(const Fault& fault, const PlantedExpectation& expected) {
  const std::string buffer = expected.buffer.empty() ? "" : " in " + fault.buffer;
  const std::string thread = fmt::format(" by {}:{}", fault.block.x, fault.thread.x);
  return fmt::format("{} at line {}{}{}", name_of(fault.kind), fault.source.line, buffer,
                     expected.thread.empty() ? "" : thread);
}

std::string summary(const PlantedExpectation& expected) {
  return fmt::format("{} at line {}{}{}", expected.kind, expected.line,
                     expected.buffer.empty() ? "" : " in " + expected.buffer,
                     expected.thread.empty() ? "" : " by " + expected.thread);
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  return info.param.kernel.name;
}

class PlantedBugs : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!nvrtc_status().available) GTEST_SKIP() << nvrtc_status().problem;
    const CompileResult& result = compiled(GetParam().file);
    ASSERT_TRUE(result.succeeded) << result.log;
    ptx_ = result.code;
  }
  std::string ptx_;
};

TEST_P(PlantedBugs, is_found_at_its_line_and_not_in_the_twin) {
  const Case& planted = GetParam();
  const std::vector<Fault> found = run(ptx_, planted.kernel, options_with(planted.kernel.checks));
  ASSERT_FALSE(found.empty()) << "nothing is reported";
  std::vector<std::string> summaries;
  for (const Fault& fault : found) {
    EXPECT_EQ(fault.source.file, planted.file);
    EXPECT_EQ(name_of(fault.kind), planted.expected.kind);
    summaries.push_back(summary(fault, planted.expected));
  }
  EXPECT_THAT(summaries, testing::Contains(summary(planted.expected))) << describe(found);

  const std::vector<Fault> wrong =
      run(ptx_, planted.twin, options_with({"memory", "init", "sync", "race"}));
  EXPECT_TRUE(wrong.empty()) << describe(wrong);
}

// What the virtual device promises to find.
constexpr const char* kFaults[] = {
    "out_of_bounds",
    "foreign_buffer",
    "misaligned",
    "null",
    "read_only",
    "uninitialised_register",
    "uninitialised_local",
    "uninitialised_shared",
    "uninitialised_global",
    "missing_syncthreads",
    "missing_syncwarp",
    "global_race",
    "missing_fence",
    "same_value",
    "missing_copy_wait",
    "divergent_barrier",
    "wrong_count",
    "mbarrier",
    "inactive_lanes",
    "pending_barrier",
    "deadlock",
    "stack_overflow",
    "shared_overflow",
    "division_by_zero",
    "trap",
    "failed_assert",
    "endless",
};

TEST(PlantedSuite, has_every_fault_in_at_least_two_shapes) {
  std::map<std::string, int> shapes;
  for (const Case& planted : all_cases()) ++shapes[planted.kernel.fault];
  for (const char* fault : kFaults) {
    EXPECT_GE(shapes[fault], 2) << fault;
    shapes.erase(fault);
  }
  EXPECT_THAT(shapes, testing::IsEmpty()) << "faults that kFaults lacks";
}

INSTANTIATE_TEST_SUITE_P(Suite, PlantedBugs, testing::ValuesIn(all_cases()), test_name);

}  // namespace
}  // namespace fitest::ptx
