// SPDX-License-Identifier: Apache-2.0
// A named value that a Definition's reference or a kernel is called with.
#pragma once

#include <string>

#include "tensor/tensor.h"

namespace fitest {

struct NamedTensor {
  std::string name;
  Tensor tensor;
  // A scalar of the Definition ("shape": null): a Python number for references, a by-value
  // argument for kernels; `tensor` is then 0-dimensional and holds it in the declared dtype.
  bool is_scalar = false;
  // The scalar as the workload wrote it; references see this one, unrounded.
  double scalar_value = 0;
};

}  // namespace fitest
