// SPDX-License-Identifier: Apache-2.0
// Paged decoding attention in two steps. kv_indices is cut at multiples of `chunk`; an item is the
// part of one sequence inside one chunk. attend() computes every item alone, merge() combines the
// items of a sequence.
//
// Sequence s has the items first_item(kv_indptr[s], s) to first_item(kv_indptr[s + 1], s), the last
// of which may be empty. Items of all sequences follow each other without gaps, so that an item's
// number tells its sequence. All logits are in base 2.
#include <cuda_bf16.h>

constexpr int kVectorSize = 8;  // bfloat16 values in 16 bytes
constexpr int kThreads = 128;   // of attend()
constexpr int kTokens = 4;      // that a team has under way at once
constexpr float kLog2E = 1.44269504f;
constexpr unsigned int kFullWarp = 0xffffffffu;

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

__device__ float minus_infinity() {
  return __int_as_float(0xff800000);
}

// 2 to the power of (exponent - base), where both may be minus infinity.
__device__ float weight_of(float exponent, float base) {
  return base == minus_infinity() ? 0.0f : exp2f(exponent - base);
}

__device__ int first_item(int position, int sequence, int chunk) {
  return position / chunk + sequence;
}

// The last sequence whose first item is not after `item`.
__device__ int sequence_of(int item, const int* kv_indptr, int batch_size, int chunk) {
  int low = 0;
  int high = batch_size - 1;
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    if (first_item(kv_indptr[middle], middle, chunk) <= item) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// Softmax of the tokens seen so far by one team, for one query head; a lane has eight elements.
struct Running {
  float largest = minus_infinity();
  float total = 0;
  Floats attended = {};

  __device__ void add(const float (&logits)[kTokens], const Floats (&values)[kTokens]) {
    float next = largest;
#pragma unroll
    for (int t = 0; t < kTokens; ++t) next = fmaxf(next, logits[t]);
    const float shrink = weight_of(largest, next);
    largest = next;
    total *= shrink;
#pragma unroll
    for (int i = 0; i < kVectorSize; ++i) attended.value[i] *= shrink;
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
      const float weight = weight_of(logits[t], largest);
      total += weight;
#pragma unroll
      for (int i = 0; i < kVectorSize; ++i) attended.value[i] += weight * values[t].value[i];
    }
  }
};

// Dot product over a team of kLanes lanes, in every one of them.
template <int kLanes>
__device__ float team_dot(const Floats& a, const Floats& b) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kVectorSize; ++i) sum += a.value[i] * b.value[i];
#pragma unroll
  for (int offset = kLanes / 2; offset > 0; offset /= 2) {
    sum += __shfl_xor_sync(kFullWarp, sum, offset);
  }
  return sum;
}

// Grid: items, key heads. A team of lanes takes one token at a time, 16 bytes per lane, and serves
// all query heads of the key head with it.
template <int kHeads, int kKvHeads, int kHeadDim>
__global__ void __launch_bounds__(kThreads)
    attend(const uint4* __restrict__ q, const uint4* __restrict__ k_cache,
           const uint4* __restrict__ v_cache, const int* __restrict__ kv_indptr,
           const int* __restrict__ kv_indices, float sm_scale, float* __restrict__ part_output,
           float* __restrict__ part_lse, int batch_size, int chunk) {
  constexpr int kGroup = kHeads / kKvHeads;
  constexpr int kLanes = kHeadDim / kVectorSize;
  constexpr int kTeams = kThreads / kLanes;
  static_assert(32 % kLanes == 0 && kThreads == kHeadDim && kGroup <= kThreads);
  __shared__ float team_largest[kGroup][kTeams];
  __shared__ float team_total[kGroup][kTeams];
  __shared__ float team_attended[kGroup][kTeams][kHeadDim];

  const int item = blockIdx.x;
  const int kv_head = blockIdx.y;
  const int sequence = sequence_of(item, kv_indptr, batch_size, chunk);
  const int chunk_begin = (item - sequence) * chunk;
  const int begin = max(kv_indptr[sequence], chunk_begin);
  const int end = min(kv_indptr[sequence + 1], chunk_begin + chunk);
  const size_t first_part = size_t(item) * kHeads + kv_head * kGroup;
  if (begin >= end) {
    if (threadIdx.x < kGroup) part_lse[first_part + threadIdx.x] = minus_infinity();
    return;
  }

  const int lane = threadIdx.x % kLanes;
  const int team = threadIdx.x / kLanes;
  Floats queries[kGroup];
#pragma unroll
  for (int h = 0; h < kGroup; ++h) {
    queries[h] = unpack(q[(size_t(sequence) * kHeads + kv_head * kGroup + h) * kLanes + lane]);
#pragma unroll
    for (int i = 0; i < kVectorSize; ++i) queries[h].value[i] *= sm_scale * kLog2E;
  }

  // Pages are read one round ahead; past the end, the last token stands in with weight zero.
  int pages[kTokens];
  const auto read_pages = [&](int first) {
#pragma unroll
    for (int t = 0; t < kTokens; ++t) pages[t] = kv_indices[min(first + t * kTeams, end - 1)];
  };
  read_pages(begin + team);
  Running running[kGroup];
  for (int round = begin; round < end; round += kTeams * kTokens) {
    const int first = round + team;
    uint4 key_vectors[kTokens];
    uint4 value_vectors[kTokens];
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
      const size_t vector = (size_t(pages[t]) * kKvHeads + kv_head) * kLanes + lane;
      key_vectors[t] = k_cache[vector];
      value_vectors[t] = v_cache[vector];
    }
    read_pages(first + kTeams * kTokens);

    float logits[kGroup][kTokens];
#pragma unroll
    for (int t = 0; t < kTokens; ++t) {
      const Floats key = unpack(key_vectors[t]);
#pragma unroll
      for (int h = 0; h < kGroup; ++h) {
        const float logit = team_dot<kLanes>(queries[h], key);
        logits[h][t] = first + t * kTeams < end ? logit : minus_infinity();
      }
    }
    Floats values[kTokens];
#pragma unroll
    for (int t = 0; t < kTokens; ++t) values[t] = unpack(value_vectors[t]);
#pragma unroll
    for (int h = 0; h < kGroup; ++h) running[h].add(logits[h], values);
  }

#pragma unroll
  for (int h = 0; h < kGroup; ++h) {
    if (lane == 0) {
      team_largest[h][team] = running[h].largest;
      team_total[h][team] = running[h].total;
    }
#pragma unroll
    for (int i = 0; i < kVectorSize; ++i) {
      team_attended[h][team][lane * kVectorSize + i] = running[h].attended.value[i];
    }
  }
  __syncthreads();

  const int element = threadIdx.x;
#pragma unroll
  for (int h = 0; h < kGroup; ++h) {
    float largest = minus_infinity();
    for (int other = 0; other < kTeams; ++other) largest = fmaxf(largest, team_largest[h][other]);
    float total = 0;
    float attended = 0;
    for (int other = 0; other < kTeams; ++other) {
      const float weight = weight_of(team_largest[h][other], largest);
      total += weight * team_total[h][other];
      attended += weight * team_attended[h][other][element];
    }
    part_output[(first_part + h) * kHeadDim + element] = attended / total;
    if (element == 0) part_lse[first_part + h] = largest + log2f(total);
  }
}

// Grid: sequences, query heads; a thread per element.
template <int kHeads, int kHeadDim>
__global__ void __launch_bounds__(kHeadDim)
    merge(const int* __restrict__ kv_indptr, const float* __restrict__ part_output,
          const float* __restrict__ part_lse, __nv_bfloat16* __restrict__ output,
          float* __restrict__ lse, int chunk) {
  const int sequence = blockIdx.x;
  const int head = blockIdx.y;
  const int element = threadIdx.x;
  const int first = first_item(kv_indptr[sequence], sequence, chunk);
  const int last = first_item(kv_indptr[sequence + 1], sequence, chunk);

  float largest = minus_infinity();
  for (int item = first; item <= last; ++item) {
    largest = fmaxf(largest, part_lse[size_t(item) * kHeads + head]);
  }
  float total = 0;
  float attended = 0;
  for (int item = first; item <= last; ++item) {
    const size_t part = size_t(item) * kHeads + head;
    const float weight = weight_of(part_lse[part], largest);
    if (weight == 0.0f) continue;  // an empty item has no output
    total += weight;
    attended += weight * part_output[part * kHeadDim + element];
  }

  const size_t result = size_t(sequence) * kHeads + head;
  const bool empty = total == 0.0f;
  output[result * kHeadDim + element] = __float2bfloat16(empty ? 0.0f : attended / total);
  if (element == 0) lse[result] = empty ? minus_infinity() : largest + log2f(total);
}
