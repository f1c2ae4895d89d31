// SPDX-License-Identifier: Apache-2.0
#include "ptx/kernels/kernel_case.h"

namespace fitest::kernels {

std::vector<KernelCase> library_cases() {
  return {};
}

}  // namespace fitest::kernels
