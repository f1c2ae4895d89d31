// SPDX-License-Identifier: Apache-2.0
// Kernels that stop where they should not, or never.
#include <assert.h>

#include "planted.h"

// run: block=32 check=none fault=division_by_zero
KERNEL(division_of_words) {
  out[threadIdx.x] = 100 / in[threadIdx.x];  // expect: division by zero by 0:0
}
KERNEL(division_of_words_right) {
  out[threadIdx.x] = 100 / (in[threadIdx.x] + 1);
}

// run: block=32 check=none fault=division_by_zero
KERNEL(remainder_of_signed_words) {
  const int divisor = static_cast<int>(in[threadIdx.x]) - 7;
  out[threadIdx.x] = static_cast<unsigned>(-1000 % divisor);  // expect: division by zero by 0:7
}
KERNEL(remainder_of_signed_words_right) {
  const int divisor = static_cast<int>(in[threadIdx.x]) - 70;
  out[threadIdx.x] = static_cast<unsigned>(-1000 % divisor);
}

// run: block=32 check=none fault=division_by_zero
KERNEL(division_of_long_words) {
  const unsigned long long divisor = static_cast<unsigned long long>(in[threadIdx.x]) << 33;
  out[threadIdx.x] = static_cast<unsigned>(~0ull / divisor);  // expect: division by zero by 0:0
}
KERNEL(division_of_long_words_right) {
  const unsigned long long divisor = static_cast<unsigned long long>(in[threadIdx.x] + 1) << 33;
  out[threadIdx.x] = static_cast<unsigned>(~0ull / divisor);
}

// run: block=32 check=none fault=trap
KERNEL(trap_in_a_branch) {
  if (in[threadIdx.x] == 20) {
    __trap();  // expect: trap by 0:20
  }
  out[threadIdx.x] = 1;
}
KERNEL(trap_in_a_branch_right) {
  if (in[threadIdx.x] == 99) {
    __trap();
  }
  out[threadIdx.x] = 1;
}

// run: block=64 check=none fault=trap
KERNEL(trap_as_unreachable_case) {
  switch (in[threadIdx.x] / 16) {
    case 0:
    case 1:
    case 2:
      out[threadIdx.x] = 1;
      break;
    default:
      asm volatile("trap;");  // expect: trap by 0:48
  }
}
KERNEL(trap_as_unreachable_case_right) {
  switch (in[threadIdx.x] / 16) {
    case 0:
    case 1:
    case 2:
    case 3:
      out[threadIdx.x] = 1;
      break;
    default:
      asm volatile("trap;");
  }
}

// run: block=32 check=none fault=failed_assert
KERNEL(assert_of_a_value) {
  assert(in[threadIdx.x] < 30);  // expect: trap by 0:30
  out[threadIdx.x] = 1;
}
KERNEL(assert_of_a_value_right) {
  assert(in[threadIdx.x] < 32);
  out[threadIdx.x] = 1;
}

__device__ __noinline__ unsigned checked_half(unsigned value) {
  assert(value % 2 == 0);  // expect(assert_in_a_function): trap by 0:1
  return value / 2;
}

// run: block=32 check=none fault=failed_assert
KERNEL(assert_in_a_function) {
  out[threadIdx.x] = checked_half(in[threadIdx.x]);
}
KERNEL(assert_in_a_function_right) {
  out[threadIdx.x] = checked_half(in[threadIdx.x] * 2);
}

__device__ __noinline__ unsigned count_down(unsigned value, volatile unsigned* trail) {
  if (value == 0) return 0;
  *trail = value;
  return 1 + count_down(value - 1, trail) * 3;  // expect(stack_overflow_by_recursion): stack overflow by 0:0
}

// run: block=1 check=none fault=stack_overflow
KERNEL(stack_overflow_by_recursion) {
  out[0] = count_down(zero - 1, work);
}
KERNEL(stack_overflow_by_recursion_right) {
  out[0] = count_down(zero + 10, work);
}

__device__ __noinline__ unsigned fill_frame(unsigned depth, const volatile unsigned* caller) {
  volatile unsigned frame[4096];
  for (unsigned i = 0; i < 4096; i += 64) frame[i] = caller[i % 64] + depth;
  if (depth == 0) return frame[64];
  return fill_frame(depth - 1, frame) * 3 + frame[128];  // expect(stack_overflow_by_frames): stack overflow by 0:0
}

// run: block=1 check=none fault=stack_overflow
KERNEL(stack_overflow_by_frames) {
  out[0] = fill_frame(1000 + zero, in);
}
KERNEL(stack_overflow_by_frames_right) {
  out[0] = fill_frame(2 + zero, in);
}

// run: block=32 check=none fault=endless
KERNEL(endless_loop_that_starts_over) {
  unsigned i = in[threadIdx.x];
  while (i != 64) {
    atomicAdd(work, 1u);  // expect: instruction budget exceeded
    i = (i + 1) % 64;
  }
  out[threadIdx.x] = i;
}
KERNEL(endless_loop_that_starts_over_right) {
  unsigned i = in[threadIdx.x];
  while (i != 64) {
    atomicAdd(work, 1u);
    i = (i + 1) % 65;
  }
  out[threadIdx.x] = i;
}

// run: grid=1 block=32 check=none fault=endless
KERNEL(endless_wait_for_a_flag) {
  if (threadIdx.x == 0) {
    while (atomicAdd(work, 0u) == 0) {  // expect: deadlock
    }
  }
  out[threadIdx.x] = 1;
}
// run: grid=2 block=32
KERNEL(endless_wait_for_a_flag_right) {
  if (blockIdx.x == 1) {
    if (threadIdx.x == 0) atomicExch(work, 1u);
    return;
  }
  if (threadIdx.x == 0) {
    while (atomicAdd(work, 0u) == 0) {
    }
  }
  out[threadIdx.x] = 1;
}

// run: block=2 check=none fault=endless
KERNEL(endless_lock_taken_twice) {
  if (threadIdx.x == 0) {
    atomicExch(work, 1u);
    while (atomicCAS(work, 0u, 1u) != 0) {  // expect: deadlock
    }
    atomicExch(work, 0u);
  }
}
KERNEL(endless_lock_taken_twice_right) {
  if (threadIdx.x == 0) {
    while (atomicCAS(work, 0u, 1u) != 0) {
    }
    atomicExch(work, 0u);
  }
}
