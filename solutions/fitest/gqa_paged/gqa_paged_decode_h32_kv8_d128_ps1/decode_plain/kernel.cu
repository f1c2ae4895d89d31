// SPDX-License-Identifier: Apache-2.0
// Paged decoding attention, one block per sequence and query head, with a running softmax over
// tiles of as many tokens as a head has elements.
#include <cuda_bf16.h>

struct Sum {
  __device__ float operator()(float a, float b) const { return a + b; }
};

struct Maximum {
  __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

// Combines one value per thread into one for all.
template <int kThreads, class Combine>
__device__ float block_reduce(float value, Combine combine) {
  __shared__ float values[kThreads];
  __syncthreads();  // everybody has read the result of an earlier call
  values[threadIdx.x] = value;
  __syncthreads();
  for (int width = kThreads / 2; width > 0; width /= 2) {
    if (threadIdx.x < width) {
      values[threadIdx.x] = combine(values[threadIdx.x], values[threadIdx.x + width]);
    }
    __syncthreads();
  }
  return values[0];
}

template <int kHeads, int kKvHeads, int kHeadDim>
__global__ void decode(const __nv_bfloat16* q, const __nv_bfloat16* k_cache,
                       const __nv_bfloat16* v_cache, const int* kv_indptr, const int* kv_indices,
                       float sm_scale, __nv_bfloat16* output, float* lse) {
  __shared__ float query[kHeadDim];
  __shared__ float weights[kHeadDim];
  __shared__ int pages[kHeadDim];
  const float minus_infinity = __int_as_float(0xff800000);
  const int thread = threadIdx.x;
  const int sequence = blockIdx.x;
  const int head = blockIdx.y;
  const int kv_head = head / (kHeads / kKvHeads);
  const int begin = kv_indptr[sequence];
  const int end = kv_indptr[sequence + 1];
  const size_t result = size_t(sequence) * kHeads + head;
  query[thread] = __bfloat162float(q[result * kHeadDim + thread]) * sm_scale;

  float largest = minus_infinity;  // logit so far
  float total = 0;                 // of exp(logit - largest)
  float attended = 0;              // element `thread` of the output, times `total`
  for (int tile = begin; tile < end; tile += kHeadDim) {
    const int count = min(kHeadDim, end - tile);
    __syncthreads();  // the query is there, and everybody is done with the previous tile
    float logit = minus_infinity;
    if (thread < count) {
      pages[thread] = kv_indices[tile + thread];
      const __nv_bfloat16* key = k_cache + (size_t(pages[thread]) * kKvHeads + kv_head) * kHeadDim;
      logit = 0;
      for (int i = 0; i < kHeadDim; ++i) logit += query[i] * __bfloat162float(key[i]);
    }

    const float previous = largest;
    largest = fmaxf(previous, block_reduce<kHeadDim>(logit, Maximum{}));
    weights[thread] = expf(logit - largest);
    const float shrink = expf(previous - largest);
    total = total * shrink + block_reduce<kHeadDim>(weights[thread], Sum{});

    attended *= shrink;
    for (int i = 0; i < count; ++i) {
      const size_t value = (size_t(pages[i]) * kKvHeads + kv_head) * kHeadDim + thread;
      attended += weights[i] * __bfloat162float(v_cache[value]);
    }
  }

  const bool empty = begin == end;
  output[result * kHeadDim + thread] = __float2bfloat16(empty ? 0.0f : attended / total);
  if (thread == 0) {
    const float log2_e = 1.44269504f;
    lse[result] = empty ? minus_infinity : largest * log2_e + log2f(total);
  }
}
