// SPDX-License-Identifier: Apache-2.0
#include <cuda_bf16.h>
#include <cuda_pipeline.h>
extern "C" __global__ void mma(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, int n) {
  __shared__ __align__(16) __nv_bfloat16 sa[16 * 16], sb[16 * 8];
  float d[4] = {0, 0, 0, 0};
  int l = threadIdx.x;
  for (int k = 0; k < n; k += 16) {
    __pipeline_memcpy_async(sa + l * 8, a + (l / 2) * n + k + (l % 2) * 8, 16);
    if (l < 16) __pipeline_memcpy_async(sb + l * 8, b + (k + l) * 8, 16);
    __pipeline_commit();
    __pipeline_wait_prior(0);
    __syncwarp();
    unsigned r[4], q[2];
    unsigned p = (unsigned)__cvta_generic_to_shared(sa + (l % 16) * 16 + (l / 16) * 8),
             o = (unsigned)__cvta_generic_to_shared(sb + (l % 16) * 8);
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(p));
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(q[0]), "=r"(q[1])
                 : "r"(o));
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0,%1,%2,%3},{%4,%5,%6,%7},{%8,%9},{%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3]), "r"(q[0]), "r"(q[1]));
    __syncwarp();
  }
  for (int i = 0; i < 4; i++) c[l * 4 + i] = d[i];
}
