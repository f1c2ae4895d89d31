// SPDX-License-Identifier: Apache-2.0
// Rotary position embedding, one block per token and head (query heads first, then key heads), one
// thread per element.
#include <cuda_bf16.h>

template <int kHeadSize, int kRotaryDim>
__global__ void rope(const __nv_bfloat16* q, const __nv_bfloat16* k, const float* cos_sin_cache,
                     const long long* positions, __nv_bfloat16* q_out, __nv_bfloat16* k_out,
                     int num_qo_heads, int num_kv_heads) {
  constexpr int kHalf = kRotaryDim / 2;
  const int element = threadIdx.x;
  const size_t token = blockIdx.x;
  const int head = blockIdx.y;
  const bool is_query = head < num_qo_heads;
  const size_t row =
      is_query ? token * num_qo_heads + head : token * num_kv_heads + (head - num_qo_heads);
  const __nv_bfloat16* input = (is_query ? q : k) + row * kHeadSize;
  __nv_bfloat16* output = (is_query ? q_out : k_out) + row * kHeadSize;

  if (element >= kRotaryDim) {
    output[element] = input[element];
    return;
  }
  const float* angle = cos_sin_cache + positions[token] * kRotaryDim + element % kHalf;
  const float cosine = angle[0];
  const float sine = angle[kHalf];
  const float own = __bfloat162float(input[element]);
  const float partner = __bfloat162float(input[(element + kHalf) % kRotaryDim]);
  const float turned =
      element < kHalf ? own * cosine - partner * sine : own * cosine + partner * sine;
  output[element] = __float2bfloat16(turned);
}
