// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "normalise.cu";
constexpr int kRows = 3;
constexpr int kColumns = 300;

KernelCase rows_kernel(const char* name) {
  return {name, kSource, {kRows, 1, 1}, {128, 1, 1}};
}

// log of the sum of exponentials of a row.
double log_sum(const Values& x, int row) {
  double sum = 0;
  for (int i = 0; i < kColumns; ++i) sum += std::exp(x[row * kColumns + i]);
  return std::log(sum);
}

KernelCase softmax_f16() {
  const Values x = random_values(Store::F16, kRows * kColumns, 41, {-4, 4});
  Values y(x.size());
  for (int i = 0; i < kRows * kColumns; ++i) y[i] = std::exp(x[i] - log_sum(x, i / kColumns));
  KernelCase kernel = rows_kernel("softmax_f16");
  kernel.in("x", Store::F16, x).out("y", Store::F16, y, {1e-6, 1e-3});
  return kernel.scalar("columns", kColumns);
}

KernelCase log_softmax_f32() {
  const Values x = random_values(Store::F32, kRows * kColumns, 42, {-4, 4});
  Values y(x.size());
  for (int i = 0; i < kRows * kColumns; ++i) y[i] = x[i] - log_sum(x, i / kColumns);
  KernelCase kernel = rows_kernel("log_softmax_f32");
  kernel.in("x", Store::F32, x).out("y", Store::F32, y, {1e-5, 0});
  return kernel.scalar("columns", kColumns);
}

KernelCase layernorm_f32() {
  const Values x = random_values(Store::F32, kRows * kColumns, 43);
  const Values weight = random_values(Store::F32, kColumns, 44);
  const Values bias = random_values(Store::F32, kColumns, 45);
  Values y(x.size());
  for (int row = 0; row < kRows; ++row) {
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < kColumns; ++i) mean += x[row * kColumns + i] / kColumns;
    for (int i = 0; i < kColumns; ++i) squares += std::pow(x[row * kColumns + i] - mean, 2);
    for (int i = 0; i < kColumns; ++i) {
      const int at = row * kColumns + i;
      y[at] = (x[at] - mean) / std::sqrt(squares / kColumns + 1e-5) * weight[i] + bias[i];
    }
  }
  KernelCase kernel = rows_kernel("layernorm_f32");
  kernel.in("x", Store::F32, x).in("weight", Store::F32, weight).in("bias", Store::F32, bias);
  return kernel.out("y", Store::F32, y, {1e-5, 0}).scalar("columns", kColumns);
}

KernelCase fused_add_rmsnorm_bf16() {
  const Values x = random_values(Store::BF16, kRows * kColumns, 46);
  const Values residual = random_values(Store::BF16, kRows * kColumns, 47);
  const Values weight = random_values(Store::BF16, kColumns, 48);
  Values sum(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) sum[i] = rounded(Store::BF16, x[i] + residual[i]);
  Values y(x.size());
  for (int row = 0; row < kRows; ++row) {
    double squares = 0;
    for (int i = 0; i < kColumns; ++i) squares += std::pow(sum[row * kColumns + i], 2);
    for (int i = 0; i < kColumns; ++i) {
      y[row * kColumns + i] =
          sum[row * kColumns + i] / std::sqrt(squares / kColumns + 1e-6) * weight[i];
    }
  }
  KernelCase kernel = rows_kernel("fused_add_rmsnorm_bf16");
  kernel.in("x", Store::BF16, x).in_out("residual", Store::BF16, {residual, sum});
  kernel.in("weight", Store::BF16, weight).out("y", Store::BF16, y, {1e-6, 0.005});
  return kernel.scalar("pairs", kColumns / 2);
}

KernelCase rope_bf16() {
  constexpr int width = 64;
  constexpr int positions = 10;
  const Values x = random_values(Store::BF16, positions * width, 49);
  Values y(x.size());
  for (int position = 0; position < positions; ++position) {
    for (int i = 0; i < width / 2; ++i) {
      const double angle = position * std::pow(10000.0, -2.0 * i / width);
      const int first = position * width + i;
      const int second = first + width / 2;
      y[first] = x[first] * std::cos(angle) - x[second] * std::sin(angle);
      y[second] = x[second] * std::cos(angle) + x[first] * std::sin(angle);
    }
  }
  KernelCase kernel{"rope_bf16", kSource, {positions, 1, 1}, {32, 1, 1}};
  kernel.in("x", Store::BF16, x).out("y", Store::BF16, y, {1e-4, 0.005});
  return kernel.scalar("width", width);
}

KernelCase silu_and_mul_bf16() {
  const Values gate = random_values(Store::BF16, 200, 50, {-5, 5});
  const Values up = random_values(Store::BF16, 200, 51);
  Values y(gate.size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  KernelCase kernel{"silu_and_mul_bf16", kSource, {2, 1, 1}, {128, 1, 1}};
  kernel.in("gate", Store::BF16, gate).in("up", Store::BF16, up);
  return kernel.out("y", Store::BF16, y, {1e-6, 0.005}).scalar("n", 200);
}

KernelCase gelu_tanh_f16() {
  const Values x = random_values(Store::F16, 200, 52, {-5, 5});
  Values y(x.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] = 0.5 * x[i] * (1 + std::tanh(0.7978845608 * (x[i] + 0.044715 * std::pow(x[i], 3))));
  }
  KernelCase kernel{"gelu_tanh_f16", kSource, {2, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::F16, x).out("y", Store::F16, y, {2e-6, 1e-3});
  return kernel.scalar("n", 200);
}

KernelCase quantize_rows_e4m3() {
  const Values x = random_values(Store::F32, kRows * kColumns, 53, {-20, 20});
  Values y(x.size());
  Values scales(kRows);
  for (int row = 0; row < kRows; ++row) {
    for (int i = 0; i < kColumns; ++i) {
      scales[row] = std::max(scales[row], std::abs(x[row * kColumns + i]) / 448);
    }
    for (int i = 0; i < kColumns; ++i) y[row * kColumns + i] = x[row * kColumns + i] / scales[row];
  }
  KernelCase kernel = rows_kernel("quantize_rows_e4m3");
  // Half a unit in the last place of a normal code is 1/16 of it, of a subnormal one 2^-10.
  kernel.in("x", Store::F32, x).out("y", Store::E4M3, y, {1.0 / 1024, 1.0 / 16});
  kernel.out("scales", Store::F32, scales, {0, 1e-6});
  return kernel.scalar("columns", kColumns);
}

KernelCase packed(const char* name, Store store) {
  constexpr int n = 32;
  const Values a = random_values(store, 2 * n, 54, {-3, 3});
  const Values b = random_values(store, 2 * n, 55, {-3, 3});
  Values out;
  const auto add = [&](auto function) {
    for (std::size_t i = 0; i < a.size(); ++i) out.push_back(rounded(store, function(a[i], b[i])));
  };
  add([](double x, double y) { return x + y; });
  add([](double x, double y) { return x * y; });
  add([](double x, double y) { return x * y + x; });
  add([](double x, double y) { return std::max(x, y); });
  add([](double x, double) { return std::abs(x); });
  add([](double, double y) { return -y; });
  add([](double x, double y) { return x < y ? 1.0 : 0.0; });
  KernelCase kernel{name, kSource, {1, 1, 1}, {n, 1, 1}};
  return kernel.in("a", store, a).in("b", store, b).out("out", store, out).scalar("n", n);
}

KernelCase fp8_round_trip() {
  const Values x = random_values(Store::F32, 256, 56, {-500, 500});
  Values e4m3(x.size());
  Values e5m2(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    e4m3[i] = rounded(Store::E4M3, x[i]);
    e5m2[i] = rounded(Store::E5M2, x[i]);
  }
  KernelCase kernel{"fp8_round_trip", kSource, {2, 1, 1}, {128, 1, 1}};
  kernel.in("x", Store::F32, x).out("e4m3", Store::F32, e4m3);
  return kernel.out("e5m2", Store::F32, e5m2).scalar("n", 256);
}

}  // namespace

std::vector<KernelCase> normalise_cases() {
  return {softmax_f16(),
          log_softmax_f32(),
          layernorm_f32(),
          fused_add_rmsnorm_bf16(),
          rope_bf16(),
          silu_and_mul_bf16(),
          gelu_tanh_f16(),
          quantize_rows_e4m3(),
          packed("packed_half", Store::F16),
          packed("packed_bfloat", Store::BF16),
          fp8_round_trip()};
}

}  // namespace fitest::kernels
