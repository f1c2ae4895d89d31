// SPDX-License-Identifier: Apache-2.0
// Shuffles, votes and __syncwarp among lanes that are not there.
#include "planted.h"

// run: block=32 check=sync fault=inactive_lanes
KERNEL(shuffle_from_exited_lanes) {
  if (threadIdx.x >= 16) return;
  const unsigned value = in[threadIdx.x];
  const unsigned other = __shfl_down_sync(0xFFFFFFFF, value, 8);  // expect: invalid warp synchronisation by 0:8
  out[threadIdx.x] = value + other;
}
KERNEL(shuffle_from_exited_lanes_right) {
  if (threadIdx.x >= 16) return;
  const unsigned value = in[threadIdx.x];
  const unsigned other = __shfl_down_sync(0xFFFF, value, 8, 16);
  out[threadIdx.x] = value + other;
}

// run: block=32 check=sync fault=inactive_lanes
KERNEL(shuffle_outside_the_mask) {
  const unsigned value = in[threadIdx.x];
  if (threadIdx.x < 8) {
    out[threadIdx.x] = __shfl_sync(0xFF, value, 20);  // expect: invalid warp synchronisation by 0:0
  }
}
KERNEL(shuffle_outside_the_mask_right) {
  const unsigned value = in[threadIdx.x];
  const unsigned other = __shfl_sync(0xFFFFFFFF, value, 20);
  if (threadIdx.x < 8) {
    out[threadIdx.x] = other;
  }
}

// run: block=20 check=sync fault=inactive_lanes
KERNEL(shuffle_in_a_partial_warp) {
  unsigned sum = in[threadIdx.x];
  for (int step = 16; step > 0; step /= 2) {
    sum += __shfl_xor_sync(0xFFFFFFFF, sum, step);  // expect: invalid warp synchronisation by 0:4
  }
  out[threadIdx.x] = sum;
}
// run: block=32
KERNEL(shuffle_in_a_partial_warp_right) {
  unsigned sum = in[threadIdx.x];
  for (int step = 16; step > 0; step /= 2) {
    sum += __shfl_xor_sync(0xFFFFFFFF, sum, step);
  }
  out[threadIdx.x] = sum;
}

// run: block=32 check=sync fault=inactive_lanes
KERNEL(vote_by_a_lane_not_named) {
  const bool odd = in[threadIdx.x] % 2 != 0;
  out[threadIdx.x] = __ballot_sync(0xFFFF, odd);  // expect: invalid warp synchronisation by 0:16
}
KERNEL(vote_by_a_lane_not_named_right) {
  const bool odd = in[threadIdx.x] % 2 != 0;
  out[threadIdx.x] = __ballot_sync(0xFFFFFFFF, odd);
}

// run: block=32 check=sync fault=inactive_lanes
KERNEL(reduce_by_a_lane_not_named) {
  out[threadIdx.x] = __reduce_add_sync(~1u, in[threadIdx.x]);  // expect: invalid warp synchronisation by 0:0
}
KERNEL(reduce_by_a_lane_not_named_right) {
  out[threadIdx.x] = __reduce_add_sync(~0u, in[threadIdx.x]);
}

// run: block=32 check=sync fault=inactive_lanes
KERNEL(match_by_a_lane_not_named) {
  out[threadIdx.x] = __match_any_sync(0xFFFFFFF0, in[threadIdx.x] / 4);  // expect: invalid warp synchronisation by 0:0
}
KERNEL(match_by_a_lane_not_named_right) {
  out[threadIdx.x] = __match_any_sync(0xFFFFFFFF, in[threadIdx.x] / 4);
}

// run: block=32 check=sync fault=inactive_lanes
KERNEL(syncwarp_by_a_lane_not_named) {
  work[threadIdx.x] = in[threadIdx.x];
  __syncwarp(0x7FFFFFFF);  // expect: invalid warp synchronisation by 0:31
  out[threadIdx.x] = work[threadIdx.x];
}
KERNEL(syncwarp_by_a_lane_not_named_right) {
  work[threadIdx.x] = in[threadIdx.x];
  __syncwarp(0xFFFFFFFF);
  out[threadIdx.x] = work[threadIdx.x];
}

// run: block=32 check=none fault=inactive_lanes
KERNEL(shuffle_while_others_wait) {
  const unsigned value = in[threadIdx.x];
  if (threadIdx.x < 16) {
    out[threadIdx.x] = __shfl_xor_sync(0xFFFFFFFF, value, 1);  // expect: invalid warp synchronisation by 0:0
  }
  asm volatile("barrier.sync 0;" ::: "memory");
  work[threadIdx.x] = 1;
}
KERNEL(shuffle_while_others_wait_right) {
  const unsigned value = in[threadIdx.x];
  if (threadIdx.x < 16) {
    out[threadIdx.x] = __shfl_xor_sync(0xFFFF, value, 1);
  }
  asm volatile("barrier.sync 0;" ::: "memory");
  work[threadIdx.x] = 1;
}
