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

__device__ float dot(const Floats& a, const Floats& b) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kVectorSize; ++i) sum += a.value[i] * b.value[i];
  return sum;
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

// How a block of attend() is divided. A team of lanes takes kTokens tokens at a time, 16 bytes of
// each per lane, and serves all query heads of the key head with them. Of the logits that come of
// it, lane i owns that of head i / kTokens and token i % kTokens.
template <int kHeads, int kKvHeads, int kHeadDim>
struct Layout {
  static constexpr int kGroup = kHeads / kKvHeads;
  static constexpr int kLanes = kHeadDim / kVectorSize;
  static constexpr int kTeams = kThreads / kLanes;
  static constexpr int kTokens = kLanes / kGroup;
  static_assert(kHeads % kKvHeads == 0 && kLanes % kGroup == 0 && 32 % kLanes == 0);
  static_assert(kThreads == kHeadDim);
};

// Adds up every value over the lanes of a team; lane i gets the sum of values[i].
template <int kCount>
__device__ float reduce_scatter(const float (&values)[kCount], int lane) {
  if constexpr (kCount == 1) {
    return values[0];
  } else {
    constexpr int kHalf = kCount / 2;
    const bool upper = (lane & kHalf) != 0;
    float sums[kHalf];
#pragma unroll
    for (int i = 0; i < kHalf; ++i) {
      const float low = values[i];
      const float high = values[i + kHalf];
      const float received = __shfl_xor_sync(kFullWarp, upper ? low : high, kHalf);
      sums[i] = received + (upper ? high : low);
    }
    return reduce_scatter(sums, lane);
  }
}

// Softmax over the tokens that a team has seen, as one lane has it.
template <class L>
struct Running {
  float largest = minus_infinity();  // logit of the lane's own head
  float total = 0;                   // of the weights of the lane's own head and token
  Floats attended[L::kGroup] = {};   // the lane's elements of every head

  __device__ void add(float logit, const uint4 (&value_vectors)[L::kTokens]) {
    float next = fmaxf(largest, logit);
#pragma unroll
    for (int offset = L::kTokens / 2; offset > 0; offset /= 2) {
      next = fmaxf(next, __shfl_xor_sync(kFullWarp, next, offset));
    }
    const float shrink = weight_of(largest, next);
    const float weight = weight_of(logit, next);
    largest = next;
    total = total * shrink + weight;

#pragma unroll
    for (int h = 0; h < L::kGroup; ++h) {
      const float head_shrink = __shfl_sync(kFullWarp, shrink, h * L::kTokens, L::kLanes);
#pragma unroll
      for (int i = 0; i < kVectorSize; ++i) attended[h].value[i] *= head_shrink;
    }
#pragma unroll
    for (int t = 0; t < L::kTokens; ++t) {
      const Floats values = unpack(value_vectors[t]);
#pragma unroll
      for (int h = 0; h < L::kGroup; ++h) {
        const float token_weight = __shfl_sync(kFullWarp, weight, h * L::kTokens + t, L::kLanes);
#pragma unroll
        for (int i = 0; i < kVectorSize; ++i) {
          attended[h].value[i] += token_weight * values.value[i];
        }
      }
    }
  }
};

// Merges the teams of a block into the item's outputs and log-sum-exps, head by head.
template <class L, int kHeadDim>
__device__ void write_item(const Running<L>& running, float* part_output, float* part_lse) {
  __shared__ float team_largest[L::kGroup][L::kTeams];
  __shared__ float team_total[L::kGroup][L::kTeams];
  __shared__ float team_attended[L::kGroup][L::kTeams][kHeadDim];
  const int lane = threadIdx.x % L::kLanes;
  const int team = threadIdx.x / L::kLanes;

  float total = running.total;
#pragma unroll
  for (int offset = L::kTokens / 2; offset > 0; offset /= 2) {
    total += __shfl_xor_sync(kFullWarp, total, offset);
  }
  if (lane % L::kTokens == 0) {
    team_largest[lane / L::kTokens][team] = running.largest;
    team_total[lane / L::kTokens][team] = total;
  }
#pragma unroll
  for (int h = 0; h < L::kGroup; ++h) {
#pragma unroll
    for (int i = 0; i < kVectorSize; ++i) {
      team_attended[h][team][lane * kVectorSize + i] = running.attended[h].value[i];
    }
  }
  __syncthreads();

  const int element = threadIdx.x;
#pragma unroll
  for (int h = 0; h < L::kGroup; ++h) {
    float largest = minus_infinity();
    for (int other = 0; other < L::kTeams; ++other) {
      largest = fmaxf(largest, team_largest[h][other]);
    }
    float sum = 0;
    float attended = 0;
    for (int other = 0; other < L::kTeams; ++other) {
      const float weight = weight_of(team_largest[h][other], largest);
      sum += weight * team_total[h][other];
      attended += weight * team_attended[h][other][element];
    }
    part_output[h * kHeadDim + element] = attended / sum;
    if (element == 0) part_lse[h] = largest + log2f(sum);
  }
}

// Grid: items, key heads.
template <int kHeads, int kKvHeads, int kHeadDim>
__global__ void __launch_bounds__(kThreads)
    attend(const uint4* __restrict__ q, const uint4* __restrict__ k_cache,
           const uint4* __restrict__ v_cache, const int* __restrict__ kv_indptr,
           const int* __restrict__ kv_indices, float sm_scale, float* __restrict__ part_output,
           float* __restrict__ part_lse, int batch_size, int chunk) {
  using L = Layout<kHeads, kKvHeads, kHeadDim>;
  const int item = blockIdx.x;
  const int kv_head = blockIdx.y;
  const int sequence = sequence_of(item, kv_indptr, batch_size, chunk);
  const int chunk_begin = (item - sequence) * chunk;
  const int begin = max(kv_indptr[sequence], chunk_begin);
  const int end = min(kv_indptr[sequence + 1], chunk_begin + chunk);
  const size_t first_part = size_t(item) * kHeads + kv_head * L::kGroup;
  if (begin >= end) {
    if (threadIdx.x < L::kGroup) part_lse[first_part + threadIdx.x] = minus_infinity();
    return;
  }

  const int lane = threadIdx.x % L::kLanes;
  const int team = threadIdx.x / L::kLanes;
  const size_t first_head = size_t(sequence) * kHeads + kv_head * L::kGroup;
  Floats queries[L::kGroup];
#pragma unroll
  for (int h = 0; h < L::kGroup; ++h) {
    queries[h] = unpack(q[(first_head + h) * L::kLanes + lane]);
#pragma unroll
    for (int i = 0; i < kVectorSize; ++i) queries[h].value[i] *= sm_scale * kLog2E;
  }

  // Pages are read one round ahead; past the end, the last token stands in with weight zero.
  int pages[L::kTokens];
  const auto read_pages = [&](int first) {
#pragma unroll
    for (int t = 0; t < L::kTokens; ++t) pages[t] = kv_indices[min(first + t * L::kTeams, end - 1)];
  };
  read_pages(begin + team);
  Running<L> running;
  for (int round = begin; round < end; round += L::kTeams * L::kTokens) {
    const int first = round + team;
    uint4 key_vectors[L::kTokens];
    uint4 value_vectors[L::kTokens];
#pragma unroll
    for (int t = 0; t < L::kTokens; ++t) {
      const size_t vector = (size_t(pages[t]) * kKvHeads + kv_head) * L::kLanes + lane;
      key_vectors[t] = k_cache[vector];
      value_vectors[t] = v_cache[vector];
    }
    read_pages(first + L::kTeams * L::kTokens);

    float products[L::kLanes];
#pragma unroll
    for (int t = 0; t < L::kTokens; ++t) {
      const Floats key = unpack(key_vectors[t]);
#pragma unroll
      for (int h = 0; h < L::kGroup; ++h) products[h * L::kTokens + t] = dot(queries[h], key);
    }
    const float logit = reduce_scatter(products, lane);
    const bool inside = first + lane % L::kTokens * L::kTeams < end;
    running.add(inside ? logit : minus_infinity(), value_vectors);
  }
  write_item<L, kHeadDim>(running, part_output + first_part * kHeadDim, part_lse + first_part);
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
