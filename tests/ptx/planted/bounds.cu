// SPDX-License-Identifier: Apache-2.0
// Accesses outside of buffers, shared memory and the stack.
#include "planted.h"

// run: grid=2 block=64 check=memory fault=out_of_bounds
KERNEL(store_without_tail_guard) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = i;  // expect: out of bounds in out by 1:0
}
KERNEL(store_without_tail_guard_right) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < 64) out[i] = i;
}

// run: block=64 check=memory fault=out_of_bounds
KERNEL(load_of_next_element) {
  const unsigned i = threadIdx.x;
  const unsigned here = in[i];
  const unsigned next = in[i + 1];  // expect: out of bounds in in by 0:63
  out[i] = next - here;
}
KERNEL(load_of_next_element_right) {
  const unsigned i = threadIdx.x;
  const unsigned here = in[i];
  const unsigned next = i + 1 < 64 ? in[i + 1] : 0;
  out[i] = next - here;
}

// run: block=32 check=memory fault=out_of_bounds
KERNEL(vector_load_beyond_end) {
  const uint4* rows = reinterpret_cast<const uint4*>(in);
  const uint4 row = rows[threadIdx.x];  // expect: out of bounds in in by 0:16
  out[threadIdx.x] = row.x + row.w;
}
KERNEL(vector_load_beyond_end_right) {
  const uint4* rows = reinterpret_cast<const uint4*>(in);
  const uint4 row = rows[threadIdx.x % 16];
  out[threadIdx.x] = row.x + row.w;
}

// run: block=32 check=memory fault=out_of_bounds
KERNEL(atomic_bin_past_end) {
  atomicAdd(work + in[threadIdx.x] * 3, 1u);  // expect: out of bounds in work by 0:22
}
KERNEL(atomic_bin_past_end_right) {
  atomicAdd(work + in[threadIdx.x] * 2, 1u);
}

// run: block=32 check=memory fault=out_of_bounds
KERNEL(store_before_begin) {
  const int left = static_cast<int>(threadIdx.x) - 1;
  out[left] = 1;  // expect: out of bounds in out by 0:0
}
KERNEL(store_before_begin_right) {
  const int left = static_cast<int>(threadIdx.x) - 1;
  if (left >= 0) out[left] = 1;
}

// run: block=32 check=memory fault=foreign_buffer
KERNEL(foreign_by_row_stride) {
  const unsigned stride = 1u << 20;
  out[threadIdx.x * stride] = 1;  // expect: out of bounds in out by 0:1
}
KERNEL(foreign_by_row_stride_right) {
  const unsigned stride = 2;
  out[threadIdx.x * stride] = 1;
}

// run: block=32 check=memory fault=foreign_buffer
KERNEL(foreign_by_truncated_pointer) {
  const unsigned low = static_cast<unsigned>(reinterpret_cast<unsigned long long>(work));
  unsigned* narrowed = reinterpret_cast<unsigned*>(static_cast<unsigned long long>(low));
  narrowed[threadIdx.x] = 1;  // expect: out of bounds by 0:0
}
KERNEL(foreign_by_truncated_pointer_right) {
  const unsigned long long whole = reinterpret_cast<unsigned long long>(work);
  unsigned* kept = reinterpret_cast<unsigned*>(whole);
  kept[threadIdx.x] = 1;
}

// run: block=1 check=memory fault=foreign_buffer
KERNEL(foreign_by_use_after_free) {
  unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  scratch[zero] = 5;
  free(scratch);
  out[0] = *static_cast<volatile unsigned*>(scratch);  // expect: out of bounds by 0:0
}
KERNEL(foreign_by_use_after_free_right) {
  unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  scratch[zero] = 5;
  out[0] = *static_cast<volatile unsigned*>(scratch);
  free(scratch);
}

// run: block=64 check=memory fault=shared_overflow
KERNEL(shared_overflow_of_tile) {
  __shared__ unsigned tile[32];
  tile[threadIdx.x] = in[threadIdx.x];  // expect: out of bounds in shared memory by 0:32
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x ^ 1];
}
KERNEL(shared_overflow_of_tile_right) {
  __shared__ unsigned tile[64];
  tile[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[threadIdx.x ^ 1];
}

// run: block=64 shared=192 check=memory fault=shared_overflow
KERNEL(shared_overflow_of_dynamic) {
  extern __shared__ unsigned pool[];
  pool[threadIdx.x] = in[threadIdx.x];  // expect: out of bounds in shared memory by 0:48
  __syncthreads();
  out[threadIdx.x] = pool[threadIdx.x ^ 1];
}
// run: block=64 shared=256
KERNEL(shared_overflow_of_dynamic_right) {
  extern __shared__ unsigned pool[];
  pool[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = pool[threadIdx.x ^ 1];
}

// run: block=32 check=memory fault=shared_overflow
KERNEL(shared_overflow_by_halo) {
  __shared__ unsigned row[32];
  row[threadIdx.x] = in[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x + 1];  // expect: out of bounds in shared memory by 0:31
}
KERNEL(shared_overflow_by_halo_right) {
  __shared__ unsigned row[33];
  row[threadIdx.x] = in[threadIdx.x];
  if (threadIdx.x == 0) row[32] = 0;
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x + 1];
}

// run: block=32 check=memory fault=stack_overflow
KERNEL(local_array_overflow) {
  unsigned digits[8];
  for (unsigned i = 0; i < 8; ++i) digits[i] = i;
  out[threadIdx.x] = digits[in[threadIdx.x] * 64 + zero];  // expect: out of bounds in local memory by 0:1
}
KERNEL(local_array_overflow_right) {
  unsigned digits[8];
  for (unsigned i = 0; i < 8; ++i) digits[i] = i;
  out[threadIdx.x] = digits[in[threadIdx.x] % 8 + zero];
}

// run: block=1 check=memory fault=out_of_bounds
KERNEL(heap_block_overflow) {
  volatile unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  for (unsigned i = 0; i <= 4 + zero; ++i) {
    scratch[i] = i;  // expect: out of bounds in malloc() by 0:0
  }
  out[0] = scratch[0];
}
KERNEL(heap_block_overflow_right) {
  volatile unsigned* scratch = static_cast<unsigned*>(malloc(16 + zero));
  for (unsigned i = 0; i < 4 + zero; ++i) {
    scratch[i] = i;
  }
  out[0] = scratch[0];
}

// run: block=64 check=memory fault=out_of_bounds
KERNEL(transposed_store) {
  const unsigned row = threadIdx.x / 16;
  const unsigned column = threadIdx.x % 16;
  out[column * 16 + row] = in[threadIdx.x];  // expect: out of bounds in out by 0:4
}
KERNEL(transposed_store_right) {
  const unsigned row = threadIdx.x / 16;
  const unsigned column = threadIdx.x % 16;
  out[column * 4 + row] = in[threadIdx.x];
}
