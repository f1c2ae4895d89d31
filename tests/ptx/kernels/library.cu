// SPDX-License-Identifier: Apache-2.0
// CUB, cooperative groups, libcu++ and cuRAND.
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
#include <cub/block/block_radix_sort.cuh>
#include <cub/block/block_reduce.cuh>
#include <cub/block/block_scan.cuh>
#include <cuda/barrier>
#include <cuda/pipeline>
#include <curand_kernel.h>

namespace cg = cooperative_groups;

extern "C" __global__ void cub_radix_sort(const unsigned* x, unsigned* keys_out, int* places_out) {
  using Sort = cub::BlockRadixSort<unsigned, 128, 4, int>;
  __shared__ typename Sort::TempStorage storage;
  unsigned keys[4];
  int places[4];
  for (int i = 0; i < 4; ++i) {
    places[i] = threadIdx.x * 4 + i;
    keys[i] = x[places[i]];
  }
  Sort(storage).Sort(keys, places);
  for (int i = 0; i < 4; ++i) {
    keys_out[threadIdx.x * 4 + i] = keys[i];
    places_out[threadIdx.x * 4 + i] = places[i];
  }
}

extern "C" __global__ void cub_scan_and_reduce(const int* x, int* before, int* largest) {
  using Scan = cub::BlockScan<int, 128>;
  using Reduce = cub::BlockReduce<int, 128>;
  __shared__ union {
    typename Scan::TempStorage scan;
    typename Reduce::TempStorage reduce;
  } storage;
  int sum;
  Scan(storage.scan).ExclusiveSum(x[threadIdx.x], sum);
  before[threadIdx.x] = sum;
  __syncthreads();
  const int most = Reduce(storage.reduce).Reduce(x[threadIdx.x], [](int a, int b) {
    return a > b ? a : b;
  });
  if (threadIdx.x == 0) *largest = most;
}

// Sorts 512 probabilities downwards and takes the first whose running sum passes p times u.
extern "C" __global__ void top_p_sample(const float* probabilities, const float* uniform, int* token,
                                        float p) {
  using Sort = cub::BlockRadixSort<float, 128, 4, int>;
  using Scan = cub::BlockScan<float, 128>;
  __shared__ union {
    typename Sort::TempStorage sort;
    typename Scan::TempStorage scan;
  } storage;
  __shared__ int chosen;
  __shared__ float kept;
  float keys[4];
  int tokens[4];
  for (int i = 0; i < 4; ++i) {
    tokens[i] = threadIdx.x * 4 + i;
    keys[i] = probabilities[blockIdx.x * 512 + tokens[i]];
  }
  Sort(storage.sort).SortDescending(keys, tokens);
  __syncthreads();
  float sums[4];
  Scan(storage.scan).InclusiveSum(keys, sums);
  if (threadIdx.x == 0) chosen = 512;
  __syncthreads();
  // The nucleus ends with the first sum that reaches p.
  for (int i = 0; i < 4; ++i) {
    if (sums[i] >= p && sums[i] - keys[i] < p) kept = sums[i];
  }
  __syncthreads();
  const float target = uniform[blockIdx.x] * kept;
  for (int i = 0; i < 4; ++i) {
    if (sums[i] >= target) atomicMin(&chosen, static_cast<int>(threadIdx.x * 4 + i));
  }
  __syncthreads();
  for (int i = 0; i < 4; ++i) {
    if (chosen == static_cast<int>(threadIdx.x * 4 + i)) token[blockIdx.x] = tokens[i];
  }
}

// Sums of tiles of 8, then of the block.
extern "C" __global__ void tiles_reduce(const int* x, int* tile_sums, int* block_sum) {
  const auto block = cg::this_thread_block();
  const auto tile = cg::tiled_partition<8>(block);
  const int sum = cg::reduce(tile, x[block.thread_rank()], cg::plus<int>());
  if (tile.thread_rank() == 0) {
    tile_sums[block.thread_rank() / 8] = sum;
    atomicAdd(block_sum, sum);
  }
}

extern "C" __global__ void coalesced_count(const int* x, int* count) {
  if (x[threadIdx.x] <= 0) return;
  const auto active = cg::coalesced_threads();
  if (active.thread_rank() == 0) atomicAdd(count, static_cast<int>(active.size()));
}

// Three rounds of neighbours over all blocks.
extern "C" __global__ void grid_sync_shift(int* a, int* b) {
  const auto grid = cg::this_grid();
  const int i = grid.thread_rank();
  const int n = grid.size();
  for (int round = 0; round < 3; ++round) {
    b[(i + 33) % n] = a[i] + 1;
    grid.sync();
    a[i] = b[i];
    grid.sync();
  }
}

// Producers copy a stage while the last one is summed.
extern "C" __global__ void pipeline_sum(const float4* x, float* sums, int stages) {
  constexpr int kThreads = 64;
  __shared__ float4 buffer[2][kThreads];
  auto pipe = cuda::make_pipeline();
  float sum = 0;
  auto fetch = [&](int stage) {
    pipe.producer_acquire();
    cuda::memcpy_async(&buffer[stage % 2][threadIdx.x], &x[stage * kThreads + threadIdx.x],
                       cuda::aligned_size_t<16>(sizeof(float4)), pipe);
    pipe.producer_commit();
  };
  fetch(0);
  for (int stage = 0; stage < stages; ++stage) {
    if (stage + 1 < stages) {
      fetch(stage + 1);
      cuda::pipeline_consumer_wait_prior<1>(pipe);
    } else {
      cuda::pipeline_consumer_wait_prior<0>(pipe);
    }
    const float4 v = buffer[stage % 2][threadIdx.x];
    sum += v.x + v.y + v.z + v.w;
    pipe.consumer_release();
  }
  sums[threadIdx.x] = sum;
}

// A phase of cuda::barrier between writing and reading.
extern "C" __global__ void barrier_exchange(const int* x, int* y) {
  __shared__ cuda::barrier<cuda::thread_scope_block> barrier;
  __shared__ int tile[128];
  if (threadIdx.x == 0) init(&barrier, blockDim.x);
  __syncthreads();
  int value = x[threadIdx.x];
  for (int round = 0; round < 3; ++round) {
    tile[threadIdx.x] = value;
    barrier.arrive_and_wait();
    value += tile[(threadIdx.x + 1) % 128];
    barrier.wait(barrier.arrive());
  }
  y[threadIdx.x] = value;
}

extern "C" __global__ void philox_uniform(float* y, unsigned* words, unsigned long long seed) {
  curandStatePhilox4_32_10_t state;
  curand_init(seed, threadIdx.x, 0, &state);
  const uint4 raw = curand4(&state);
  const float4 next = curand_uniform4(&state);
  const unsigned at[4] = {raw.x, raw.y, raw.z, raw.w};
  const float value[4] = {next.x, next.y, next.z, next.w};
  for (int i = 0; i < 4; ++i) {
    words[threadIdx.x * 4 + i] = at[i];
    y[threadIdx.x * 4 + i] = value[i];
  }
}
