// SPDX-License-Identifier: Apache-2.0
// RMSNorm, one block per row: add the squares, then scale.
#include <cuda_bf16.h>

constexpr int kHiddenSize = HIDDEN_SIZE;
constexpr int kThreads = 256;
constexpr float kEpsilon = 1e-5f;

__global__ void rmsnorm(const __nv_bfloat16* hidden_states, const __nv_bfloat16* weight,
                        __nv_bfloat16* output) {
  __shared__ float partial[kThreads];
  const int thread = threadIdx.x;
  const size_t row = size_t{blockIdx.x} * kHiddenSize;

  float sum = 0;
  for (int column = thread; column < kHiddenSize; column += kThreads) {
    const float value = __bfloat162float(hidden_states[row + column]);
    sum += value * value;
  }
  partial[thread] = sum;
  __syncthreads();
  for (int width = kThreads / 2; width > 0; width /= 2) {
    if (thread < width) partial[thread] += partial[thread + width];
    __syncthreads();
  }

  const float scale = rsqrtf(partial[0] / kHiddenSize + kEpsilon);
  for (int column = thread; column < kHiddenSize; column += kThreads) {
    const float value = __bfloat162float(hidden_states[row + column]);
    output[row + column] = __float2bfloat16(value * scale * __bfloat162float(weight[column]));
  }
}
