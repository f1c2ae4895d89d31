// SPDX-License-Identifier: Apache-2.0
// Results of golden.cu on a device, as numbers by kernel; the file of a GPU is one kernel a line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest::golden {

enum class Kind : std::uint8_t {
  Histogram,    // over floats: bins of distances from the nearest result
  Histogram16,  // over all codes of 16 bits
  Sum,          // of exact results; must be equal
  Products,     // f32 words of mma; near
  Words,        // must be equal
};

struct Row {
  const char* kernel;
  Kind kind;
};
const std::vector<Row>& rows();

using Numbers = std::vector<std::uint64_t>;
inline constexpr std::size_t kBins = 35;
inline constexpr std::size_t kSpecialBin = 33;
inline constexpr std::size_t kLargestBin = 34;

// Loads golden.cu. Error (Internal) when it does not compile or run.
ModulePtr load_module(Device& device);

// Every `stride`-th of the 2^32 inputs of a Histogram; an odd stride above 1 samples.
Numbers run_row(const Row& row, Device& device, const Module& module, std::uint32_t stride);

using File = std::map<std::string, Numbers>;
std::string to_text(const std::string& recorded_by, const File& file);
File from_text(const std::string& text);

}  // namespace fitest::golden
