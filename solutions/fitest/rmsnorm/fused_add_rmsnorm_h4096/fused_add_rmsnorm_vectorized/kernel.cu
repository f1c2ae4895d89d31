// SPDX-License-Identifier: Apache-2.0
// Residual addition and RMSNorm, one block per row: row and residual are loaded once, in 16-byte
// vectors, and their float32 sum stays in registers.
#include <cuda_bf16.h>

constexpr int kVectorSize = 8;  // bfloat16 values in 16 bytes
constexpr int kWarpSize = 32;
constexpr float kEpsilon = 1e-5f;

struct Floats {
  float value[kVectorSize];
};

// A bfloat16 is the upper half of a float; the lower-addressed one of a pair is in the low half.
__device__ Floats unpack(uint4 vector) {
  const unsigned int pairs[] = {vector.x, vector.y, vector.z, vector.w};
  Floats result;
#pragma unroll
  for (int i = 0; i < kVectorSize / 2; ++i) {
    result.value[2 * i] = __uint_as_float(pairs[i] << 16);
    result.value[2 * i + 1] = __uint_as_float(pairs[i] & 0xffff0000u);
  }
  return result;
}

__device__ unsigned int pack(float first, float second) {
  const __nv_bfloat162_raw pair = __floats2bfloat162_rn(first, second);
  return pair.x | static_cast<unsigned int>(pair.y) << 16;
}

__device__ uint4 pack(const Floats& floats) {
  const float* value = floats.value;
  return {pack(value[0], value[1]), pack(value[2], value[3]), pack(value[4], value[5]),
          pack(value[6], value[7])};
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
    fused_add_rmsnorm(const uint4* __restrict__ hidden_states, const uint4* __restrict__ residual,
                      const uint4* __restrict__ weight, uint4* __restrict__ output) {
  constexpr int kRowVectors = kHiddenSize / kVectorSize;
  constexpr int kThreadVectors = kRowVectors / kThreads;
  static_assert(kThreadVectors * kThreads * kVectorSize == kHiddenSize);
  const size_t row = size_t{blockIdx.x} * kRowVectors;

  // All loads are under way before the first value is used.
  uint4 vectors[kThreadVectors];
  uint4 residuals[kThreadVectors];
  uint4 weights[kThreadVectors];
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) {
    const int column = i * kThreads + threadIdx.x;
    vectors[i] = hidden_states[row + column];
    residuals[i] = residual[row + column];
    weights[i] = weight[column];
  }

  Floats sums[kThreadVectors];
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) {
    sums[i] = unpack(vectors[i]);
    const Floats added = unpack(residuals[i]);
#pragma unroll
    for (int j = 0; j < kVectorSize; ++j) {
      sums[i].value[j] += added.value[j];
      squares += sums[i].value[j] * sums[i].value[j];
    }
  }

  const float scale = rsqrtf(block_sum<kThreads>(squares) / kHiddenSize + kEpsilon);
#pragma unroll
  for (int i = 0; i < kThreadVectors; ++i) {
    const Floats weight_floats = unpack(weights[i]);
#pragma unroll
    for (int j = 0; j < kVectorSize; ++j) sums[i].value[j] *= scale * weight_floats.value[j];
    output[row + i * kThreads + threadIdx.x] = pack(sums[i]);
  }
}
