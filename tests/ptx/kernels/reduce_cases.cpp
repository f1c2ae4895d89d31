// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "reduce.cu";

KernelCase block_sum() {
  const Values x = random_values(Store::F32, 5000, 11);
  KernelCase kernel{"block_sum", kSource, {4, 1, 1}, {256, 1, 1}};
  kernel.in("x", Store::F32, x);
  const double sum = std::accumulate(x.begin(), x.end(), 0.0);
  return kernel.in_out("total", Store::F32, {{0}, {sum}}, {1e-3, 0}).scalar("n", 5000);
}

KernelCase dot_double() {
  const Values x = random_values(Store::F64, 1000, 12);
  const Values y = random_values(Store::F64, 1000, 13);
  const double dot = std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
  KernelCase kernel{"dot_double", kSource, {1, 1, 1}, {32, 1, 1}};
  kernel.in("x", Store::F64, x).in("y", Store::F64, y);
  return kernel.out("total", Store::F64, {dot}, {1e-12, 0}).scalar("n", 1000);
}

KernelCase argmax_rows() {
  constexpr int columns = 777;
  Values x = random_values(Store::F32, 3 * columns, 14);
  x[columns + 600] = x[columns + 31] = 2;  // a tie
  Values index;
  for (int row = 0; row < 3; ++row) {
    const auto begin = x.begin() + row * columns;
    index.push_back(static_cast<double>(std::max_element(begin, begin + columns) - begin));
  }
  KernelCase kernel{"argmax_rows", kSource, {3, 1, 1}, {256, 1, 1}};
  return kernel.in("x", Store::F32, x).out("index", Store::S32, index).scalar("columns", columns);
}

KernelCase segmented_sum() {
  const Values begin = {0, 5, 5, 70, 71, 300};
  const Values x = random_values(Store::F32, 300, 15);
  Values sums;
  for (std::size_t row = 0; row + 1 < begin.size(); ++row) {
    sums.push_back(std::accumulate(x.begin() + static_cast<int>(begin[row]),
                                   x.begin() + static_cast<int>(begin[row + 1]), 0.0));
  }
  KernelCase kernel{"segmented_sum", kSource, {2, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::F32, x).in("begin", Store::S32, begin);
  return kernel.out("sums", Store::F32, sums, {1e-4, 0}).scalar("rows", 5);
}

KernelCase cumulative_sum() {
  constexpr int columns = 150;
  const Values x = random_values(Store::S32, 2 * columns, 16, {-50, 50});
  Values y(x.size());
  for (int row = 0; row < 2; ++row) {
    const auto begin = x.begin() + row * columns;
    std::partial_sum(begin, begin + columns, y.begin() + row * columns);
  }
  KernelCase kernel{"cumulative_sum", kSource, {2, 1, 1}, {32, 1, 1}};
  return kernel.in("x", Store::S32, x).out("y", Store::S32, y).scalar("columns", columns);
}

KernelCase welford() {
  constexpr int n = 1001;
  const Values x = random_values(Store::F32, n, 17, {9, 11});
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double squares = 0;
  for (const double value : x) squares += (value - mean) * (value - mean);
  KernelCase kernel{"welford", kSource, {1, 1, 1}, {32, 1, 1}};
  kernel.in("x", Store::F32, x).out("mean", Store::F32, {mean}, {1e-5, 0});
  return kernel.out("variance", Store::F32, {squares / n}, {1e-5, 0}).scalar("n", n);
}

KernelCase compact_positive() {
  const Values x = random_values(Store::S32, 100, 18, {-50, 50});
  Values kept;
  std::copy_if(x.begin(), x.end(), std::back_inserter(kept), [](double v) { return v > 0; });
  const auto count = static_cast<double>(kept.size());
  KernelCase kernel{"compact_positive", kSource, {1, 1, 1}, {32, 1, 1}};
  kernel.in("x", Store::S32, x).out("y", Store::S32, kept);
  return kernel.out("count", Store::S32, {count}).scalar("n", 100);
}

KernelCase histogram_matched() {
  const Values keys = random_values(Store::S32, 300, 19, {0, 7});
  Values bins(7);
  for (const double key : keys) ++bins[static_cast<std::size_t>(key)];
  KernelCase kernel{"histogram_matched", kSource, {3, 1, 1}, {128, 1, 1}};
  kernel.in("keys", Store::S32, keys).in_out("bins", Store::U32, {Values(7), bins});
  return kernel.scalar("n", 300);
}

KernelCase segmented_scan() {
  const Values x = random_values(Store::S32, 256, 20, {-9, 9});
  Values heads = random_values(Store::S32, 256, 21, {0, 6});
  for (double& head : heads) head = head == 0 ? 1 : 0;
  Values y = x;
  for (std::size_t i = 1; i < y.size(); ++i) y[i] += heads[i] != 0 ? 0 : y[i - 1];
  KernelCase kernel{"segmented_scan", kSource, {1, 1, 1}, {256, 1, 1}};
  kernel.in("x", Store::S32, x).in("heads", Store::S32, heads);
  return kernel.out("y", Store::S32, y);
}

}  // namespace

std::vector<KernelCase> reduce_cases() {
  return {block_sum(), dot_double(),       argmax_rows(),       segmented_sum(), cumulative_sum(),
          welford(),   compact_positive(), histogram_matched(), segmented_scan()};
}

}  // namespace fitest::kernels
