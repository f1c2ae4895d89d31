// SPDX-License-Identifier: Apache-2.0
// Functions that <cmath> lacks.
#pragma once

namespace fitest::pytorch {

float inverse_erf(float x);
double inverse_erf(double x);
float digamma(float x);
double digamma(double x);

}  // namespace fitest::pytorch
