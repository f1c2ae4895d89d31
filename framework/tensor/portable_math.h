// SPDX-License-Identifier: Apache-2.0
// exp, log, sin and cos in double from IEEE +, -, *, / alone: the same bits on every machine, where
// a C library's differ from one version to the next. Accurate to a few units in the last place.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace fitest {

// ln 2 and π/2 in pieces whose leading ones have so few bits that k times them is exact
// for the k of the argument reductions below (Cody & Waite).
inline constexpr double kLn2High = 0x1.62e42fefa3000p-1;
inline constexpr double kLn2Low = 0x1.3de6af278ece6p-42;
inline constexpr double kHalfPi[] = {0x1.921fb54000000p+0, 0x1.10b4610000000p-30,
                                     0x1.a626330000000p-58, 0x1.45c06e0e68948p-86};

// 1/n!
inline constexpr auto kReciprocalFactorials = [] {
  std::array<double, 20> table{};
  double factorial = 1.0;
  for (std::size_t n = 0; n < table.size(); ++n) {
    if (n > 0) factorial *= static_cast<double>(n);
    table[n] = 1.0 / factorial;
  }
  return table;
}();

// Finite x; 0 below -708, infinity above 709.
inline double portable_exp(double x) {
  if (x < -708.0) return 0.0;
  if (x > 709.0) return std::bit_cast<double>(0x7FF0000000000000u);
  const double k = std::floor(x * 0x1.71547652b82fep+0 + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double sum = kReciprocalFactorials[14];
  for (std::size_t n = 14; n-- > 0;) sum = sum * r + kReciprocalFactorials[n];
  const auto exponent = static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023);
  return sum * std::bit_cast<double>(exponent << 52);
}

// Positive normal x: 2 atanh((m - 1) / (m + 1)) + e ln 2 with m in [√½, √2).
inline double portable_log(double x) {
  const auto word = std::bit_cast<std::uint64_t>(x) - 0x3FE6A09E667F3BCDu;
  const auto exponent = static_cast<double>(static_cast<std::int64_t>(word) >> 52);
  const double mantissa = std::bit_cast<double>((word & 0xFFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu);
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  double sum = 0.0;
  for (int n = 25; n >= 3; n -= 2) sum = (sum + 1.0 / n) * (s * s);
  return exponent * kLn2High + (2.0 * s + (2.0 * s * sum + exponent * kLn2Low));
}

struct SineCosine {
  double sine;
  double cosine;
};

// |x| up to 2^25; Taylor series on [-π/4, π/4].
inline SineCosine portable_sincos(double x) {
  const double k = std::floor(x * 0x1.45f306dc9c883p-1 + 0.5);
  double r = x;
  for (const double piece : kHalfPi) r -= k * piece;
  const double square = r * r;
  double sine = kReciprocalFactorials[19];
  double cosine = kReciprocalFactorials[18];
  for (std::size_t n = 18; n >= 2; n -= 2) {
    sine = kReciprocalFactorials[n - 1] - sine * square;
    cosine = kReciprocalFactorials[n - 2] - cosine * square;
  }
  sine *= r;
  switch (static_cast<std::int64_t>(k) & 3) {
    case 0:
      return {sine, cosine};
    case 1:
      return {cosine, -sine};
    case 2:
      return {-sine, -cosine};
    default:
      return {-cosine, sine};
  }
}

}  // namespace fitest
