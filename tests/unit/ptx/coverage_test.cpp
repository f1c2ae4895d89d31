// SPDX-License-Identifier: Apache-2.0
// Which opcodes the files of tests/ptx execute with checked results, against the census of those
// that real kernels use.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

#include "../../ptx/ptx_file.h"
#include "base/file.h"
#include "base/text.h"
#include "ptx/virtual_device.h"

namespace fitest::ptx {
namespace {

namespace fs = std::filesystem;

const fs::path kCensus =
    fs::path(FITEST_SOURCE_DIR).parent_path() / "shared" / "research" / "ptx_census.txt";

// The opcodes of the section "## full opcodes": name, tab, counts.
std::set<std::string> read_census() {
  std::set<std::string> opcodes;
  bool in_section = false;
  for (const std::string& line : split(read_file(kCensus.string()), '\n')) {
    if (line.starts_with("## ")) in_section = line == "## full opcodes";
    const std::size_t tab = line.find('\t');
    if (in_section && tab != std::string::npos) opcodes.insert(line.substr(0, tab));
  }
  return opcodes;
}

// Thread block clusters, bulk copies, warp group products: refused by name.
bool is_hopper(const std::string& opcode) {
  static constexpr std::string_view kPrefixes[] = {
      "wgmma.", "cp.async.bulk", "cp.reduce.async.bulk", "st.async",           "mapa.",
      "fence.", "setmaxnreg.",   "griddepcontrol.",      "prefetch.tensormap", "barrier.cluster."};
  const auto begins = [&](std::string_view prefix) { return opcode.starts_with(prefix); };
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), begins) ||
         opcode.find("shared::cluster") != std::string::npos;
}

bool is_texture(const std::string& opcode) {
  return opcode.starts_with("tex.") || opcode.starts_with("sust.");
}

std::set<std::string> executed_by_files() {
  std::set<std::string> executed;
  for (const auto& entry : fs::directory_iterator(FITEST_SOURCE_DIR "/tests/ptx")) {
    if (entry.path().extension() != ".ptx") continue;
    const PtxFile file = read_ptx_file(entry.path().string());
    VirtualDeviceOptions options;
    options.record_opcodes = true;
    options.check_init = file.check_init;
    options.check_race = file.check_race;
    options.instruction_budget = 20'000'000;
    const DevicePtr device = make_virtual_device(options);
    EXPECT_EQ(run_ptx_file(file, *device), "") << entry.path();
    // Of a launch that ends with a fault, only that is checked.
    if (file.fault) {
      if (file.fault->starts_with("trap")) executed.insert("trap");
      continue;
    }
    const std::set<std::string>& opcodes = executed_opcodes(*device);
    executed.insert(opcodes.begin(), opcodes.end());
  }
  return executed;
}

TEST(Coverage, files_execute_every_opcode_of_the_census_but_hoppers) {
  if (!fs::exists(kCensus)) GTEST_SKIP() << "there is no census at " << kCensus;
  const std::set<std::string> executed = executed_by_files();
  std::size_t outside = 0;
  std::size_t tested = 0;
  std::string missing;
  for (const std::string& opcode : read_census()) {
    if (executed.contains(opcode)) {
      ++tested;
    } else if (is_hopper(opcode) || is_texture(opcode)) {
      ++outside;
    } else {
      missing += opcode + "\n";
    }
  }
  std::cout << executed.size() << " opcodes executed with checked results; of the census " << tested
            << " tested, " << outside << " refused by name\n";
  EXPECT_EQ(missing, "");
}

}  // namespace
}  // namespace fitest::ptx
