// SPDX-License-Identifier: Apache-2.0
#include <cuda_bf16.h>
extern "C" __global__ void __cluster_dims__(2, 1, 1) hop(const void* map, float* o) {
  extern __shared__ __align__(128) char sm[];
  unsigned a = (unsigned)__cvta_generic_to_shared(sm);
  float d[4] = {0};
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, "
      "%3}], [%4];" ::"r"(a),
      "l"(map), "r"(0), "r"(0), "r"(a + 1024)
      : "memory");
  asm volatile(
      "{ .reg .pred p; setp.ne.b32 p, %6, 0; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 "
      "{%0,%1,%2,%3}, %4, %5, p, 1, 1, 0, 1; }"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "l"(1ll), "l"(2ll), "r"(1));
  asm volatile("barrier.cluster.arrive.release.aligned; barrier.cluster.wait.acquire.aligned;");
  unsigned q;
  asm volatile("{ .reg .pred p; elect.sync _|p, 0xffffffff; selp.u32 %0,1,0,p; }" : "=r"(q));
  o[0] = d[0] + q;
}
