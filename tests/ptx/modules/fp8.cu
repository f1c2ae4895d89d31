// SPDX-License-Identifier: Apache-2.0
#include <cuda_fp8.h>
extern "C" __global__ void quant(const float4* x, __nv_fp8x4_e4m3* y, __nv_fp8x4_e5m2* z,
                                 float* s) {
  int i = threadIdx.x;
  y[i] = __nv_fp8x4_e4m3(x[i]);
  z[i] = __nv_fp8x4_e5m2(x[i]);
  s[i] = float(__nv_fp8_e4m3(s[i]));
}
