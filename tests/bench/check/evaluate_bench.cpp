// SPDX-License-Identifier: Apache-2.0
// Bytes per second (both tensors) of the default evaluator, best of five.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/parallel.h"
#include "check/evaluator.h"
#include "tensor/generate.h"

namespace {

constexpr std::int64_t kCount = 1 << 26;

double best_seconds(const fitest::NamedTensor& expected, const fitest::NamedTensor& actual) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    fitest::evaluate_default({expected}, {actual}, {});
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

}  // namespace

int main() {
  using fitest::DType;
  fmt::print("{} threads\n", fitest::thread_count());
  for (const DType dtype : {DType::BFloat16, DType::Float16, DType::Float32, DType::Float8E4M3Fn}) {
    const fitest::NamedTensor expected{
        .name = "output", .tensor = generate_random(dtype, {kCount}, {1, "bench", "u", "x", 0})};
    const fitest::NamedTensor actual{.name = "output", .tensor = expected.tensor.clone()};
    const double bytes = 2.0 * static_cast<double>(expected.tensor.size_bytes());
    fmt::print("{:<16}{:>8.2f} GB/s\n", name_of(dtype),
               bytes / best_seconds(expected, actual) / 1e9);
  }
}
