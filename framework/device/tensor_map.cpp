// SPDX-License-Identifier: Apache-2.0
#include "device/tensor_map.h"

#include <fmt/format.h>

namespace fitest {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t kMaxRank = 5;
constexpr std::uint64_t kMaxExtent = std::uint64_t{1} << 32;
constexpr std::uint64_t kMaxStride = std::uint64_t{1} << 40;
constexpr std::uint32_t kMaxBox = 256;
constexpr std::uint32_t kMaxStep = 8;
constexpr std::uint64_t kGranule = 16;  // bytes

std::uint64_t swizzle_bytes(int swizzle) {
  return std::uint64_t{16} << swizzle;
}

Problem check_rank(const TensorMap& map) {
  const std::size_t rank = map.shape.size();
  if (rank < 1 || rank > kMaxRank) {
    return fmt::format("the tensor has {} dimensions, a tensor map 1 to {}", rank, kMaxRank);
  }
  if (map.interleave != 0 && rank < 3) {
    return fmt::format("interleave needs 3 dimensions or more, the tensor has {}", rank);
  }
  if (map.box.size() != rank) {
    return fmt::format("box has {} dimensions, the tensor {}", map.box.size(), rank);
  }
  if (map.step.size() != rank) {
    return fmt::format("step has {} dimensions, the tensor {}", map.step.size(), rank);
  }
  if (map.stride_bytes.size() + 1 != rank) {
    return fmt::format("stride_bytes has {} dimensions, expected {}: all but the last",
                       map.stride_bytes.size(), rank - 1);
  }
  return std::nullopt;
}

Problem check_extents(const TensorMap& map) {
  const std::uint64_t granule = map.interleave == 2 ? 2 * kGranule : kGranule;
  for (std::size_t i = 0; i < map.shape.size(); ++i) {
    if (map.shape[i] < 1 || map.shape[i] > kMaxExtent) {
      return fmt::format("extent {} is {}, expected 1 to 2^32", i, map.shape[i]);
    }
    if (map.box[i] < 1 || map.box[i] > kMaxBox) {
      return fmt::format("box extent {} is {}, expected 1 to {}", i, map.box[i], kMaxBox);
    }
    if (map.step[i] < 1 || map.step[i] > kMaxStep) {
      return fmt::format("step {} is {}, expected 1 to {}", i, map.step[i], kMaxStep);
    }
  }
  for (std::size_t i = 0; i < map.stride_bytes.size(); ++i) {
    const std::uint64_t stride = map.stride_bytes[i];
    if (stride % granule != 0 || stride == 0 || stride >= kMaxStride) {
      return fmt::format("stride {} is {} bytes, expected a multiple of {} below 2^40", i, stride,
                         granule);
    }
  }
  return std::nullopt;
}

Problem check_row(const TensorMap& map) {
  const std::uint64_t row = map.box.back() * std::uint64_t{bits_of(map.dtype) / 8};
  if (map.interleave == 0 && row % kGranule != 0) {
    return fmt::format("a row of the box has {} bytes, expected a multiple of {}", row, kGranule);
  }
  if (map.interleave == 0 && map.swizzle != 0 && row > swizzle_bytes(map.swizzle)) {
    return fmt::format("a row of the box has {} bytes, swizzle {}B allows {}", row,
                       swizzle_bytes(map.swizzle), swizzle_bytes(map.swizzle));
  }
  if (map.interleave == 2 && map.swizzle != 1) return "interleave 32B needs swizzle 32B";
  if (map.fill != 0 && kind_of(map.dtype) != DTypeKind::Float) {
    return fmt::format("fill nan needs a floating-point dtype, not {}", name_of(map.dtype));
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> tensor_map_type(DType dtype) {
  switch (dtype) {
    case DType::Bool:
    case DType::Int8:
    case DType::Float8E4M3Fn:
    case DType::Float8E5M2:
      return 0;  // UINT8: what the bits mean is the kernel's business
    case DType::Int16:
      return 1;  // UINT16
    case DType::Int32:
      return 3;
    case DType::Int64:
      return 5;
    case DType::Float16:
      return 6;
    case DType::Float32:
      return 7;
    case DType::Float64:
      return 8;
    case DType::BFloat16:
      return 9;
    default:
      return std::nullopt;
  }
}

std::optional<std::string> problem_of(const TensorMap& map) {
  if (!tensor_map_type(map.dtype)) {
    return fmt::format("dtype {} has no tensor map", name_of(map.dtype));
  }
  if (Problem problem = check_rank(map)) return problem;
  if (Problem problem = check_extents(map)) return problem;
  return check_row(map);
}

std::vector<std::uint64_t> dense_stride_bytes(DType dtype,
                                              const std::vector<std::uint64_t>& shape) {
  if (shape.empty()) return {};
  std::vector<std::uint64_t> strides(shape.size() - 1);
  std::uint64_t stride = bits_of(dtype) / 8;
  for (std::size_t i = shape.size() - 1; i > 0; --i) {
    stride *= shape[i];
    strides[i - 1] = stride;
  }
  return strides;
}

}  // namespace fitest
