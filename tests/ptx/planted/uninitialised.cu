// SPDX-License-Identifier: Apache-2.0
// Values that nothing has written: in memory, and in registers.
#include "planted.h"

// run: block=32 check=init fault=uninitialised_shared
KERNEL(shared_row_never_filled) {
  __shared__ unsigned tile[32];
  if (threadIdx.x != 9) tile[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[31 - threadIdx.x];  // expect: uninitialised read in shared memory by 0:22
}
KERNEL(shared_row_never_filled_right) {
  __shared__ unsigned tile[32];
  tile[threadIdx.x] = threadIdx.x != 9 ? in[threadIdx.x] : 0;
  __syncthreads();
  out[threadIdx.x] = tile[31 - threadIdx.x];
}

// run: block=32 shared=512 check=init fault=uninitialised_shared
KERNEL(shared_sum_over_padding) {
  extern __shared__ unsigned pool[];
  pool[threadIdx.x * 2] = in[threadIdx.x];
  __syncthreads();
  unsigned sum = 0;
  for (unsigned i = 0; i < 64; ++i) {
    sum += pool[i];  // expect: uninitialised read in shared memory by 0:0
  }
  out[threadIdx.x] = sum;
}
KERNEL(shared_sum_over_padding_right) {
  extern __shared__ unsigned pool[];
  pool[threadIdx.x * 2] = in[threadIdx.x];
  pool[threadIdx.x * 2 + 1] = 0;
  __syncthreads();
  unsigned sum = 0;
  for (unsigned i = 0; i < 64; ++i) {
    sum += pool[i];
  }
  out[threadIdx.x] = sum;
}

// run: block=32 check=init fault=uninitialised_shared
KERNEL(shared_histogram_not_cleared) {
  __shared__ unsigned bins[16];
  atomicAdd(bins + in[threadIdx.x] % 16, 1u);  // expect: uninitialised read in shared memory by 0:0
  __syncthreads();
  if (threadIdx.x < 16) out[threadIdx.x] = bins[threadIdx.x];
}
KERNEL(shared_histogram_not_cleared_right) {
  __shared__ unsigned bins[16];
  if (threadIdx.x < 16) bins[threadIdx.x] = 0;
  __syncthreads();
  atomicAdd(bins + in[threadIdx.x] % 16, 1u);
  __syncthreads();
  if (threadIdx.x < 16) out[threadIdx.x] = bins[threadIdx.x];
}

// run: block=32 check=init fault=uninitialised_global
KERNEL(global_output_accumulated) {
  out[threadIdx.x] += in[threadIdx.x];  // expect: uninitialised read in out by 0:0
}
KERNEL(global_output_accumulated_right) {
  out[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] += in[threadIdx.x + 1];
}

// run: block=32 check=init fault=uninitialised_global
KERNEL(global_atomic_on_output) {
  atomicAdd(out, in[threadIdx.x]);  // expect: uninitialised read in out by 0:0
}
KERNEL(global_atomic_on_output_right) {
  if (threadIdx.x == 0) out[0] = 0;
  __syncwarp();
  atomicAdd(out, in[threadIdx.x]);
}

// run: block=1 check=init fault=uninitialised_global
KERNEL(global_heap_not_filled) {
  unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  scratch[zero] = 1;
  out[0] = static_cast<volatile unsigned*>(scratch)[1];  // expect: uninitialised read by 0:0
  free(scratch);
}
KERNEL(global_heap_not_filled_right) {
  unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  scratch[zero] = 1;
  static_cast<volatile unsigned*>(scratch)[1] = 2;
  out[0] = static_cast<volatile unsigned*>(scratch)[1];
  free(scratch);
}

// run: block=32 check=init fault=uninitialised_register
KERNEL(register_never_set) {
  unsigned sum;
  asm volatile("{ .reg .u32 t; add.u32 %0, t, %1; }" : "=r"(sum) : "r"(in[threadIdx.x]));
  out[threadIdx.x] = sum;  // expect: uninitialised read by 0:0
}
KERNEL(register_never_set_right) {
  unsigned sum;
  asm volatile("{ .reg .u32 t; mov.u32 t, 0; add.u32 %0, t, %1; }" : "=r"(sum) : "r"(in[threadIdx.x]));
  out[threadIdx.x] = sum;
}

// run: block=32 check=init fault=uninitialised_register
KERNEL(register_set_by_half_of_the_lanes) {
  unsigned kind;
  asm volatile("{ .reg .u32 t; .reg .pred p; setp.lt.u32 p, %1, 16; @p mov.u32 t, 7; mov.u32 %0, t; }" : "=r"(kind) : "r"(in[threadIdx.x]));
  if (kind == 7) {  // expect: uninitialised read by 0:16
    atomicAdd(work, 1u);
  }
}
KERNEL(register_set_by_half_of_the_lanes_right) {
  unsigned kind;
  asm volatile("{ .reg .u32 t; .reg .pred p; setp.lt.u32 p, %1, 16; mov.u32 t, 0; @p mov.u32 t, 7; mov.u32 %0, t; }" : "=r"(kind) : "r"(in[threadIdx.x]));
  if (kind == 7) {
    atomicAdd(work, 1u);
  }
}

// run: block=32 check=init fault=uninitialised_register
KERNEL(register_as_index) {
  unsigned index;
  asm volatile("{ .reg .u32 t; and.b32 %0, t, 63; }" : "=r"(index));
  out[index] = in[threadIdx.x];  // expect: uninitialised read by 0:0
}
KERNEL(register_as_index_right) {
  unsigned index;
  asm volatile("{ .reg .u32 t; mov.u32 t, %1; and.b32 %0, t, 63; }" : "=r"(index) : "r"(threadIdx.x));
  out[index] = in[threadIdx.x];
}

// run: block=32 check=init fault=uninitialised_local
KERNEL(local_array_with_a_hole) {
  unsigned digits[8];
  for (unsigned i = 0; i < 7 + zero; ++i) digits[in[i]] = i;
  out[threadIdx.x] = digits[in[threadIdx.x] % 8];  // expect: uninitialised read by 0:7
}
KERNEL(local_array_with_a_hole_right) {
  unsigned digits[8];
  for (unsigned i = 0; i < 8 + zero; ++i) digits[in[i]] = i;
  out[threadIdx.x] = digits[in[threadIdx.x] % 8];
}

__device__ __noinline__ void store_sum(unsigned* result, const unsigned* values, unsigned count) {
  unsigned sum = 0;
  for (unsigned i = 0; i < count; ++i) {
    sum += values[i];  // expect(local_array_summed_too_far): uninitialised read by 0:20
  }
  *result = sum;
}

// run: block=32 check=init fault=uninitialised_local
KERNEL(local_array_summed_too_far) {
  unsigned values[4];
  for (unsigned i = 0; i < 3; ++i) values[in[i]] = in[threadIdx.x];
  store_sum(out + threadIdx.x, values, threadIdx.x < 20 ? 3 : 4);
}
KERNEL(local_array_summed_too_far_right) {
  unsigned values[4];
  for (unsigned i = 0; i < 3; ++i) values[in[i]] = in[threadIdx.x];
  store_sum(out + threadIdx.x, values, 3);
}
