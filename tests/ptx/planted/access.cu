// SPDX-License-Identifier: Apache-2.0
// Misaligned and null pointers, and stores into inputs.
#include "planted.h"

// run: block=16 check=memory fault=misaligned
KERNEL(misaligned_vector_load) {
  const uint4* rows = reinterpret_cast<const uint4*>(in + 1);
  const uint4 row = rows[threadIdx.x % 8];  // expect: misaligned access in in by 0:0
  out[threadIdx.x] = row.x + row.y;
}
KERNEL(misaligned_vector_load_right) {
  const uint4* rows = reinterpret_cast<const uint4*>(in + 4);
  const uint4 row = rows[threadIdx.x % 8];
  out[threadIdx.x] = row.x + row.y;
}

// run: block=16 check=memory fault=misaligned
KERNEL(misaligned_word_store) {
  char* bytes = reinterpret_cast<char*>(work) + 2;
  *reinterpret_cast<unsigned*>(bytes + threadIdx.x * 4) = 1;  // expect: misaligned access in work by 0:0
}
KERNEL(misaligned_word_store_right) {
  char* bytes = reinterpret_cast<char*>(work) + 4;
  *reinterpret_cast<unsigned*>(bytes + threadIdx.x * 4) = 1;
}

// run: block=32 check=memory fault=misaligned
KERNEL(misaligned_double_in_shared) {
  __shared__ unsigned words[80];
  words[threadIdx.x * 2] = words[threadIdx.x * 2 + 1] = in[threadIdx.x];
  __syncthreads();
  const unsigned odd = in[threadIdx.x] * 2 + 1;
  unsigned long long* wide = reinterpret_cast<unsigned long long*>(words + odd);
  *wide = zero;  // expect: misaligned access in shared memory by 0:0
}
KERNEL(misaligned_double_in_shared_right) {
  __shared__ unsigned words[80];
  words[threadIdx.x * 2] = words[threadIdx.x * 2 + 1] = in[threadIdx.x];
  __syncthreads();
  const unsigned even = in[threadIdx.x] * 2;
  unsigned long long* wide = reinterpret_cast<unsigned long long*>(words + even);
  *wide = zero;
}

// run: block=32 check=memory fault=misaligned
KERNEL(misaligned_atomic) {
  char* bytes = reinterpret_cast<char*>(work) + threadIdx.x;
  atomicAdd(reinterpret_cast<unsigned*>(bytes), 1u);  // expect: misaligned access in work by 0:1
}
KERNEL(misaligned_atomic_right) {
  char* bytes = reinterpret_cast<char*>(work) + threadIdx.x * 4;
  atomicAdd(reinterpret_cast<unsigned*>(bytes), 1u);
}

// run: block=32 check=memory fault=null
KERNEL(null_store) {
  unsigned* missing = reinterpret_cast<unsigned*>(static_cast<unsigned long long>(zero));
  missing[threadIdx.x] = 1;  // expect: null pointer by 0:0
}
KERNEL(null_store_right) {
  unsigned* missing = reinterpret_cast<unsigned*>(static_cast<unsigned long long>(zero));
  if (missing != nullptr) missing[threadIdx.x] = 1;
}

struct Node {
  unsigned long long next;
  unsigned value;
};

// run: block=1 check=memory fault=null
KERNEL(null_member_load) {
  const Node* node = reinterpret_cast<const Node*>(static_cast<unsigned long long>(zero));
  out[0] = node->value;  // expect: null pointer by 0:0
}
KERNEL(null_member_load_right) {
  const Node* node = reinterpret_cast<const Node*>(static_cast<unsigned long long>(zero));
  out[0] = node == nullptr ? 0 : node->value;
}

// run: block=32 check=memory fault=null
KERNEL(null_atomic) {
  unsigned* missing = reinterpret_cast<unsigned*>(static_cast<unsigned long long>(zero));
  atomicMax(missing + 1, threadIdx.x);  // expect: null pointer by 0:0
}
KERNEL(null_atomic_right) {
  atomicMax(work + 1, threadIdx.x);
}

// run: block=32 check=memory fault=read_only
KERNEL(input_normalised_in_place) {
  unsigned* row = const_cast<unsigned*>(in);
  row[threadIdx.x] = in[threadIdx.x] * 2;  // expect: write to an input in in by 0:0
}
KERNEL(input_normalised_in_place_right) {
  out[threadIdx.x] = in[threadIdx.x] * 2;
}

// run: block=32 check=memory fault=read_only
KERNEL(input_as_counter) {
  unsigned* counter = const_cast<unsigned*>(in) + 63;
  atomicAdd(counter, 1u);  // expect: write to an input in in by 0:0
}
KERNEL(input_as_counter_right) {
  atomicAdd(work + 63, 1u);
}

// run: block=16 check=memory fault=read_only
KERNEL(input_swapped_by_vectors) {
  uint4* rows = reinterpret_cast<uint4*>(const_cast<unsigned*>(in));
  const uint4 row = rows[threadIdx.x];
  rows[threadIdx.x] = make_uint4(row.w, row.z, row.y, row.x);  // expect: write to an input in in by 0:0
}
KERNEL(input_swapped_by_vectors_right) {
  const uint4 row = reinterpret_cast<const uint4*>(in)[threadIdx.x];
  reinterpret_cast<uint4*>(out)[threadIdx.x] = make_uint4(row.w, row.z, row.y, row.x);
}
