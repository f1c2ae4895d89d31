// SPDX-License-Identifier: Apache-2.0
#include <cuda_bf16.h>
extern "C" __global__ void __launch_bounds__(256)
    rmsnorm(const __nv_bfloat16* x, const __nv_bfloat16* w, __nv_bfloat16* y, int n, float eps) {
  __shared__ float part[8];
  const uint4* row = reinterpret_cast<const uint4*>(x + (size_t)blockIdx.x * n);
  float s = 0;
  for (int i = threadIdx.x; i < n / 8; i += 256) {
    uint4 v = row[i];
    const __nv_bfloat162* p = reinterpret_cast<__nv_bfloat162*>(&v);
    for (int k = 0; k < 4; k++) {
      float2 f = __bfloat1622float2(p[k]);
      s += f.x * f.x + f.y * f.y;
    }
  }
  for (int m = 16; m; m >>= 1) s += __shfl_xor_sync(~0u, s, m);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = s;
  __syncthreads();
  s = 0;
  for (int i = 0; i < 8; i++) s += part[i];
  float r = rsqrtf(s / n + eps);
  for (int i = threadIdx.x; i < n; i += 256)
    y[(size_t)blockIdx.x * n + i] = __float2bfloat16(
        __bfloat162float(x[(size_t)blockIdx.x * n + i]) * r * __bfloat162float(w[i]));
}
