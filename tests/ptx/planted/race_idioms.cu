// SPDX-License-Identifier: Apache-2.0
// Idioms that order threads without a barrier of the block, and the same without what makes them do.
#include "planted.h"

// run: grid=4 block=1 check=race fault=missing_fence
KERNEL(look_back_without_fence) {
  unsigned before = 0;
  if (blockIdx.x != 0) {
    while (atomicAdd(work + blockIdx.x - 1, 0u) == 0) {
    }
    before = work[31 + blockIdx.x];  // expect: race in work
  }
  work[32 + blockIdx.x] = before + in[blockIdx.x];
  atomicExch(work + blockIdx.x, 1u);
}
KERNEL(look_back_without_fence_right) {
  unsigned before = 0;
  if (blockIdx.x != 0) {
    while (atomicAdd(work + blockIdx.x - 1, 0u) == 0) {
    }
    __threadfence();
    before = work[31 + blockIdx.x];
  }
  work[32 + blockIdx.x] = before + in[blockIdx.x];
  __threadfence();
  atomicExch(work + blockIdx.x, 1u);
}

// run: grid=2 block=1 check=race fault=missing_fence
KERNEL(lock_without_fences) {
  while (atomicCAS(work, 0u, 1u) != 0) {
  }
  work[1] += 1;  // expect: race in work
  atomicExch(work, 0u);
}
KERNEL(lock_without_fences_right) {
  while (atomicCAS(work, 0u, 1u) != 0) {
  }
  __threadfence();
  work[1] += 1;
  __threadfence();
  atomicExch(work, 0u);
}

// run: block=64 check=race fault=mbarrier
KERNEL(stage_read_before_its_mbarrier) {
  __shared__ unsigned long long full;
  __shared__ unsigned stage[32];
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&full));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 32;" ::"r"(address));
  __syncthreads();
  if (threadIdx.x < 32) {
    stage[threadIdx.x] = in[threadIdx.x];  // expect: race in shared memory
    asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address) : "memory");
  } else {
    out[threadIdx.x - 32] = stage[63 - threadIdx.x];
  }
}
KERNEL(stage_read_before_its_mbarrier_right) {
  __shared__ unsigned long long full;
  __shared__ unsigned stage[32];
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&full));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 32;" ::"r"(address));
  __syncthreads();
  if (threadIdx.x < 32) {
    stage[threadIdx.x] = in[threadIdx.x];
    asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address) : "memory");
  } else {
    unsigned done = 0;
    while (done == 0) {
      asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(address) : "memory");
    }
    out[threadIdx.x - 32] = stage[63 - threadIdx.x];
  }
}
