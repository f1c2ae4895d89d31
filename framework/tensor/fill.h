// SPDX-License-Identifier: Apache-2.0
// Fills a tensor from a function of element ranges, in parallel, whatever its dtype.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "base/parallel.h"
#include "tensor/tensor.h"

namespace fitest {

inline constexpr std::size_t kFillChunk = 4096;  // elements; even, so that float4 pairs stay whole

inline void store(std::span<const float> values, Tensor& tensor, std::size_t first) {
  from_float(values, tensor, first);
}
inline void store(std::span<const double> values, Tensor& tensor, std::size_t first) {
  from_double(values, tensor, first);
}

// make(first, span<Real>) writes elements [first, first + size) of the row-major tensor; it must
// depend on the element's index alone.
template <class Real, class Make>
void fill(Tensor& tensor, const Make& make) {
  const std::size_t chunks = (tensor.count() + kFillChunk - 1) / kFillChunk;
  parallel_for(chunks, 8, [&](std::size_t begin, std::size_t end) {
    std::array<Real, kFillChunk> values;
    for (std::size_t chunk = begin; chunk < end; ++chunk) {
      const std::size_t first = chunk * kFillChunk;
      const auto part = std::span(values).first(std::min(kFillChunk, tensor.count() - first));
      make(first, part);
      store(part, tensor, first);
    }
  });
}

}  // namespace fitest
