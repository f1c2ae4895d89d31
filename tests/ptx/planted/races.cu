// SPDX-License-Identifier: Apache-2.0
// Threads that access the same memory with nothing that orders them.
#include "planted.h"

// run: block=64 check=race fault=missing_syncthreads
KERNEL(reverse_without_barrier) {
  __shared__ unsigned tile[64];
  tile[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = tile[63 - threadIdx.x];  // expect: race in shared memory
}
KERNEL(reverse_without_barrier_right) {
  __shared__ unsigned tile[64];
  tile[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[63 - threadIdx.x];
}

// run: block=64 check=race fault=missing_syncthreads
KERNEL(tile_refilled_too_early) {
  __shared__ unsigned tile[64];
  unsigned sum = 0;
  for (unsigned step = 0; step < 4 + zero; ++step) {
    tile[threadIdx.x] = in[threadIdx.x] + step;  // expect: race in shared memory
    __syncthreads();
    sum += tile[63 - threadIdx.x];
  }
  out[threadIdx.x] = sum;
}
KERNEL(tile_refilled_too_early_right) {
  __shared__ unsigned tile[64];
  unsigned sum = 0;
  for (unsigned step = 0; step < 4 + zero; ++step) {
    tile[threadIdx.x] = in[threadIdx.x] + step;
    __syncthreads();
    sum += tile[63 - threadIdx.x];
    __syncthreads();
  }
  out[threadIdx.x] = sum;
}

// run: block=128 check=race fault=missing_syncthreads
KERNEL(reduction_without_barrier) {
  __shared__ unsigned sums[128];
  sums[threadIdx.x] = in[threadIdx.x % 64];
  __syncthreads();
  for (unsigned half = 64 + zero; half >= 32; half /= 2) {
    if (threadIdx.x < half) {
      sums[threadIdx.x] += sums[threadIdx.x + half];  // expect: race in shared memory
    }
  }
  if (threadIdx.x == 0) out[0] = sums[0];
}
KERNEL(reduction_without_barrier_right) {
  __shared__ unsigned sums[128];
  sums[threadIdx.x] = in[threadIdx.x % 64];
  __syncthreads();
  for (unsigned half = 64 + zero; half >= 32; half /= 2) {
    if (threadIdx.x < half) {
      sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) out[0] = sums[0];
}

// run: block=32 check=race fault=missing_syncwarp
KERNEL(neighbours_without_syncwarp) {
  __shared__ unsigned tile[32];
  tile[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = tile[threadIdx.x ^ 1];  // expect: race in shared memory
}
KERNEL(neighbours_without_syncwarp_right) {
  __shared__ unsigned tile[32];
  tile[threadIdx.x] = in[threadIdx.x];
  __syncwarp();
  out[threadIdx.x] = tile[threadIdx.x ^ 1];
}

// run: block=32 check=race fault=missing_syncwarp
KERNEL(warp_reduction_without_syncwarp) {
  __shared__ unsigned sums[64];
  sums[threadIdx.x] = in[threadIdx.x];
  sums[threadIdx.x + 32] = in[threadIdx.x + 32];
  for (unsigned half = 32 + zero; half > 0; half /= 2) {
    const unsigned other = sums[threadIdx.x + half];  // expect: race in shared memory
    if (threadIdx.x < half) sums[threadIdx.x] = sums[threadIdx.x] + other;
  }
  if (threadIdx.x == 0) out[0] = sums[0];
}
KERNEL(warp_reduction_without_syncwarp_right) {
  __shared__ unsigned sums[64];
  sums[threadIdx.x] = in[threadIdx.x];
  sums[threadIdx.x + 32] = in[threadIdx.x + 32];
  for (unsigned half = 32 + zero; half > 0; half /= 2) {
    __syncwarp();
    const unsigned other = sums[threadIdx.x + half];
    __syncwarp();
    if (threadIdx.x < half) sums[threadIdx.x] = sums[threadIdx.x] + other;
  }
  if (threadIdx.x == 0) out[0] = sums[0];
}

// run: grid=4 block=32 check=race fault=global_race
KERNEL(counter_without_atomic) {
  if (threadIdx.x == 0) {
    work[0] += 1 + blockIdx.x;  // expect: race in work
  }
}
KERNEL(counter_without_atomic_right) {
  if (threadIdx.x == 0) {
    atomicAdd(work, 1 + blockIdx.x);
  }
}

// run: grid=2 block=64 check=race fault=global_race
KERNEL(rows_that_overlap) {
  const unsigned i = blockIdx.x * 32 + threadIdx.x;
  if (i < 64) {
    work[i] = blockIdx.x * 100 + threadIdx.x;  // expect: race in work
  }
}
KERNEL(rows_that_overlap_right) {
  const unsigned i = blockIdx.x * 32 + threadIdx.x;
  if (threadIdx.x < 32) {
    work[i] = blockIdx.x * 100 + threadIdx.x;
  }
}

// run: block=64 check=race fault=global_race
KERNEL(scan_in_global_memory) {
  work[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  if (threadIdx.x >= 32) {
    work[threadIdx.x] += work[threadIdx.x - 32];
  } else {
    work[threadIdx.x] *= 3;  // expect: race in work
  }
}
KERNEL(scan_in_global_memory_right) {
  work[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  if (threadIdx.x >= 32) {
    work[threadIdx.x] += work[threadIdx.x - 32];
  }
  __syncthreads();
  if (threadIdx.x < 32) {
    work[threadIdx.x] *= 3;
  }
}

// run: grid=2 block=1 check=race fault=missing_fence
KERNEL(message_without_fence) {
  if (blockIdx.x == 0) {
    work[1] = in[5];
    atomicExch(work, 1u);
  } else {
    while (atomicAdd(work, 0u) == 0) {
    }
    out[0] = work[1];  // expect: race in work
  }
}
KERNEL(message_without_fence_right) {
  if (blockIdx.x == 0) {
    work[1] = in[5];
    __threadfence();
    atomicExch(work, 1u);
  } else {
    while (atomicAdd(work, 0u) == 0) {
    }
    __threadfence();
    out[0] = work[1];
  }
}

// run: grid=4 block=1 check=race fault=missing_fence
KERNEL(last_block_without_fence) {
  work[blockIdx.x] = in[blockIdx.x] + 1;
  const unsigned ticket = atomicAdd(work + 32, 1u);
  if (ticket == gridDim.x - 1) {
    unsigned sum = 0;
    for (unsigned i = 0; i < gridDim.x; ++i) {
      sum += work[i];  // expect: race in work
    }
    out[0] = sum;
  }
}
KERNEL(last_block_without_fence_right) {
  work[blockIdx.x] = in[blockIdx.x] + 1;
  __threadfence();
  const unsigned ticket = atomicAdd(work + 32, 1u);
  if (ticket == gridDim.x - 1) {
    __threadfence();
    unsigned sum = 0;
    for (unsigned i = 0; i < gridDim.x; ++i) {
      sum += work[i];
    }
    out[0] = sum;
  }
}

// run: grid=2 block=1 check=race fault=missing_fence
KERNEL(message_by_relaxed_flag) {
  if (blockIdx.x == 0) {
    work[1] = in[5];
    asm volatile("st.relaxed.gpu.u32 [%0], 1;" ::"l"(work) : "memory");
  } else {
    unsigned flag = 0;
    while (flag == 0) asm volatile("ld.relaxed.gpu.u32 %0, [%1];" : "=r"(flag) : "l"(work) : "memory");
    out[0] = work[1];  // expect: race in work
  }
}
KERNEL(message_by_relaxed_flag_right) {
  if (blockIdx.x == 0) {
    work[1] = in[5];
    asm volatile("st.release.gpu.u32 [%0], 1;" ::"l"(work) : "memory");
  } else {
    unsigned flag = 0;
    while (flag == 0) asm volatile("ld.acquire.gpu.u32 %0, [%1];" : "=r"(flag) : "l"(work) : "memory");
    out[0] = work[1];
  }
}

// run: block=32 check=race fault=missing_syncwarp
KERNEL(pair_writes_one_word) {
  __shared__ unsigned slot;
  if (threadIdx.x < 2) slot = in[threadIdx.x];  // expect: race in shared memory
  __syncthreads();
  out[threadIdx.x] = slot;
}
KERNEL(pair_writes_one_word_right) {
  __shared__ unsigned slot;
  if (threadIdx.x == 0) slot = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = slot;
}

// run: block=64 check=race fault=same_value
KERNEL(flag_set_by_all) {
  __shared__ unsigned found;
  if (threadIdx.x == 0) found = 0;
  __syncthreads();
  if (in[threadIdx.x] % 2 == 1) {
    found = 1;  // expect: benign race in shared memory
  }
  __syncthreads();
  out[threadIdx.x] = found;
}
KERNEL(flag_set_by_all_right) {
  __shared__ unsigned found;
  if (threadIdx.x == 0) found = 0;
  __syncthreads();
  if (in[threadIdx.x] % 2 == 1) {
    atomicOr(&found, 1u);
  }
  __syncthreads();
  out[threadIdx.x] = found;
}

// run: grid=3 block=32 check=race fault=same_value
KERNEL(scale_written_by_every_block) {
  if (threadIdx.x == 0) {
    out[0] = in[7] * 2;  // expect: benign race in out
  }
}
KERNEL(scale_written_by_every_block_right) {
  if (threadIdx.x == 0 && blockIdx.x == 0) {
    out[0] = in[7] * 2;
  }
}

// run: block=32 check=race fault=missing_copy_wait
KERNEL(copy_read_before_wait) {
  __shared__ alignas(16) unsigned tile[128];
  copy_16_bytes(tile + threadIdx.x * 4, in + threadIdx.x % 16 * 4);
  commit_copies();
  out[threadIdx.x] = tile[threadIdx.x * 4];  // expect: missing wait in shared memory
}
KERNEL(copy_read_before_wait_right) {
  __shared__ alignas(16) unsigned tile[128];
  copy_16_bytes(tile + threadIdx.x * 4, in + threadIdx.x % 16 * 4);
  commit_copies();
  wait_copies<0>();
  out[threadIdx.x] = tile[threadIdx.x * 4];
}

// run: block=32 check=race fault=missing_copy_wait
KERNEL(pipeline_waits_for_one_too_few) {
  __shared__ alignas(16) unsigned tile[2][128];
  copy_16_bytes(tile[0] + threadIdx.x * 4, in + threadIdx.x % 16 * 4);
  commit_copies();
  copy_16_bytes(tile[1] + threadIdx.x * 4, in + threadIdx.x % 8 * 4);
  commit_copies();
  wait_copies<1>();
  __syncthreads();
  const unsigned first = tile[0][(threadIdx.x ^ 1) * 4];
  out[threadIdx.x] = first + tile[1][(threadIdx.x ^ 1) * 4];  // expect: missing wait in shared memory
}
KERNEL(pipeline_waits_for_one_too_few_right) {
  __shared__ alignas(16) unsigned tile[2][128];
  copy_16_bytes(tile[0] + threadIdx.x * 4, in + threadIdx.x % 16 * 4);
  commit_copies();
  copy_16_bytes(tile[1] + threadIdx.x * 4, in + threadIdx.x % 8 * 4);
  commit_copies();
  wait_copies<0>();
  __syncthreads();
  const unsigned first = tile[0][(threadIdx.x ^ 1) * 4];
  out[threadIdx.x] = first + tile[1][(threadIdx.x ^ 1) * 4];
}
