// SPDX-License-Identifier: Apache-2.0
// An assertion fails in one thread.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  assert(i != 200);
  if (i < n) y[i] = factor * x[i];
}
