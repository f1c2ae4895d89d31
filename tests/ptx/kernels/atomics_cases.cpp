// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "atomics.cu";

KernelCase histogram_shared() {
  const Values x = random_values(Store::U8, 3000, 31, {0, 256});
  Values bins(256);
  for (const double value : x) ++bins[static_cast<std::size_t>(value)];
  KernelCase kernel{"histogram_shared", kSource, {3, 1, 1}, {256, 1, 1}};
  kernel.in("x", Store::U8, x).in_out("bins", Store::U32, {Values(256), bins});
  return kernel.scalar("n", 3000);
}

KernelCase maximum_by_cas() {
  const Values x = random_values(Store::F32, 400, 32, {-9, 9});
  KernelCase kernel{"maximum_by_cas", kSource, {4, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::F32, x);
  kernel.in_out("best", Store::F32, {{-1e30}, {*std::max_element(x.begin(), x.end())}});
  return kernel.scalar("n", 400);
}

KernelCase integer_atomics() {
  const Values x = random_values(Store::U32, 128, 33, {0, 2e9});
  std::uint32_t all = ~0U;
  std::uint32_t any = 0;
  std::uint32_t odd = 0;
  double sum = 0;
  for (const double value : x) {
    const auto bits = static_cast<std::uint32_t>(value);
    all &= bits;
    any |= bits;
    odd ^= bits;
    sum += value;
  }
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  // 128 increments and decrements modulo 100.
  const Values out = {double(all), double(any), double(odd), *least, *most, 28, 72, *least};
  const Values begin = {4294967295.0, 0, 0, 4294967295.0, 0, 0, 0, 2147483647.0};
  KernelCase kernel{"integer_atomics", kSource, {2, 1, 1}, {64, 1, 1}};
  kernel.in("x", Store::U32, x).in_out("out", Store::U32, {begin, out});
  return kernel.in_out("wide", Store::S64, {{0, 0}, {sum, *most * 1048576}});
}

KernelCase float_atomics() {
  KernelCase kernel{"float_atomics", kSource, {2, 1, 1}, {64, 1, 1}};
  kernel.in_out("f", Store::F32, {{1}, {65}}).in_out("d", Store::F64, {{1}, {33}});
  kernel.in_out("h", Store::F16, {{1, 0}, {129, 0}});
  kernel.in_out("h2", Store::F16, {{0, 0}, {128, 256}});
  return kernel.in_out("b2", Store::BF16, {{0, 0}, {128, -128}});
}

KernelCase spin_lock() {
  KernelCase kernel{"spin_lock", kSource, {3, 1, 1}, {64, 1, 1}};
  return kernel.in_out("lock", Store::U32, {{0}, {0}}).in_out("count", Store::U32, {{0}, {192}});
}

KernelCase last_block_sum() {
  const Values x = random_values(Store::F32, 1000, 34);
  const double sum = std::accumulate(x.begin(), x.end(), 0.0);
  KernelCase kernel{"last_block_sum", kSource, {8, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::F32, x).workspace("parts", 32).in_out("ticket", Store::U32, {{0}, {8}});
  return kernel.out("total", Store::F32, {sum}, {1e-4, 0}).scalar("n", 1000);
}

KernelCase scan_look_back() {
  const Values x = random_values(Store::S32, 2000, 35, {-100, 100});
  Values y(x.size());
  std::partial_sum(x.begin(), x.end(), y.begin());
  KernelCase kernel{"scan_look_back", kSource, {16, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::S32, x).out("y", Store::S32, y);
  return kernel.in_out("next", Store::U32, {{0}, {16}}).workspace("states", 128).scalar("n", 2000);
}

KernelCase grid_barrier() {
  Values right;
  for (int block = 0; block < 8; ++block) {
    for (int thread = 0; thread < 32; ++thread) right.push_back((block + 1) % 8 * 100 + thread);
  }
  KernelCase kernel{"grid_barrier", kSource, {8, 1, 1}, {32, 1, 1}};
  kernel.in_out("arrived", Store::U32, {{0}, {8}}).workspace("left", 1024);
  return kernel.out("right", Store::S32, right);
}

}  // namespace

std::vector<KernelCase> atomics_cases() {
  return {histogram_shared(), maximum_by_cas(), integer_atomics(), float_atomics(),
          spin_lock(),        last_block_sum(), scan_look_back(),  grid_barrier()};
}

}  // namespace fitest::kernels
