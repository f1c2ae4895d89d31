// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cmath>

#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {
namespace {

constexpr const char* kSource = "language.cu";
constexpr int kCount = 32;

KernelCase one_warp(const char* name) {
  return {name, kSource, {1, 1, 1}, {kCount, 1, 1}};
}

KernelCase function_pointers() {
  const Values x = random_values(Store::F32, kCount, 61);
  Values y;
  for (int i = 0; i < kCount; ++i) {
    y.push_back(i % 3 == 0 ? 2 * x[i] : i % 3 == 1 ? x[i] * x[i] : -x[i]);
  }
  return one_warp("function_pointers").in("x", Store::F32, x).out("y", Store::F32, y, {0, 1e-7});
}

KernelCase recursion() {
  Values y(kCount);
  for (int i = 0; i < kCount; ++i) {
    const int n = i % 12;
    y[i] = n < 2 ? n : y[i - 1] + y[i - 2];
  }
  return one_warp("recursion").out("y", Store::U32, y);
}

KernelCase print_values() {
  KernelCase kernel = one_warp("print_values");
  kernel.printed = "-7 -3.50 text abcdef012\n";
  return kernel.scalar("value", -7);
}

KernelCase constant_and_local() {
  constexpr int coefficients[] = {3, 1, 4, 1, 5, 9, 2, 6};
  const Values order = random_values(Store::S32, 4 * kCount, 62, {0, 16});
  Values y(kCount);
  for (int i = 0; i < 4 * kCount; ++i) {
    const int place = static_cast<int>(order[i]);
    y[i / 4] = y[i / 4] * 3 + coefficients[place % 8] * (place + 1);
  }
  return one_warp("constant_and_local").in("order", Store::S32, order).out("y", Store::S32, y);
}

KernelCase virtual_calls() {
  Values y;
  for (int i = 0; i < kCount; ++i) y.push_back(i % 2 == 1 ? (i + 1) * (i + 1) : 3 * (i + 1));
  return one_warp("virtual_calls").out("y", Store::F32, y);
}

std::uint32_t reversed(std::uint32_t value) {
  std::uint32_t result = 0;
  for (int i = 0; i < 32; ++i) result |= (value >> i & 1u) << (31 - i);
  return result;
}

std::uint32_t sum_of_squared_bytes(std::uint32_t value) {
  std::uint32_t sum = 0;
  for (int i = 0; i < 4; ++i) sum += (value >> 8 * i & 255u) * (value >> 8 * i & 255u);
  return sum;
}

// Selector 0x1357 takes, from the lowest byte on, bytes 3 and 1 of ~v, then of v.
std::uint32_t odd_bytes(std::uint32_t value) {
  const std::uint32_t other = ~value;
  return (other >> 24) | (other >> 8 & 255u) << 8 | (value >> 24) << 16 | (value >> 8 & 255u) << 24;
}

KernelCase bit_tricks() {
  Values x = random_values(Store::U32, kCount, 63, {0, 4294967295.0});
  x[0] = 0;
  Values y;
  const auto add = [&](auto function) {
    for (const double value : x) {
      y.push_back(static_cast<double>(function(static_cast<std::uint32_t>(value))));
    }
  };
  add([](std::uint32_t v) { return std::popcount(v); });
  add([](std::uint32_t v) { return std::countl_zero(v); });
  add(reversed);
  add([](std::uint32_t v) { return v == 0 ? 0 : std::countr_zero(v) + 1; });
  add(odd_bytes);
  add([](std::uint32_t v) { return ~v << 9 | v >> 23; });
  add([](std::uint32_t v) { return std::uint64_t{v} * 0x9E3779B9u >> 32; });
  add([](std::uint32_t v) { return sum_of_squared_bytes(v) + 1; });
  add([](std::uint32_t v) { return (v > 1000 ? v - 1000 : 1000 - v) + 5; });
  KernelCase kernel = one_warp("bit_tricks");
  return kernel.in("x", Store::U32, x).out("y", Store::U32, y).scalar("n", kCount);
}

KernelCase wide_integers() {
  const Values x = random_values(Store::S64, kCount, 64, {-4e12, 4e12});
  Values d = random_values(Store::S64, kCount, 65, {-2e6, 2e6});
  for (double& value : d) value = value == 0 ? 1 : value;
  Values y;
  const auto add = [&](auto function) {
    for (int i = 0; i < kCount; ++i) {
      const auto wide = static_cast<std::int64_t>(x[i]);
      y.push_back(static_cast<double>(function(wide, static_cast<std::int64_t>(d[i]))));
    }
  };
  add([](std::int64_t v, std::int64_t by) { return v / by; });
  add([](std::int64_t v, std::int64_t by) { return v % by; });
  // 2^40 v by / 2^64, rounded down; the product is below 2^63.
  add([](std::int64_t v, std::int64_t by) { return v * by >> 24; });
  add([](std::int64_t v, std::int64_t) { return v * 3 >> 2; });
  KernelCase kernel = one_warp("wide_integers");
  kernel.in("x", Store::S64, x).in("d", Store::S64, d);
  return kernel.out("y", Store::S64, y).scalar("n", kCount);
}

using HostFunction = double (*)(double);

KernelCase math(const char* name, Store store, const std::vector<HostFunction>& functions,
                Tolerance tolerance) {
  const Values x = random_values(store, kCount, 66, {0.1, 8});
  Values y;
  for (const HostFunction function : functions) {
    for (const double value : x) y.push_back(function(value));
  }
  KernelCase kernel = one_warp(name);
  return kernel.in("x", store, x).out("y", store, y, tolerance).scalar("n", kCount);
}

KernelCase math_f32() {
  return math("math_f32", Store::F32,
              {[](double v) { return std::sin(v); }, [](double v) { return std::exp(v); },
               [](double v) { return std::log(v); }, [](double v) { return std::pow(v, 1.7F); },
               [](double v) { return std::erf(v); }, [](double v) { return std::cbrt(v); },
               [](double v) { return std::atan2(v, 0.5); }, [](double v) { return std::lgamma(v); },
               [](double v) { return v / 3; }, [](double v) { return std::sqrt(v); }},
              {1e-6, 1e-6});
}

KernelCase math_f64() {
  return math("math_f64", Store::F64,
              {[](double v) { return std::sin(v); }, [](double v) { return std::exp(v); },
               [](double v) { return std::log(v); }, [](double v) { return std::pow(v, 1.7); },
               [](double v) { return std::erf(v); }, [](double v) { return 1 / v; },
               [](double v) { return std::sqrt(v); }},
              {1e-15, 1e-15});
}

KernelCase fast_math() {
  return math("fast_math", Store::F32,
              {[](double v) { return std::sin(v); }, [](double v) { return std::exp(v); },
               [](double v) { return std::log2(v); }, [](double v) { return v / 3; },
               [](double v) { return 1 / std::sqrt(v); }, [](double v) { return 1 / v; }},
              {2e-6, 2e-6});
}

}  // namespace

std::vector<KernelCase> language_cases() {
  return {function_pointers(), recursion(),  print_values(),  constant_and_local(),
          virtual_calls(),     bit_tricks(), wide_integers(), math_f32(),
          math_f64(),          fast_math()};
}

}  // namespace fitest::kernels
