// SPDX-License-Identifier: Apache-2.0
// Functions that CUDA's runtime provides to kernels: vprintf, __assertfail, malloc, free.
#pragma once

#include <string_view>

#include "ptx/program.h"

namespace fitest::ptx {

// Null if there is no such function. The handler finds arguments and results as call_direct does.
Handler find_builtin(std::string_view name);

}  // namespace fitest::ptx
