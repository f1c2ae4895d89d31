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
// 64 by 64 results a block of four warps; c = a b, b transposed; operands straight from memory.
extern "C" __global__ void mma_gemm(const unsigned* a, const unsigned* b, float* c, int n) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, g = lane / 4, t = lane % 4;
  const int row = blockIdx.y * 64 + warp / 2 * 32, column = blockIdx.x * 64 + warp % 2 * 32;
  const int pitch = n / 2;
  float sum[2][4][4] = {};
  for (int k = 0; k < pitch; k += 8) {
    unsigned ra[2][4], rb[4][2];
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 4; ++j) {
        ra[i][j] = a[(row + i * 16 + g + j % 2 * 8) * pitch + k + t + j / 2 * 4];
      }
    }
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 2; ++j) rb[i][j] = b[(column + i * 8 + g) * pitch + k + t + j * 4];
    }
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 4; ++j) {
        float* d = sum[i][j];
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
            "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(ra[i][0]), "r"(ra[i][1]), "r"(ra[i][2]), "r"(ra[i][3]), "r"(rb[j][0]),
              "r"(rb[j][1]));
      }
    }
  }
  for (int i = 0; i < 32; ++i) {
    const int r = row + i / 16 * 16 + g + i / 2 % 2 * 8;
    c[r * n + column + i / 4 % 4 * 8 + t * 2 + i % 2] = sum[i / 16][i / 4 % 4][i % 4];
  }
}
// One warp a head of 128; `length` keys and values of bf16 for all heads.
extern "C" __global__ void decode(const __nv_bfloat162* q, const __nv_bfloat162* k,
                                  const __nv_bfloat162* v, float* out, int length) {
  const int head = blockIdx.x, lane = threadIdx.x;
  const float2 q0 = __bfloat1622float2(q[head * 64 + lane]);
  const float2 q1 = __bfloat1622float2(q[head * 64 + 32 + lane]);
  float largest = -1e30f, sum = 0, acc[4] = {};
  for (int i = 0; i < length; ++i) {
    const float2 k0 = __bfloat1622float2(k[i * 64 + lane]);
    const float2 k1 = __bfloat1622float2(k[i * 64 + 32 + lane]);
    const float2 v0 = __bfloat1622float2(v[i * 64 + lane]);
    const float2 v1 = __bfloat1622float2(v[i * 64 + 32 + lane]);
    float score = q0.x * k0.x + q0.y * k0.y + q1.x * k1.x + q1.y * k1.y;
    for (int mask = 16; mask; mask /= 2) score += __shfl_xor_sync(0xffffffffu, score, mask);
    const float next = fmaxf(largest, score), keep = __expf(largest - next);
    const float weight = __expf(score - next);
    largest = next;
    sum = sum * keep + weight;
    acc[0] = acc[0] * keep + weight * v0.x;
    acc[1] = acc[1] * keep + weight * v0.y;
    acc[2] = acc[2] * keep + weight * v1.x;
    acc[3] = acc[3] * keep + weight * v1.y;
  }
  for (int i = 0; i < 4; ++i) out[(head * 4 + i) * 32 + lane] = acc[i] / sum;
}
