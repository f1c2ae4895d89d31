// SPDX-License-Identifier: Apache-2.0
extern "C" __global__ void wait(unsigned long long* m) {
  __shared__ unsigned long long bar[2];
  unsigned a = (unsigned)__cvta_generic_to_shared(bar);
#pragma unroll
  for (int i = 0; i < 3; i++)
    asm volatile(
        "{ .reg .pred P1; LAB_WAIT: mbarrier.try_wait.parity.shared::cta.b64 P1, [%0], %1; @P1 "
        "bra.uni DONE; bra.uni LAB_WAIT; DONE: }" ::"r"(a),
        "r"(i));
  m[0] = bar[0];
}
