// SPDX-License-Identifier: Apache-2.0
// When an output counts as right (DESIGN §6).
#pragma once

#include <optional>

#include "document/value.h"

namespace fitest {

enum class Policy : std::uint8_t {
  Strict,  // the official tolerance rule, and non-finite values must match in kind and sign
  Compat,  // exactly flashinfer-bench
};

struct Tolerance {
  double rtol = 0.01;
  double atol = 0.01;
  std::optional<double> required_matched_ratio;  // 1.0 if unset
};

}  // namespace fitest
