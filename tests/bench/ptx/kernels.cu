// SPDX-License-Identifier: Apache-2.0
// What fitest_bench_ptx measures; kernels.ptx is `nvcc -ptx -arch=compute_80 kernels.cu`.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = a * x[i] + y[i];
}
extern "C" __global__ void arithmetic(float* out, int iterations) {
  float a = threadIdx.x * 0.001f, b = 1.0001f, c = 0.5f, d = 0.25f;
#pragma unroll 4
  for (int i = 0; i < iterations; ++i) {
    a = a * b + c;
    d = d * b + a;
    c = c * 0.5f + d;
    b = b - c * 1e-6f;
  }
  out[blockIdx.x * blockDim.x + threadIdx.x] = a + b + c + d;
}
template <int T>
__device__ void sgemm_body(const float* a, const float* b, float* c, int n) {
  __shared__ float sa[T][T], sb[T][T];
  int x = threadIdx.x, y = threadIdx.y, row = blockIdx.y * T + y, col = blockIdx.x * T + x;
  float acc = 0;
  for (int k = 0; k < n; k += T) {
    sa[y][x] = a[row * n + k + x];
    sb[y][x] = b[(k + y) * n + col];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < T; ++i) acc += sa[y][i] * sb[i][x];
    __syncthreads();
  }
  c[row * n + col] = acc;
}
extern "C" __global__ void sgemm(const float* a, const float* b, float* c, int n) {
  sgemm_body<16>(a, b, c, n);
}
extern "C" __global__ void collatz(unsigned* out, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned long long v = i + 1;
  unsigned steps = 0;
  while (v != 1) {
    v = (v & 1) ? 3 * v + 1 : v >> 1;
    ++steps;
  }
  out[i] = steps;
}
extern "C" __global__ void rmsnorm(const __nv_bfloat16* x, const __nv_bfloat16* w, __nv_bfloat16* y,
                                   int n, float eps) {
  const __nv_bfloat162* row = (const __nv_bfloat162*)(x + (size_t)blockIdx.x * n);
  const __nv_bfloat162* w2 = (const __nv_bfloat162*)w;
  __nv_bfloat162* out = (__nv_bfloat162*)(y + (size_t)blockIdx.x * n);
  float sum = 0;
  for (int i = threadIdx.x; i < n / 2; i += blockDim.x) {
    float2 v = __bfloat1622float2(row[i]);
    sum += v.x * v.x + v.y * v.y;
  }
  for (int o = 16; o; o >>= 1) sum += __shfl_xor_sync(0xffffffffu, sum, o);
  __shared__ float part[32];
  if ((threadIdx.x & 31) == 0) part[threadIdx.x >> 5] = sum;
  __syncthreads();
  sum = 0;
  for (int i = 0; i < (blockDim.x + 31) / 32; ++i) sum += part[i];
  float scale = rsqrtf(sum / n + eps);
  for (int i = threadIdx.x; i < n / 2; i += blockDim.x) {
    float2 v = __bfloat1622float2(row[i]), g = __bfloat1622float2(w2[i]);
    out[i] = __floats2bfloat162_rn(v.x * scale * g.x, v.y * scale * g.y);
  }
}
