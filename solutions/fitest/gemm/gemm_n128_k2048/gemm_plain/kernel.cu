// SPDX-License-Identifier: Apache-2.0
// C = A B^T with float16 operands: square tiles of C, one per block, and slices of A and B in
// shared memory as float32.
#include <cuda_fp16.h>

constexpr int kTile = 64;   // rows and columns of C per block
constexpr int kDepth = 16;  // columns of A and B per slice
constexpr int kSide = 16;   // threads along each side of a block
constexpr int kPerThread = kTile / kSide;

// The padding keeps threads that read down a column off each other's banks.
using Slice = float[kTile][kDepth + 1];

// Rows past the last one are zero.
template <int kK>
__device__ void load_slice(Slice& slice, const __half* matrix, int first_row, int rows, int depth) {
  for (int i = threadIdx.y * kSide + threadIdx.x; i < kTile * kDepth; i += kSide * kSide) {
    const int row = i / kDepth;
    const int column = i % kDepth;
    const bool inside = first_row + row < rows;
    slice[row][column] =
        inside ? __half2float(matrix[size_t(first_row + row) * kK + depth + column]) : 0.0f;
  }
}

template <int kN, int kK>
__global__ void gemm(const __half* A, const __half* B, __half* C, int M) {
  __shared__ Slice a;
  __shared__ Slice b;
  const int first_row = blockIdx.x * kTile;
  const int first_column = blockIdx.y * kTile;
  float sums[kPerThread][kPerThread] = {};

  for (int depth = 0; depth < kK; depth += kDepth) {
    load_slice<kK>(a, A, first_row, M, depth);
    load_slice<kK>(b, B, first_column, kN, depth);
    __syncthreads();
    for (int k = 0; k < kDepth; ++k) {
      for (int i = 0; i < kPerThread; ++i) {
        for (int j = 0; j < kPerThread; ++j) {
          sums[i][j] += a[threadIdx.y + i * kSide][k] * b[threadIdx.x + j * kSide][k];
        }
      }
    }
    __syncthreads();
  }

  for (int i = 0; i < kPerThread; ++i) {
    const int row = first_row + threadIdx.y + i * kSide;
    if (row >= M) continue;
    for (int j = 0; j < kPerThread; ++j) {
      const int column = first_column + threadIdx.x + j * kSide;
      C[size_t(row) * kN + column] = __float2half(sums[i][j]);
    }
  }
}
