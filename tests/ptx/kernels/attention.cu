// SPDX-License-Identifier: Apache-2.0
// Attention and the mixture of experts around it.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

constexpr int kWidth = 64;
constexpr unsigned kAll = 0xFFFFFFFFu;

__device__ float warp_sum(float value) {
  for (int mask = 16; mask > 0; mask /= 2) value += __shfl_xor_sync(kAll, value, mask);
  return value;
}

// Causal, online softmax over tiles of 16 keys in shared memory; one warp a query, 4 a block.
extern "C" __global__ void flash_prefill(const __half* q, const __half* k, const __half* v,
                                         __half* out, int length, float scale) {
  __shared__ __half keys[16][kWidth];
  __shared__ __half values[16][kWidth];
  const int lane = threadIdx.x % 32;
  const int query = blockIdx.x * 4 + threadIdx.x / 32;
  const size_t head = static_cast<size_t>(blockIdx.y) * length * kWidth;
  float2 mine = {0, 0};
  if (query < length) {
    mine = __half22float2(reinterpret_cast<const __half2*>(q + head + query * kWidth)[lane]);
  }
  float largest = -1e30f, sum = 0;
  float2 acc = {0, 0};
  const int last = min(length, (static_cast<int>(blockIdx.x) + 1) * 4);
  for (int begin = 0; begin < last; begin += 16) {
    __syncthreads();
    for (int i = threadIdx.x; i < 16 * kWidth; i += blockDim.x) {
      const int key = begin + i / kWidth;
      keys[i / kWidth][i % kWidth] = key < length ? k[head + begin * kWidth + i] : __half(0.0f);
      values[i / kWidth][i % kWidth] = key < length ? v[head + begin * kWidth + i] : __half(0.0f);
    }
    __syncthreads();
    if (query >= length) continue;
    for (int j = 0; j < 16 && begin + j <= query; ++j) {
      const float2 key = __half22float2(reinterpret_cast<const __half2*>(keys[j])[lane]);
      const float2 value = __half22float2(reinterpret_cast<const __half2*>(values[j])[lane]);
      const float score = warp_sum(mine.x * key.x + mine.y * key.y) * scale;
      const float next = fmaxf(largest, score);
      const float keep = __expf(largest - next);
      const float weight = __expf(score - next);
      sum = sum * keep + weight;
      acc.x = acc.x * keep + weight * value.x;
      acc.y = acc.y * keep + weight * value.y;
      largest = next;
    }
  }
  if (query >= length) return;
  reinterpret_cast<__half2*>(out + head + query * kWidth)[lane] =
      __floats2half2_rn(acc.x / sum, acc.y / sum);
}

// One warp a query head; pages of 16 tokens, [page, token, width].
extern "C" __global__ void decode_paged(const __nv_bfloat16* q, const __nv_bfloat16* k,
                                        const __nv_bfloat16* v, const int* pages,
                                        const int* lengths, float* out, int pages_per_sequence,
                                        float scale) {
  const int lane = threadIdx.x;
  const int sequence = blockIdx.x;
  const int row = (sequence * gridDim.y + blockIdx.y) * kWidth + 2 * lane;
  const float2 mine = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(q + row));
  float largest = -1e30f, sum = 0;
  float2 acc = {0, 0};
  for (int token = 0; token < lengths[sequence]; ++token) {
    const int page = pages[sequence * pages_per_sequence + token / 16];
    const int at = (page * 16 + token % 16) * kWidth + 2 * lane;
    const float2 key = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(k + at));
    const float2 value = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(v + at));
    const float score = warp_sum(mine.x * key.x + mine.y * key.y) * scale;
    const float next = fmaxf(largest, score);
    const float keep = __expf(largest - next);
    const float weight = __expf(score - next);
    sum = sum * keep + weight;
    acc.x = acc.x * keep + weight * value.x;
    acc.y = acc.y * keep + weight * value.y;
    largest = next;
  }
  out[row] = acc.x / sum;
  out[row + 1] = acc.y / sum;
}

// Partial results [split, row, width] with the log of their sums, base 2.
extern "C" __global__ void merge_split_kv(const float* parts, const float* logs, float* out,
                                          float* merged_log, int splits, int rows) {
  const int row = blockIdx.x;
  float largest = -1e30f;
  for (int s = 0; s < splits; ++s) largest = fmaxf(largest, logs[s * rows + row]);
  float sum = 0, value = 0;
  for (int s = 0; s < splits; ++s) {
    const float weight = exp2f(logs[s * rows + row] - largest);
    sum += weight;
    value += weight * parts[(s * rows + row) * kWidth + threadIdx.x];
  }
  out[row * kWidth + threadIdx.x] = value / sum;
  if (threadIdx.x == 0) merged_log[row] = largest + log2f(sum);
}

// The two largest of 32 logits, their softmax weights; ties go to the lower expert.
extern "C" __global__ void route_top2(const float* logits, int* experts, float* weights) {
  const int token = blockIdx.x;
  float value = logits[token * 32 + threadIdx.x];
  float best[2];
  for (int round = 0; round < 2; ++round) {
    float top = value;
    int expert = threadIdx.x;
    for (int mask = 16; mask > 0; mask /= 2) {
      const float other = __shfl_xor_sync(kAll, top, mask);
      const int place = __shfl_xor_sync(kAll, expert, mask);
      if (other > top || (other == top && place < expert)) {
        top = other;
        expert = place;
      }
    }
    best[round] = top;
    if (threadIdx.x == static_cast<unsigned>(expert)) value = -1e30f;
    if (threadIdx.x == 0) experts[token * 2 + round] = expert;
  }
  if (threadIdx.x != 0) return;
  const float second = __expf(best[1] - best[0]);
  weights[token * 2] = 1 / (1 + second);
  weights[token * 2 + 1] = second / (1 + second);
}

// Places of the assignments in the order of their experts: count, scan, place. One block.
extern "C" __global__ void sort_by_expert(const int* experts, int* begin, int* order, int n) {
  __shared__ int counts[33];
  if (threadIdx.x < 33) counts[threadIdx.x] = 0;
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x) atomicAdd(&counts[experts[i] + 1], 1);
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int i = 0; i < 32; ++i) counts[i + 1] += counts[i];
  }
  __syncthreads();
  if (threadIdx.x < 33) begin[threadIdx.x] = counts[threadIdx.x];
  // A stable order: one thread an expert.
  if (threadIdx.x >= 32) return;
  int place = counts[threadIdx.x];
  for (int i = 0; i < n; ++i) {
    if (experts[i] == static_cast<int>(threadIdx.x)) order[place++] = i;
  }
}

extern "C" __global__ void combine_experts(const __nv_bfloat16* rows, const float* weights,
                                           const int* place, __nv_bfloat16* out, int width) {
  const int token = blockIdx.x;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    float sum = 0;
    for (int j = 0; j < 2; ++j) {
      sum += weights[token * 2 + j] * __bfloat162float(rows[place[token * 2 + j] * width + i]);
    }
    out[token * width + i] = __float2bfloat16(sum);
  }
}
