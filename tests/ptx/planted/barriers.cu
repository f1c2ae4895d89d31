// SPDX-License-Identifier: Apache-2.0
// Barriers of blocks and mbarriers that threads reach in the wrong place, count or number.
#include "planted.h"

// run: block=32 check=sync fault=divergent_barrier
KERNEL(divergent_barrier_in_branches) {
  __shared__ unsigned tile[32];
  if (threadIdx.x < 16) {
    tile[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[threadIdx.x];
  } else {
    tile[threadIdx.x] = in[threadIdx.x] * 2;
    __syncthreads();  // expect: barrier misuse by 0:16
    out[threadIdx.x] = tile[threadIdx.x] + 1;
  }
}
KERNEL(divergent_barrier_in_branches_right) {
  __shared__ unsigned tile[32];
  tile[threadIdx.x] = in[threadIdx.x] * (threadIdx.x < 16 ? 1 : 2);
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x] + (threadIdx.x < 16 ? 0 : 1);
}

// run: block=32 check=sync fault=divergent_barrier
KERNEL(divergent_barrier_in_switch) {
  switch (in[threadIdx.x] % 3) {
    case 0:
      atomicAdd(work, 1u);
      __syncthreads();  // expect: barrier misuse by 0:0
      atomicAdd(work + 1, 1u);
      break;
    case 1:
      atomicAdd(work + 2, 1u);
      __syncthreads();
      atomicAdd(work + 3, 1u);
      break;
    default:
      break;
  }
}
KERNEL(divergent_barrier_in_switch_right) {
  const unsigned kind = in[threadIdx.x] % 3;
  if (kind == 0) atomicAdd(work, 1u);
  if (kind == 1) atomicAdd(work + 2, 1u);
  __syncthreads();
  if (kind == 0) atomicAdd(work + 1, 1u);
  if (kind == 1) atomicAdd(work + 3, 1u);
}

// run: block=64 check=sync fault=wrong_count
KERNEL(wrong_count_of_two_warps) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 1, 32;" ::: "memory");  // expect: barrier misuse by 0:32
  }
}
KERNEL(wrong_count_of_two_warps_right) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 1, 64;" ::: "memory");
  }
}

// run: block=64 check=sync fault=wrong_count
KERNEL(wrong_count_of_part_of_a_warp) {
  asm volatile("bar.sync 1, %0;" ::"r"(48 + zero) : "memory");  // expect: barrier misuse by 0:0
}
KERNEL(wrong_count_of_part_of_a_warp_right) {
  asm volatile("bar.sync 1, %0;" ::"r"(64 + zero) : "memory");
}

// run: block=32 check=sync fault=wrong_count
KERNEL(wrong_number_of_barrier) {
  asm volatile("bar.sync %0;" ::"r"(in[16] + zero) : "memory");  // expect: barrier misuse by 0:0
}
KERNEL(wrong_number_of_barrier_right) {
  asm volatile("bar.sync %0;" ::"r"(in[15] + zero) : "memory");
}

// run: block=32 check=sync fault=mbarrier
KERNEL(wrong_count_of_mbarrier) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 16;" ::"r"(address));
  __syncthreads();
  const unsigned count = 20 + zero;
  if (threadIdx.x == 0) {
    asm volatile("{ .reg .b64 s; mbarrier.arrive.noComplete.shared.b64 s, [%0], %1; }" ::"r"(address), "r"(count));  // expect: barrier misuse by 0:0
  }
}
KERNEL(wrong_count_of_mbarrier_right) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 32;" ::"r"(address));
  __syncthreads();
  const unsigned count = 20 + zero;
  if (threadIdx.x == 0) {
    asm volatile("{ .reg .b64 s; mbarrier.arrive.noComplete.shared.b64 s, [%0], %1; }" ::"r"(address), "r"(count));
  }
}

// run: block=64 check=sync fault=pending_barrier
KERNEL(exit_with_barrier_pending) {
  if (threadIdx.x < 32) {
    work[threadIdx.x] = in[threadIdx.x];
    asm volatile("bar.arrive 1, 64;" ::: "memory");  // expect: barrier misuse by 0:0
  }
}
KERNEL(exit_with_barrier_pending_right) {
  if (threadIdx.x < 32) {
    work[threadIdx.x] = in[threadIdx.x];
    asm volatile("bar.arrive 1, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 1, 64;" ::: "memory");
  }
}

// run: block=96 check=sync fault=pending_barrier
KERNEL(exit_with_second_phase_pending) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 2, 64;" ::: "memory");
  } else if (threadIdx.x < 64) {
    asm volatile("bar.arrive 2, 64;" ::: "memory");
    asm volatile("bar.arrive 2, 96;" ::: "memory");  // expect: barrier misuse by 0:32
  }
}
KERNEL(exit_with_second_phase_pending_right) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 2, 64;" ::: "memory");
    asm volatile("bar.arrive 3, 96;" ::: "memory");
  } else if (threadIdx.x < 64) {
    asm volatile("bar.arrive 2, 64;" ::: "memory");
    asm volatile("bar.arrive 3, 96;" ::: "memory");
  } else {
    asm volatile("bar.sync 3, 96;" ::: "memory");
  }
}

// run: block=64 check=none fault=deadlock
KERNEL(deadlock_of_missing_warp) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory");  // expect: deadlock by 0:0
    work[threadIdx.x] = 1;
  }
}
KERNEL(deadlock_of_missing_warp_right) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 32;" ::: "memory");
    work[threadIdx.x] = 1;
  }
}

// run: block=64 check=none fault=deadlock
KERNEL(deadlock_of_crossed_barriers) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory");  // expect: deadlock by 0:0
    asm volatile("bar.sync 2, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 2, 64;" ::: "memory");
    asm volatile("bar.sync 1, 64;" ::: "memory");
  }
}
KERNEL(deadlock_of_crossed_barriers_right) {
  if (threadIdx.x < 32) {
    asm volatile("bar.sync 1, 64;" ::: "memory");
    asm volatile("bar.sync 2, 64;" ::: "memory");
  } else {
    asm volatile("bar.sync 1, 64;" ::: "memory");
    asm volatile("bar.sync 2, 64;" ::: "memory");
  }
}

// run: block=96 check=none fault=deadlock
KERNEL(deadlock_of_uneven_loops) {
  for (unsigned step = 0; step < 1 + threadIdx.x / 32; ++step) {
    asm volatile("bar.sync 4, 96;" ::: "memory");  // expect: deadlock by 0:32
  }
}
KERNEL(deadlock_of_uneven_loops_right) {
  for (unsigned step = 0; step < blockDim.x / 32; ++step) {
    asm volatile("bar.sync 4, 96;" ::: "memory");
  }
}

// run: block=32 check=sync fault=mbarrier
KERNEL(mbarrier_never_initialised) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 5) {
    asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address));  // expect: barrier misuse by 0:5
  }
}
KERNEL(mbarrier_never_initialised_right) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(address));
  __syncthreads();
  if (threadIdx.x == 5) {
    asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address));
  }
}

// run: block=64 check=none fault=mbarrier
KERNEL(mbarrier_waits_for_a_thread_that_left) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 64;" ::"r"(address));
  __syncthreads();
  if (threadIdx.x == 40) return;
  asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address) : "memory");
  unsigned done = 0;
  while (done == 0) {
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(address) : "memory");  // expect: deadlock
  }
}
KERNEL(mbarrier_waits_for_a_thread_that_left_right) {
  __shared__ unsigned long long barrier;
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(&barrier));
  if (threadIdx.x == 0) asm volatile("mbarrier.init.shared.b64 [%0], 64;" ::"r"(address));
  __syncthreads();
  asm volatile("{ .reg .b64 s; mbarrier.arrive.shared.b64 s, [%0]; }" ::"r"(address) : "memory");
  if (threadIdx.x == 40) return;
  unsigned done = 0;
  while (done == 0) {
    asm volatile("{ .reg .pred p; mbarrier.try_wait.parity.shared.b64 p, [%1], 0; selp.u32 %0, 1, 0, p; }" : "=r"(done) : "r"(address) : "memory");
  }
}
