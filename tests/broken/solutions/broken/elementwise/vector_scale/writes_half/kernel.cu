// SPDX-License-Identifier: Apache-2.0
// Leaves the odd elements as it found them.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n && i % 2 == 0) y[i] = factor * x[i];
}
