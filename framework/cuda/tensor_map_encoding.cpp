// SPDX-License-Identifier: Apache-2.0
#include "cuda/tensor_map_encoding.h"

#include <fmt/format.h>

#include <bit>

#include "base/error.h"
#include "cuda/driver_error.h"

namespace fitest::cuda {
namespace {

constexpr std::size_t kMapAlignment = 64;

template <class T>
std::vector<T> innermost_first(const std::vector<T>& values) {
  return {values.rbegin(), values.rend()};
}

}  // namespace

EncodedTensorMap encode_tensor_map(CudaContext& context, const TensorMap& map,
                                   CudaAddress address) {
  const auto shape = innermost_first(map.shape);
  const auto strides = innermost_first(map.stride_bytes);
  const auto box = innermost_first(map.box);
  const auto step = innermost_first(map.step);
  alignas(kMapAlignment) EncodedTensorMap encoded{};
  const CudaResult result = context.api().tensor_map_encode(
      encoded.data(), tensor_map_type(map.dtype).value_or(0), static_cast<unsigned>(shape.size()),
      std::bit_cast<void*>(address), shape.data(), strides.data(), box.data(), step.data(),
      map.interleave, map.swizzle, map.l2_promotion, map.fill);
  if (result != CudaResult::Success) {
    fail(ErrorKind::Unsupported,
         fmt::format("the driver encodes no such tensor map: {}", words_of(context.api(), result)));
  }
  return encoded;
}

}  // namespace fitest::cuda
