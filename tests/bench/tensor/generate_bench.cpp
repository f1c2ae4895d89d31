// SPDX-License-Identifier: Apache-2.0
// Elements per second of the seeded inputs and of the conversions, best of five.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "base/parallel.h"
#include "tensor/generate.h"

namespace {

constexpr std::int64_t kCount = 1 << 26;

double best_seconds(const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, elapsed.count());
  }
  return best;
}

void report(std::string_view what, const std::function<void()>& work) {
  fmt::print("{:<28}{:>8.0f} M elements/s\n", what,
             static_cast<double>(kCount) / best_seconds(work) / 1e6);
}

}  // namespace

int main() {
  using fitest::DType;
  const fitest::GeneratorKey key{1, "bench", "u", "x", 0};
  fmt::print("{} threads\n", fitest::thread_count());
  for (const DType dtype : {DType::BFloat16, DType::Float16, DType::Float32, DType::Float8E4M3Fn,
                            DType::Float4E2M1, DType::Int32}) {
    report(fmt::format("random {}", name_of(dtype)),
           [&] { fitest::generate_random(dtype, {kCount}, key); });
  }
  std::vector<float> values(kCount);
  for (const DType dtype : {DType::BFloat16, DType::Float16, DType::Float8E4M3Fn}) {
    fitest::Tensor tensor = fitest::generate_random(dtype, {kCount}, key);
    report(fmt::format("{} to float", name_of(dtype)),
           [&] { fitest::to_float(tensor, 0, values); });
    report(fmt::format("float to {}", name_of(dtype)),
           [&] { fitest::from_float(values, tensor, 0); });
  }
}
