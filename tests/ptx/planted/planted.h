// SPDX-License-Identifier: Apache-2.0
// What every kernel of the planted-bug suite is launched with: 64 words of input (0 to 63), 64
// words of output that nothing has written, 64 zeros to work in, and a zero that the compiler
// cannot know.
#pragma once

#define KERNEL(name) \
  extern "C" __global__ void name(const unsigned* in, unsigned* out, unsigned* work, unsigned zero)

// cp.async, aligned to 16 bytes.
__device__ inline void copy_16_bytes(unsigned* to, const unsigned* from) {
  const unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(to));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(address), "l"(from) : "memory");
}
__device__ inline void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int kPending>
__device__ inline void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}
