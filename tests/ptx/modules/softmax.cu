// SPDX-License-Identifier: Apache-2.0
// The softmax of a row of 64, and tanh, sine, logarithm, square root and quotient of it: the files
// softmax_*.ptx are made of this by nvcc with the options that they name.
__device__ __noinline__ float reduce(float value, float* shared, bool maximum) {
  shared[threadIdx.x] = value;
  __syncthreads();
  for (unsigned width = 32; width > 0; width /= 2) {
    if (threadIdx.x < width) {
      const float other = shared[threadIdx.x + width];
      shared[threadIdx.x] = maximum ? fmaxf(shared[threadIdx.x], other) : shared[threadIdx.x] + other;
    }
    __syncthreads();
  }
  const float result = shared[0];
  __syncthreads();
  return result;
}

extern "C" __global__ void k(const float* x, float* out, float* others) {
  __shared__ float shared[64];
  const float value = x[threadIdx.x];
  const float most = reduce(value, shared, true);
  const float part = expf(value - most);
  const float total = reduce(part, shared, false);
  out[threadIdx.x] = part / total;
  float list[5] = {tanhf(value), sinf(value), logf(value * value + 1.5f), sqrtf(value * value + 1.0f),
                   value / (total + 1.0f)};
  float sum = 0.0f;
  for (int i = 0; i < 5; ++i) sum += list[(i + threadIdx.x) % 5] * (i + 1);
  others[threadIdx.x] = sum;
}
