// SPDX-License-Identifier: Apache-2.0
// One element is infinite.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = i == 7 ? __int_as_float(0x7f800000) : factor * x[i];
}
