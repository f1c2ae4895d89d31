// SPDX-License-Identifier: Apache-2.0
// Row-wise normalisations and activations of a transformer in half, bfloat16 and fp8.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>

using bf16 = __nv_bfloat16;

template <class Operation>
__device__ float block_reduce(float value, Operation operation) {
  __shared__ float part[32];
  for (int mask = 16; mask > 0; mask /= 2) {
    value = operation(value, __shfl_xor_sync(0xFFFFFFFFu, value, mask));
  }
  __syncthreads();
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = value;
  __syncthreads();
  value = part[0];
  for (unsigned i = 1; i < blockDim.x / 32; ++i) value = operation(value, part[i]);
  return value;
}
struct Sum {
  __device__ float operator()(float x, float y) const { return x + y; }
};
struct Max {
  __device__ float operator()(float x, float y) const { return fmaxf(x, y); }
};

extern "C" __global__ void softmax_f16(const __half* x, __half* y, int columns) {
  const __half* row = x + blockIdx.x * columns;
  float largest = -1e30f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    largest = fmaxf(largest, __half2float(row[i]));
  }
  largest = block_reduce(largest, Max());
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    sum += __expf(__half2float(row[i]) - largest);
  }
  sum = block_reduce(sum, Sum());
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    y[blockIdx.x * columns + i] = __float2half(__expf(__half2float(row[i]) - largest) / sum);
  }
}

extern "C" __global__ void layernorm_f32(const float* x, const float* weight, const float* bias,
                                         float* y, int columns) {
  const float* row = x + blockIdx.x * columns;
  float sum = 0, squares = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    sum += row[i];
    squares += row[i] * row[i];
  }
  const float mean = block_reduce(sum, Sum()) / columns;
  const float variance = block_reduce(squares, Sum()) / columns - mean * mean;
  const float scale = rsqrtf(variance + 1e-5f);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    y[blockIdx.x * columns + i] = (row[i] - mean) * scale * weight[i] + bias[i];
  }
}

// residual += x; y = rmsnorm(residual).
extern "C" __global__ void fused_add_rmsnorm_bf16(const __nv_bfloat162* x, __nv_bfloat162* residual,
                                                  const __nv_bfloat162* weight, __nv_bfloat162* y,
                                                  int pairs) {
  x += blockIdx.x * pairs;
  residual += blockIdx.x * pairs;
  y += blockIdx.x * pairs;
  float squares = 0;
  for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
    const __nv_bfloat162 sum = __hadd2(x[i], residual[i]);
    residual[i] = sum;
    const float2 wide = __bfloat1622float2(sum);
    squares += wide.x * wide.x + wide.y * wide.y;
  }
  const float scale = rsqrtf(block_reduce(squares, Sum()) / (2 * pairs) + 1e-6f);
  for (int i = threadIdx.x; i < pairs; i += blockDim.x) {
    const float2 value = __bfloat1622float2(residual[i]);
    const float2 gain = __bfloat1622float2(weight[i]);
    y[i] = __floats2bfloat162_rn(value.x * scale * gain.x, value.y * scale * gain.y);
  }
}

// Halves of a head are rotated against each other, at positions 0, 1, ….
extern "C" __global__ void rope_bf16(const bf16* x, bf16* y, int width) {
  const int half = width / 2;
  for (int i = threadIdx.x; i < half; i += blockDim.x) {
    const float angle = blockIdx.x * powf(10000.0f, -2.0f * i / width);
    float sine, cosine;
    sincosf(angle, &sine, &cosine);
    const float first = __bfloat162float(x[blockIdx.x * width + i]);
    const float second = __bfloat162float(x[blockIdx.x * width + half + i]);
    y[blockIdx.x * width + i] = __float2bfloat16(first * cosine - second * sine);
    y[blockIdx.x * width + half + i] = __float2bfloat16(second * cosine + first * sine);
  }
}

extern "C" __global__ void silu_and_mul_bf16(const bf16* gate, const bf16* up, bf16* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float value = __bfloat162float(gate[i]);
  y[i] = __float2bfloat16(value / (1.0f + __expf(-value)) * __bfloat162float(up[i]));
}

extern "C" __global__ void gelu_tanh_f16(const __half* x, __half* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const float v = __half2float(x[i]);
  y[i] = __float2half(0.5f * v * (1.0f + tanhf(0.7978845608f * (v + 0.044715f * v * v * v))));
}

extern "C" __global__ void log_softmax_f32(const float* x, float* y, int columns) {
  const float* row = x + blockIdx.x * columns;
  float largest = -1e30f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) largest = fmaxf(largest, row[i]);
  largest = block_reduce(largest, Max());
  float sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += expf(row[i] - largest);
  const float log_sum = logf(block_reduce(sum, Sum()));
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    y[blockIdx.x * columns + i] = row[i] - largest - log_sum;
  }
}

// One scale a row: largest magnitude to 448.
extern "C" __global__ void quantize_rows_e4m3(const float* x, __nv_fp8_e4m3* y, float* scales,
                                              int columns) {
  const float* row = x + blockIdx.x * columns;
  float largest = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) largest = fmaxf(largest, fabsf(row[i]));
  const float scale = block_reduce(largest, Max()) / 448.0f;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    y[blockIdx.x * columns + i] = __nv_fp8_e4m3(row[i] / scale);
  }
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
}

// out: a + b, a * b, fma(a, b, a), max(a, b), |a|, -b as pairs; then a < b as 1 or 0.
extern "C" __global__ void packed_half(const __half2* a, const __half2* b, __half2* out, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  out[i] = __hadd2(a[i], b[i]);
  out[n + i] = __hmul2(a[i], b[i]);
  out[2 * n + i] = __hfma2(a[i], b[i], a[i]);
  out[3 * n + i] = __hmax2(a[i], b[i]);
  out[4 * n + i] = __habs2(a[i]);
  out[5 * n + i] = __hneg2(b[i]);
  out[6 * n + i] = __hlt2(a[i], b[i]);
}

extern "C" __global__ void packed_bfloat(const __nv_bfloat162* a, const __nv_bfloat162* b,
                                         __nv_bfloat162* out, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  out[i] = __hadd2(a[i], b[i]);
  out[n + i] = __hmul2(a[i], b[i]);
  out[2 * n + i] = __hfma2(a[i], b[i], a[i]);
  out[3 * n + i] = __hmax2(a[i], b[i]);
  out[4 * n + i] = __habs2(a[i]);
  out[5 * n + i] = __hneg2(b[i]);
  out[6 * n + i] = __hlt2(a[i], b[i]);
}

extern "C" __global__ void fp8_round_trip(const float* x, float* e4m3, float* e5m2, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  e4m3[i] = static_cast<float>(__nv_fp8_e4m3(x[i]));
  e5m2[i] = static_cast<float>(__nv_fp8_e5m2(x[i]));
}
