// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "attention.cu";
constexpr std::size_t kWidth = 64;
constexpr float kScale = 0.125F;

// Attention of one query over rows of keys and values.
Values attend(const double* query, const std::vector<const double*>& keys,
              const std::vector<const double*>& values) {
  Values weights;
  for (const double* key : keys) {
    weights.push_back(std::exp(kScale * std::inner_product(query, query + kWidth, key, 0.0)));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  Values out(kWidth);
  for (std::size_t j = 0; j < values.size(); ++j) {
    for (std::size_t i = 0; i < kWidth; ++i) out[i] += weights[j] / sum * values[j][i];
  }
  return out;
}

KernelCase flash_prefill() {
  constexpr std::size_t length = 37;
  constexpr std::size_t heads = 2;
  const Values q = random_values(Store::F16, heads * length * kWidth, 81);
  const Values k = random_values(Store::F16, heads * length * kWidth, 82);
  const Values v = random_values(Store::F16, heads * length * kWidth, 83);
  Values out;
  for (std::size_t row = 0; row < heads * length; ++row) {
    std::vector<const double*> keys;
    std::vector<const double*> values;
    for (std::size_t j = row / length * length; j <= row; ++j) {
      keys.push_back(&k[j * kWidth]);
      values.push_back(&v[j * kWidth]);
    }
    const Values one = attend(&q[row * kWidth], keys, values);
    out.insert(out.end(), one.begin(), one.end());
  }
  KernelCase kernel{"flash_prefill", kSource, {10, heads, 1}, {128, 1, 1}};
  kernel.in("q", Store::F16, q).in("k", Store::F16, k).in("v", Store::F16, v);
  kernel.out("out", Store::F16, out, {1e-5, 1e-3});
  return kernel.scalar("length", static_cast<int>(length)).scalar("scale", kScale);
}

KernelCase decode_paged() {
  const Values pages = {3, 0, 5, 1, 4, 2};
  const Values lengths = {40, 17};
  constexpr std::size_t heads = 2;
  const Values q = random_values(Store::BF16, 2 * heads * kWidth, 84);
  const Values k = random_values(Store::BF16, 6 * 16 * kWidth, 85);
  const Values v = random_values(Store::BF16, 6 * 16 * kWidth, 86);
  Values out;
  for (std::size_t row = 0; row < 2 * heads; ++row) {
    std::vector<const double*> keys;
    std::vector<const double*> values;
    const std::size_t sequence = row / heads;
    for (std::size_t token = 0; token < static_cast<std::size_t>(lengths[sequence]); ++token) {
      const auto page = static_cast<std::size_t>(pages[sequence * 3 + token / 16]);
      keys.push_back(&k[(page * 16 + token % 16) * kWidth]);
      values.push_back(&v[(page * 16 + token % 16) * kWidth]);
    }
    const Values one = attend(&q[row * kWidth], keys, values);
    out.insert(out.end(), one.begin(), one.end());
  }
  KernelCase kernel{"decode_paged", kSource, {2, heads, 1}, {32, 1, 1}};
  kernel.in("q", Store::BF16, q).in("k", Store::BF16, k).in("v", Store::BF16, v);
  kernel.in("pages", Store::S32, pages).in("lengths", Store::S32, lengths);
  kernel.out("out", Store::F32, out, {1e-5, 0});
  return kernel.scalar("pages_per_sequence", 3).scalar("scale", kScale);
}

KernelCase merge_split_kv() {
  constexpr std::size_t splits = 5;
  constexpr std::size_t rows = 3;
  const Values parts = random_values(Store::F32, splits * rows * kWidth, 87);
  const Values logs = random_values(Store::F32, splits * rows, 88, {-6, 6});
  Values out(rows * kWidth);
  Values merged(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (std::size_t s = 0; s < splits; ++s) sum += std::exp2(logs[s * rows + row]);
    merged[row] = std::log2(sum);
    for (std::size_t i = 0; i < splits * kWidth; ++i) {
      const std::size_t part = i / kWidth * rows + row;
      out[row * kWidth + i % kWidth] +=
          std::exp2(logs[part]) / sum * parts[part * kWidth + i % kWidth];
    }
  }
  KernelCase kernel{"merge_split_kv", kSource, {rows, 1, 1}, {kWidth, 1, 1}};
  kernel.in("parts", Store::F32, parts).in("logs", Store::F32, logs);
  kernel.out("out", Store::F32, out, {1e-5, 0}).out("merged", Store::F32, merged, {1e-5, 0});
  return kernel.scalar("splits", static_cast<int>(splits)).scalar("rows", static_cast<int>(rows));
}

KernelCase route_top2() {
  constexpr std::size_t tokens = 12;
  Values logits = random_values(Store::F32, tokens * 32, 89, {-3, 3});
  logits[5] = logits[9] = 4;  // a tie
  Values experts;
  Values weights;
  for (std::size_t token = 0; token < tokens; ++token) {
    const double* row = &logits[token * 32];
    std::vector<int> order(32);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int x, int y) { return row[x] > row[y]; });
    const double second = std::exp(row[order[1]] - row[order[0]]);
    experts.insert(experts.end(), {double(order[0]), double(order[1])});
    weights.insert(weights.end(), {1 / (1 + second), second / (1 + second)});
  }
  KernelCase kernel{"route_top2", kSource, {tokens, 1, 1}, {32, 1, 1}};
  kernel.in("logits", Store::F32, logits).out("experts", Store::S32, experts);
  return kernel.out("weights", Store::F32, weights, {1e-6, 0});
}

KernelCase sort_by_expert() {
  const Values experts = random_values(Store::S32, 100, 90, {0, 32});
  Values begin(33);
  for (const double expert : experts) ++begin[static_cast<std::size_t>(expert) + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  Values order(experts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](double x, double y) {
    return experts[static_cast<std::size_t>(x)] < experts[static_cast<std::size_t>(y)];
  });
  KernelCase kernel{"sort_by_expert", kSource, {1, 1, 1}, {64, 1, 1}};
  kernel.in("experts", Store::S32, experts).out("begin", Store::S32, begin);
  return kernel.out("order", Store::S32, order).scalar("n", 100);
}

KernelCase combine_experts() {
  constexpr std::size_t tokens = 6;
  constexpr std::size_t width = 80;
  const Values rows = random_values(Store::BF16, 2 * tokens * width, 91);
  const Values weights = random_values(Store::F32, 2 * tokens, 92, {0, 1});
  const Values place = {11, 3, 0, 7, 1, 10, 9, 2, 5, 4, 8, 6};
  Values out(tokens * width);
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t j = 2 * (i / width); j < 2 * (i / width) + 2; ++j) {
      out[i] += weights[j] * rows[static_cast<std::size_t>(place[j]) * width + i % width];
    }
  }
  KernelCase kernel{"combine_experts", kSource, {tokens, 1, 1}, {32, 1, 1}};
  kernel.in("rows", Store::BF16, rows).in("weights", Store::F32, weights);
  kernel.in("place", Store::S32, place).out("out", Store::BF16, out, {1e-5, 0.005});
  return kernel.scalar("width", static_cast<int>(width));
}

}  // namespace

std::vector<KernelCase> attention_cases() {
  return {flash_prefill(), decode_paged(),   merge_split_kv(),
          route_top2(),    sort_by_expert(), combine_experts()};
}

}  // namespace fitest::kernels
