// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "basic.cu";

KernelCase saxpy() {
  const Values x = random_values(Store::F32, 1000, 1);
  const Values y = random_values(Store::F32, 1000, 2);
  Values sum(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) sum[i] = 2.5 * x[i] + y[i];
  KernelCase kernel{"saxpy", kSource, {3, 1, 1}, {128, 1, 1}};
  kernel.scalar("a", 2.5f).in("x", Store::F32, x);
  kernel.in_out("y", Store::F32, {y, sum}, {1e-6, 1e-6}).scalar("n", 1000);
  return kernel;
}

KernelCase copy_vector4() {
  const Values x = random_values(Store::F32, 800, 3);
  KernelCase kernel{"copy_vector4", kSource, {2, 1, 1}, {128, 1, 1}};
  return kernel.in("x", Store::F32, x).out("y", Store::F32, x).scalar("n", 200);
}

KernelCase transpose_tiled() {
  constexpr int rows = 70;
  constexpr int columns = 45;
  const Values x = random_values(Store::F32, rows * columns, 4);
  Values y(x.size());
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) y[j * rows + i] = x[i * columns + j];
  }
  KernelCase kernel{"transpose_tiled", kSource, {2, 3, 1}, {32, 8, 1}};
  kernel.in("x", Store::F32, x).out("y", Store::F32, y);
  return kernel.scalar("rows", rows).scalar("columns", columns);
}

KernelCase stencil_halo() {
  constexpr int n = 300;
  const Values x = random_values(Store::F32, n, 5);
  Values y(n);
  for (int i = 0; i < n; ++i) {
    for (int j = std::max(0, i - 3); j <= std::min(n - 1, i + 3); ++j) y[i] += x[j];
  }
  KernelCase kernel{"stencil_halo", kSource, {3, 1, 1}, {128, 1, 1}};
  return kernel.in("x", Store::F32, x).out("y", Store::F32, y, {1e-6, 0}).scalar("n", n);
}

KernelCase collatz() {
  constexpr int n = 200;
  Values steps(n);
  for (int i = 0; i < n; ++i) {
    for (std::uint64_t v = i + 1; v != 1; ++steps[i]) v = v % 2 == 0 ? v / 2 : 3 * v + 1;
  }
  KernelCase kernel{"collatz", kSource, {2, 1, 1}, {128, 1, 1}};
  return kernel.out("steps", Store::U32, steps).scalar("n", n);
}

KernelCase sgemm_register_tiled() {
  constexpr int n = 64;
  const Values a = random_values(Store::F32, n * n, 6);
  const Values b = random_values(Store::F32, n * n, 7);
  Values c(n * n);
  for (int i = 0; i < n * n; ++i) {
    for (int k = 0; k < n; ++k) c[i] += a[i / n * n + k] * b[k * n + i % n];
  }
  KernelCase kernel{"sgemm_register_tiled", kSource, {1, 1, 1}, {256, 1, 1}};
  kernel.in("a", Store::F32, a).in("b", Store::F32, b).out("c", Store::F32, c, {1e-5, 1e-5});
  return kernel.scalar("n", n);
}

KernelCase gather_rows() {
  constexpr int width = 50;
  const Values table = random_values(Store::F32, 20 * width, 8);
  Values index = random_values(Store::S64, 9, 9, {0, 20});
  index[4] = -1;
  Values y;
  for (const double row : index) {
    for (int i = 0; i < width; ++i) {
      y.push_back(row < 0 ? 0 : table[static_cast<std::size_t>(row) * width + i]);
    }
  }
  KernelCase kernel{"gather_rows", kSource, {9, 1, 1}, {32, 1, 1}};
  kernel.in("table", Store::F32, table).in("index", Store::S64, index);
  return kernel.out("y", Store::F32, y).scalar("width", width);
}

KernelCase bitonic_sort() {
  const Values keys = random_values(Store::U32, 512, 10, {0, 4e9});
  Values sorted = keys;
  std::sort(sorted.begin(), sorted.end());
  KernelCase kernel{"bitonic_sort", kSource, {1, 1, 1}, {512, 1, 1}};
  return kernel.in_out("keys", Store::U32, {keys, sorted});
}

}  // namespace

std::vector<KernelCase> basic_cases() {
  return {saxpy(),   copy_vector4(),         transpose_tiled(), stencil_halo(),
          collatz(), sgemm_register_tiled(), gather_rows(),     bitonic_sort()};
}

}  // namespace fitest::kernels
