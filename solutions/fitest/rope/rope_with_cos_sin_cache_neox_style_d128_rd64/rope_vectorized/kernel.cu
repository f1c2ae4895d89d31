// SPDX-License-Identifier: Apache-2.0
// Rotary position embedding in 16-byte vectors. threadIdx.x is the part of a head, threadIdx.y the
// head; query heads come first, then key heads.
#include <cuda_bf16.h>

constexpr int kVectorSize = 8;  // bfloat16 values in 16 bytes

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

__device__ Floats load(const float4* pointer) {
  const float4 first = pointer[0];
  const float4 second = pointer[1];
  return {first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w};
}

// Turns the pairs (low[i], high[i]) by the angles at `angle`; their sines are `half` further.
__device__ void rotate(uint4& low, uint4& high, const float* angle, int half) {
  const Floats cosine = load(reinterpret_cast<const float4*>(angle));
  const Floats sine = load(reinterpret_cast<const float4*>(angle + half));
  Floats x = unpack(low);
  Floats y = unpack(high);
#pragma unroll
  for (int i = 0; i < kVectorSize; ++i) {
    const float turned = x.value[i] * cosine.value[i] - y.value[i] * sine.value[i];
    y.value[i] = y.value[i] * cosine.value[i] + x.value[i] * sine.value[i];
    x.value[i] = turned;
  }
  low = pack(x);
  high = pack(y);
}

template <int kHeadSize, int kRotaryDim>
__global__ void rope(const uint4* __restrict__ q, const uint4* __restrict__ k,
                     const float* __restrict__ cos_sin_cache,
                     const long long* __restrict__ positions, uint4* __restrict__ q_out,
                     uint4* __restrict__ k_out, int num_qo_heads, int num_kv_heads) {
  constexpr int kHeadVectors = kHeadSize / kVectorSize;
  constexpr int kHalf = kRotaryDim / 2;
  constexpr int kRotators = kHalf / kVectorSize;  // threads of a head that rotate
  constexpr int kCopiers = kHeadVectors / 2 - kRotators;
  static_assert(kRotators * kVectorSize == kHalf && kHeadVectors % 2 == 0 && kCopiers >= 0);

  const size_t token = blockIdx.x;
  const int head = blockIdx.y * blockDim.y + threadIdx.y;
  if (head >= num_qo_heads + num_kv_heads) return;
  const bool is_query = head < num_qo_heads;
  const size_t row =
      is_query ? token * num_qo_heads + head : token * num_kv_heads + (head - num_qo_heads);
  const uint4* input = (is_query ? q : k) + row * kHeadVectors;
  uint4* output = (is_query ? q_out : k_out) + row * kHeadVectors;

  const int part = threadIdx.x;
  const bool rotates = part < kRotators;
  const int first = rotates ? part : part + kRotators;
  const int second = first + (rotates ? kRotators : kCopiers);
  uint4 low = input[first];
  uint4 high = input[second];
  if (rotates) {
    const float* angle = cos_sin_cache + positions[token] * kRotaryDim + part * kVectorSize;
    rotate(low, high, angle, kHalf);
  }
  output[first] = low;
  output[second] = high;
}
