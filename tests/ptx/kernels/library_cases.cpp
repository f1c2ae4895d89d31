// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "base/philox.h"
#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "library.cu";

KernelCase one_block(const char* name, std::uint32_t threads) {
  return {name, kSource, {1, 1, 1}, {threads, 1, 1}};
}

// Places of the values in their order, equal ones as they came.
template <class Before>
Values order_of(const Values& x, Before before) {
  Values places(x.size());
  std::iota(places.begin(), places.end(), 0);
  std::stable_sort(places.begin(), places.end(), [&](double a, double b) {
    return before(x[static_cast<std::size_t>(a)], x[static_cast<std::size_t>(b)]);
  });
  return places;
}

KernelCase cub_radix_sort() {
  const Values x = random_values(Store::U32, 512, 101, {0, 300});
  Values keys = x;
  std::sort(keys.begin(), keys.end());
  KernelCase kernel = one_block("cub_radix_sort", 128);
  kernel.in("x", Store::U32, x).out("keys", Store::U32, keys);
  return kernel.out("places", Store::S32, order_of(x, std::less<>()));
}

KernelCase cub_scan_and_reduce() {
  const Values x = random_values(Store::S32, 128, 102, {-100, 100});
  Values before(x.size());
  std::exclusive_scan(x.begin(), x.end(), before.begin(), 0.0);
  KernelCase kernel = one_block("cub_scan_and_reduce", 128);
  kernel.in("x", Store::S32, x).out("before", Store::S32, before);
  return kernel.out("largest", Store::S32, {*std::max_element(x.begin(), x.end())});
}

KernelCase top_p_sample() {
  constexpr std::size_t rows = 4;
  constexpr float p = 0.8F;
  Values probabilities = random_values(Store::F32, rows * 512, 103, {0, 1});
  const Values uniform = {0.05, 0.5, 0.9, 0.99};
  Values tokens;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto begin = probabilities.begin() + static_cast<std::ptrdiff_t>(row * 512);
    const double sum = std::accumulate(begin, begin + 512, 0.0);
    for (auto at = begin; at != begin + 512; ++at) *at = rounded(Store::F32, *at / sum);
    const Values one(begin, begin + 512);
    const Values order = order_of(one, std::greater<>());
    double kept = 0;
    for (std::size_t i = 0; kept < p; ++i) kept += one[static_cast<std::size_t>(order[i])];
    const double target = rounded(Store::F32, uniform[row]) * kept;
    double running = 0;
    std::size_t at = 0;
    while (true) {
      running += one[static_cast<std::size_t>(order[at])];
      if (running >= target) break;
      ++at;
    }
    tokens.push_back(order[at]);
  }
  KernelCase kernel{"top_p_sample", kSource, {rows, 1, 1}, {128, 1, 1}};
  kernel.in("probabilities", Store::F32, probabilities).in("uniform", Store::F32, uniform);
  return kernel.out("token", Store::S32, tokens).scalar("p", p);
}

KernelCase tiles_reduce() {
  const Values x = random_values(Store::S32, 128, 104, {-100, 100});
  Values sums(16);
  for (std::size_t i = 0; i < x.size(); ++i) sums[i / 8] += x[i];
  KernelCase kernel = one_block("tiles_reduce", 128);
  kernel.in("x", Store::S32, x).out("tile_sums", Store::S32, sums);
  return kernel.in_out("block_sum", Store::S32, {{0}, {std::accumulate(x.begin(), x.end(), 0.0)}});
}

KernelCase coalesced_count() {
  const Values x = random_values(Store::S32, 128, 105, {-100, 100});
  const auto positive = std::count_if(x.begin(), x.end(), [](double v) { return v > 0; });
  KernelCase kernel = one_block("coalesced_count", 128);
  kernel.in("x", Store::S32, x);
  return kernel.in_out("count", Store::S32, {{0}, {static_cast<double>(positive)}});
}

KernelCase grid_sync_shift() {
  constexpr std::size_t n = 256;
  const Values a = random_values(Store::S32, n, 106, {0, 1000});
  Values shifted(n);
  for (std::size_t i = 0; i < n; ++i) shifted[(i + 99) % n] = a[i] + 3;
  KernelCase kernel{"grid_sync_shift", kSource, {4, 1, 1}, {64, 1, 1}};
  kernel.cooperative = true;
  kernel.in_out("a", Store::S32, {a, shifted});
  return kernel.in_out("b", Store::S32, {Values(n), shifted});
}

KernelCase pipeline_sum() {
  constexpr std::size_t stages = 5;
  const Values x = random_values(Store::F32, stages * 256, 107);
  Values sums(64);
  for (std::size_t i = 0; i < x.size(); ++i) sums[i / 4 % 64] += x[i];
  KernelCase kernel = one_block("pipeline_sum", 64);
  kernel.in("x", Store::F32, x).out("sums", Store::F32, sums, {1e-5, 0});
  return kernel.scalar("stages", static_cast<int>(stages));
}

KernelCase barrier_exchange() {
  const Values x = random_values(Store::S32, 128, 108, {0, 1000});
  Values y = x;
  for (int round = 0; round < 3; ++round) {
    const Values last = y;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] += last[(i + 1) % 128];
  }
  return one_block("barrier_exchange", 128).in("x", Store::S32, x).out("y", Store::S32, y);
}

// cuRAND's manual: the subsequence is the upper half of the counter, the seed the key; uniform
// values are of (0, 1].
KernelCase philox_uniform() {
  constexpr std::uint64_t seed = 0x123456789ABCDEFull;
  const PhiloxKey key = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  Values words;
  Values y;
  for (std::uint32_t thread = 0; thread < 32; ++thread) {
    for (const std::uint32_t word : philox4x32_10({0, 0, thread, 0}, key)) words.push_back(word);
    for (const std::uint32_t word : philox4x32_10({1, 0, thread, 0}, key)) {
      y.push_back((word + 0.5) / 4294967296.0);
    }
  }
  KernelCase kernel = one_block("philox_uniform", 32);
  kernel.out("y", Store::F32, y, {1e-7, 1e-6}).out("words", Store::U32, words);
  return kernel.scalar("seed", seed);
}

}  // namespace

std::vector<KernelCase> library_cases() {
  return {cub_radix_sort(), cub_scan_and_reduce(), top_p_sample(),
          tiles_reduce(),   coalesced_count(),     grid_sync_shift(),
          pipeline_sum(),   barrier_exchange(),    philox_uniform()};
}

}  // namespace fitest::kernels
