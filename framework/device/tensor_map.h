// SPDX-License-Identifier: Apache-2.0
// A tensor map: how Hopper's copy engine (TMA) sees a tensor, passed to a kernel by value as
// `const __grid_constant__ CUtensorMap`. Rules: CUDA Driver API, cuTensorMapEncodeTiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace fitest {

inline constexpr std::size_t kTensorMapBytes = 128;
using EncodedTensorMap = std::array<std::byte, kTensorMapBytes>;

// In the order of a Definition's shape: the outermost dimension first, the contiguous one last.
struct TensorMap {
  DType dtype = DType::Float32;
  std::vector<std::uint64_t> shape;
  std::vector<std::uint64_t> stride_bytes;  // of all dimensions but the last
  std::vector<std::uint32_t> box;           // elements that one copy moves
  std::vector<std::uint32_t> step;          // between elements, in elements; mostly 1
  // Values of the driver's enumerations.
  int interleave = 0;    // none, 16B, 32B
  int swizzle = 0;       // none, 32B, 64B, 128B
  int l2_promotion = 0;  // none, 64B, 128B, 256B
  int fill = 0;          // what lies outside the tensor reads as: zero, NaN
};

// The driver's CUtensorMapDataType; nothing for a dtype that has none.
std::optional<int> tensor_map_type(DType dtype);

// Which of the driver's rules the map breaks, which itself says no more than "invalid value".
std::optional<std::string> problem_of(const TensorMap& map);

// Strides of a dense row-major tensor, as TensorMap takes them.
std::vector<std::uint64_t> dense_stride_bytes(DType dtype, const std::vector<std::uint64_t>& shape);

}  // namespace fitest
