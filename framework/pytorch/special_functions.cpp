// SPDX-License-Identifier: Apache-2.0
#include "pytorch/special_functions.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace fitest::pytorch {

// A rational start (Giles, "Approximating the erfinv function", 2012) and two Newton steps.
double inverse_erf(double x) {
  if (!(x > -1 && x < 1)) {
    if (x == 1 || x == -1) return std::copysign(std::numeric_limits<double>::infinity(), x);
    return std::numeric_limits<double>::quiet_NaN();
  }
  double w = -std::log((1 - x) * (1 + x));
  double p = 0;
  if (w < 5) {
    constexpr double kNear[] = {2.81022636e-08,  3.43273939e-07, -3.5233877e-06,
                                -4.39150654e-06, 0.00021858087,  -0.00125372503,
                                -0.00417768164,  0.246640727,    1.50140941};
    w -= 2.5;
    for (double c : kNear) p = p * w + c;
  } else {
    constexpr double kFar[] = {-0.000200214257, 0.000100950558, 0.00134934322,
                               -0.00367342844,  0.00573950773,  -0.0076224613,
                               0.00943887047,   1.00167406,     2.83297682};
    w = std::sqrt(w) - 3;
    for (double c : kFar) p = p * w + c;
  }
  double y = p * x;
  for (int i = 0; i < 2; ++i) {
    const double slope = 2 / std::sqrt(std::numbers::pi) * std::exp(-y * y);
    if (slope > 0) y -= (std::erf(y) - x) / slope;
  }
  return y;
}

float inverse_erf(float x) {
  return static_cast<float>(inverse_erf(static_cast<double>(x)));
}

double digamma(double x) {
  if (x == 0) return std::copysign(std::numeric_limits<double>::infinity(), -x);
  double result = 0;
  if (x < 0) {
    if (x == std::floor(x)) return std::numeric_limits<double>::quiet_NaN();
    result = -std::numbers::pi / std::tan(std::numbers::pi * x);
    x = 1 - x;
  }
  while (x < 10) {
    result -= 1 / x;
    x += 1;
  }
  const double z = 1 / (x * x);
  constexpr double kBernoulli[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                   1.0 / 132, -691.0 / 32760, 1.0 / 12};
  double series = 0;
  for (int i = 6; i >= 0; --i) series = (series + kBernoulli[i]) * z;
  return result + std::log(x) - 0.5 / x - series;
}

float digamma(float x) {
  return static_cast<float>(digamma(static_cast<double>(x)));
}

}  // namespace fitest::pytorch
