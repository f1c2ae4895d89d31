// SPDX-License-Identifier: Apache-2.0
// RMSNorm, one block per row: the row is loaded once, in 16-byte vectors, and stays in registers.
#include <cuda_bf16.h>

constexpr int kVectorSize = 8;  // bfloat16 values in 16 bytes
constexpr int kWarpSize = 32;
constexpr float kEpsilon = 1e-5f;

// A bfloat16 is the upper half of a float; the lower-addressed one of a pair is in the low half.
__device__ float2 unpack(unsigned int pair) {
  return {__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000u)};
}

__device__ unsigned int pack(float first, float second) {
  const __nv_bfloat162_raw pair = __floats2bfloat162_rn(first, second);
  return pair.x | static_cast<unsigned int>(pair.y) << 16;
}

__device__ float sum_of_squares(unsigned int pair) {
  const float2 values = unpack(pair);
  return values.x * values.x + values.y * values.y;
}

__device__ float sum_of_squares(uint4 vector) {
  return (sum_of_squares(vector.x) + sum_of_squares(vector.y)) +
         (sum_of_squares(vector.z) + sum_of_squares(vector.w));
}

__device__ unsigned int scaled(unsigned int pair, unsigned int weight, float scale) {
  const float2 values = unpack(pair);
  const float2 weights = unpack(weight);
  return pack(values.x * scale * weights.x, values.y * scale * weights.y);
}

__device__ uint4 scaled(uint4 vector, uint4 weight, float scale) {
  return {scaled(vector.x, weight.x, scale), scaled(vector.y, weight.y, scale),
          scaled(vector.z, weight.z, scale), scaled(vector.w, weight.w, scale)};
}

// Sum over the block, in every thread.
template <int kThreads>
__device__ float block_sum(float value) {
  constexpr int kWarps = kThreads / kWarpSize;
  __shared__ float warp_sums[kWarps];
  for (int offset = kWarpSize / 2; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, offset);
  }
  if (threadIdx.x % kWarpSize == 0) warp_sums[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  float sum = 0;
  for (int warp = 0; warp < kWarps; ++warp) sum += warp_sums[warp];
  return sum;
}

template <int kHiddenSize, int kThreads>
__global__ void __launch_bounds__(kThreads)
    rmsnorm(const uint4* __restrict__ hidden_states, const uint4* __restrict__ weight,
            uint4* __restrict__ output) {
  constexpr int kRowVectors = kHiddenSize / kVectorSize;
  constexpr int kThreadVectors = kRowVectors / kThreads;
  static_assert(kThreadVectors * kThreads * kVectorSize == kHiddenSize);
  const size_t row = size_t{blockIdx.x} * kRowVectors;

  // All loads are under way before the first value is used.
  uint4 vectors[kThreadVectors];
  uint4 weights[kThreadVectors];
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) {
    vectors[i] = hidden_states[row + i * kThreads + threadIdx.x];
    weights[i] = weight[i * kThreads + threadIdx.x];
  }

  float sum = 0;
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) sum += sum_of_squares(vectors[i]);
  const float scale = rsqrtf(block_sum<kThreads>(sum) / kHiddenSize + kEpsilon);
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) {
    output[row + i * kThreads + threadIdx.x] = scaled(vectors[i], weights[i], scale);
  }
}
