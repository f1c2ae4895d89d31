// SPDX-License-Identifier: Apache-2.0
#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "gemm.cu";

struct Sizes {
  int m;
  int n;
  int k;
};

// c[i, j] = sum of a[i, :] b[j, :].
Values multiply(const Values& a, const Values& b, Sizes sizes) {
  Values c(static_cast<std::size_t>(sizes.m) * sizes.n);
  for (int i = 0; i < sizes.m; ++i) {
    for (int j = 0; j < sizes.n; ++j) {
      for (int k = 0; k < sizes.k; ++k)
        c[i * sizes.n + j] += a[i * sizes.k + k] * b[j * sizes.k + k];
    }
  }
  return c;
}

struct Operands {
  Store in;
  Store out;
  Range range;
  Tolerance tolerance;
};

// A kernel of (a, b, c), and what scalars follow.
KernelCase product(KernelCase kernel, Sizes sizes, const Operands& operands) {
  const Values a = random_values(operands.in, sizes.m * sizes.k, 71, operands.range);
  const Values b = random_values(operands.in, sizes.n * sizes.k, 72, operands.range);
  kernel.in("a", operands.in, a).in("b", operands.in, b);
  return kernel.out("c", operands.out, multiply(a, b, sizes), operands.tolerance);
}

KernelCase one_warp(const char* name) {
  return {name, kSource, {1, 1, 1}, {32, 1, 1}};
}

KernelCase gemm_bf16_pipelined() {
  KernelCase kernel{"gemm_bf16_pipelined", kSource, {2, 2, 1}, {128, 1, 1}};
  kernel = product(kernel, {64, 64, 96}, {Store::BF16, Store::F32, {}, {1e-4, 0}});
  return kernel.scalar("n", 64).scalar("k", 96);
}

KernelCase mma_tf32() {
  KernelCase kernel = one_warp("mma_tf32");
  // Operands keep 11 bits.
  return product(kernel, {16, 8, 8}, {Store::F32, Store::F32, {}, {4e-3, 0}});
}

KernelCase wmma(const char* name, const Operands& operands) {
  return product(one_warp(name), {16, 16, 48}, operands).scalar("k", 48);
}

KernelCase gemm_fp8_block_scaled() {
  constexpr Sizes sizes{4, 40, 96};
  const Values a = random_values(Store::E4M3, sizes.m * sizes.k, 73, {-8, 8});
  const Values b = random_values(Store::E4M3, sizes.n * sizes.k, 74, {-8, 8});
  const Values scale_a = random_values(Store::F32, sizes.m * 3, 75, {0.1, 1});
  const Values scale_b = random_values(Store::F32, sizes.n * 3, 76, {0.1, 1});
  Values wide_a = a;
  Values wide_b = b;
  for (std::size_t i = 0; i < a.size(); ++i) wide_a[i] *= scale_a[i / 32];
  for (std::size_t i = 0; i < b.size(); ++i) wide_b[i] *= scale_b[i / 32];
  KernelCase kernel{"gemm_fp8_block_scaled", kSource, {sizes.m, 1, 1}, {32, 1, 1}};
  kernel.in("a", Store::E4M3, a).in("b", Store::E4M3, b);
  kernel.in("scale_a", Store::F32, scale_a).in("scale_b", Store::F32, scale_b);
  kernel.out("c", Store::BF16, multiply(wide_a, wide_b, sizes), {1e-3, 0.005});
  return kernel.scalar("n", sizes.n).scalar("k", sizes.k);
}

KernelCase gemv_w4a16() {
  constexpr int rows = 8;
  constexpr int k = 512;
  const Values packed = random_values(Store::U32, rows * k / 8, 77, {0, 4294967295.0});
  const Values scales = random_values(Store::F16, rows * k / 32, 78, {0.01, 0.1});
  const Values x = random_values(Store::F16, k, 79);
  Values y(rows);
  for (int i = 0; i < rows * k; ++i) {
    const auto word = static_cast<std::uint32_t>(packed[i / 8]);
    const int weight = static_cast<int>(word >> 4 * (i % 8) & 15u) - 8;
    y[i / k] += weight * scales[i / 32] * x[i % k];
  }
  KernelCase kernel{"gemv_w4a16", kSource, {2, 1, 1}, {128, 1, 1}};
  kernel.in("weights", Store::U32, packed).in("scales", Store::F16, scales);
  return kernel.in("x", Store::F16, x).out("y", Store::F16, y, {1e-3, 1e-3}).scalar("k", k);
}

KernelCase gemm_split_k() {
  constexpr Sizes sizes{8, 16, 120};
  const Values a = random_values(Store::F32, sizes.m * sizes.k, 80);
  const Values b = random_values(Store::F32, sizes.n * sizes.k, 81);
  KernelCase kernel{"gemm_split_k", kSource, {4, 1, 1}, {16, 8, 1}};
  kernel.in("a", Store::F32, a).in("b", Store::F32, b);
  kernel.in_out("c", Store::F32, {Values(128), multiply(a, b, sizes)}, {1e-4, 0});
  return kernel.scalar("n", sizes.n).scalar("k", sizes.k);
}

}  // namespace

std::vector<KernelCase> gemm_cases() {
  return {
      gemm_bf16_pipelined(),
      product(one_warp("mma_f16_f16"), {16, 8, 16}, {Store::F16, Store::F16, {}, {0.005, 0.002}}),
      mma_tf32(),
      product(one_warp("mma_s8"), {16, 8, 32}, {Store::S8, Store::S32, {-128, 128}, {}}),
      wmma("wmma_f16", {Store::F16, Store::F32, {}, {1e-4, 0}}),
      wmma("wmma_bf16", {Store::BF16, Store::F32, {}, {1e-4, 0}}),
      wmma("wmma_s8", {Store::S8, Store::S32, {-128, 128}, {}}),
      gemm_fp8_block_scaled(),
      gemv_w4a16(),
      gemm_split_k()};
}

}  // namespace fitest::kernels
