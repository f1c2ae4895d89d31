// SPDX-License-Identifier: Apache-2.0
// What device memory holds, judged where it is: checksums, and words that equal a pattern.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cuda/cuda_queue.h"

namespace fitest::cuda {

inline constexpr std::size_t kChunkBytes = 16384;  // that one checksum covers

// For each chunk the sum of a bijection of (index, word): a change of one word always shows, others
// with all but 2^-64. A rest of `bytes` behind the last whole word is not covered.
std::vector<std::uint64_t> checksums(std::span<const std::byte> bytes);

// The same on the GPU, by two small kernels; through a copy to the host where the driver cannot
// compile them.
class ContentCheck {
 public:
  ContentCheck(CudaContext& context, CudaQueue& queue) : context_(context), queue_(queue) {}

  // Both wait. `words` of 4 bytes from `address`, which is a multiple of 4.
  std::vector<std::uint64_t> checksums(CudaAddress address, std::size_t words);
  std::uint64_t count_words(CudaAddress address, std::size_t words, std::uint32_t pattern);

 private:
  // Null where the driver cannot compile it.
  const CudaModule* module();
  std::vector<std::uint64_t> run(Launch launch, std::size_t words);
  std::vector<std::byte> read(CudaAddress address, std::size_t words);

  CudaContext& context_;
  CudaQueue& queue_;
  bool tried_ = false;
  std::unique_ptr<CudaModule> module_;
};

}  // namespace fitest::cuda
