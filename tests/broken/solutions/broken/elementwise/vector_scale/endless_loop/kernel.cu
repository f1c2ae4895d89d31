// SPDX-License-Identifier: Apache-2.0
// Waits for a change that never comes.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  const volatile float* watched = x + i;
  const float before = *watched;
  while (*watched == before) {
  }
  y[i] = factor * before;
}
