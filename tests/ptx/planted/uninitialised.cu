// SPDX-License-Identifier: Apache-2.0
// Reads of memory that nothing has written.
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
