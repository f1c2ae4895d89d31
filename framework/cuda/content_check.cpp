// SPDX-License-Identifier: Apache-2.0
#include "cuda/content_check.h"

#include <cstring>
#include <numeric>

#include "base/error.h"
#include "cuda/content_kernels.h"

namespace fitest::cuda {
namespace {

constexpr std::size_t kChunkWords = kChunkBytes / 4;
constexpr std::uint32_t kThreads = 256;

std::uint64_t mix(std::uint64_t index, std::uint32_t word) {
  std::uint64_t hash = (index << 32 | word) * 0x9E3779B97F4A7C15u;
  hash ^= hash >> 32;
  return hash * 0xD6E8FEB86659FD93u;
}

template <class Visit>
void for_each_word(std::span<const std::byte> bytes, Visit visit) {
  for (std::size_t index = 0; index < bytes.size() / 4; ++index) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + 4 * index, sizeof word);
    visit(index, word);
  }
}

std::size_t chunk_count(std::size_t words) {
  return (words + kChunkWords - 1) / kChunkWords;
}

template <class T>
KernelArgument argument(const char* name, T value) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  return {name, {bytes.begin(), bytes.end()}};
}

Launch make_launch(const char* kernel, CudaAddress address, std::size_t words) {
  Launch launch;
  launch.kernel = kernel;
  launch.grid.x = static_cast<std::uint32_t>(chunk_count(words));
  launch.block.x = kThreads;
  launch.arguments = {argument("base", std::uint64_t{address}),
                      argument("words", std::uint64_t{words})};
  return launch;
}

}  // namespace

std::vector<std::uint64_t> checksums(std::span<const std::byte> bytes) {
  std::vector<std::uint64_t> sums(chunk_count(bytes.size() / 4));
  for_each_word(bytes, [&](std::size_t index, std::uint32_t word) {
    sums[index / kChunkWords] += mix(index, word);
  });
  return sums;
}

const CudaModule* ContentCheck::module() {
  if (!std::exchange(tried_, true)) {
    std::optional<Fault> fault;
    queue_.use_gpu();
    module_ = CudaModule::load(context_, {Image::Kind::Ptx, kContentKernels, "compute_70"}, fault);
    queue_.settle();
  }
  return module_.get();
}

std::vector<std::uint64_t> ContentCheck::run(Launch launch, std::size_t words) {
  std::vector<std::uint64_t> found(chunk_count(words));
  const OwnedMemory memory = make_memory(context_, found.size() * sizeof(std::uint64_t));
  queue_.fill_words(memory.get(), 0, 2 * found.size());
  launch.arguments.insert(launch.arguments.begin() + 2,
                          argument("found", std::uint64_t{memory.get()}));
  if (const auto fault = queue_.launch(*module_, launch)) {
    fail(ErrorKind::Environment, describe(*fault));
  }
  queue_.copy_out(memory.get(), std::as_writable_bytes(std::span(found)));
  queue_.settle();
  return found;
}

std::vector<std::byte> ContentCheck::read(CudaAddress address, std::size_t words) {
  std::vector<std::byte> bytes(4 * words);
  queue_.copy_out(address, bytes);
  queue_.settle();
  return bytes;
}

std::vector<std::uint64_t> ContentCheck::checksums(CudaAddress address, std::size_t words) {
  if (words == 0) return {};
  if (module() == nullptr) return cuda::checksums(read(address, words));
  return run(make_launch("checksum", address, words), words);
}

std::uint64_t ContentCheck::count_words(CudaAddress address, std::size_t words,
                                        std::uint32_t pattern) {
  if (words == 0) return 0;
  std::uint64_t count = 0;
  if (module() == nullptr) {
    for_each_word(read(address, words),
                  [&](std::size_t, std::uint32_t word) { count += word == pattern ? 1 : 0; });
    return count;
  }
  Launch launch = make_launch("count_words", address, words);
  launch.arguments.push_back(argument("pattern", pattern));
  const auto found = run(std::move(launch), words);
  return std::accumulate(found.begin(), found.end(), std::uint64_t{0});
}

}  // namespace fitest::cuda
