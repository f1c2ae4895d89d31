// SPDX-License-Identifier: Apache-2.0
// The device's printf: CUDA packs the arguments, each at a multiple of its size, 4 or 8 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace fitest::ptx {

struct PrintfSource {
  // Argument bytes; null: a fault has been raised.
  std::function<const std::uint8_t*(std::size_t offset, std::size_t size)> bytes;
  // What %s points at; empty: a fault has been raised.
  std::function<std::optional<std::string>(std::uint64_t address)> string;
};

// Empty when the source raised a fault.
std::optional<std::string> format_printf(const std::string& format, const PrintfSource& source);

}  // namespace fitest::ptx
