// SPDX-License-Identifier: Apache-2.0
// Leaves the whole output as it found it.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < 0) y[i] = factor * x[i];
}
