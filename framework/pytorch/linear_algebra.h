// SPDX-License-Identifier: Apache-2.0
// Matrix products, through OpenBLAS for float32 and float64.
#pragma once

#include <string>
#include <vector>

#include "pytorch/array.h"

namespace fitest::pytorch {

// torch.matmul: vectors, matrices and batches of them.
Array matmul(const Array& a, const Array& b);
// [B, M, K] x [B, K, N]
Array batch_matmul(const Array& a, const Array& b);
// torch.einsum with any letters, "...", implicit and explicit outputs.
Array einsum(const std::string& equation, const std::vector<Array>& operands);

}  // namespace fitest::pytorch
