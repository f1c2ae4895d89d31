// SPDX-License-Identifier: Apache-2.0
// A name that is nowhere declared.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = faktor * x[i];
}
