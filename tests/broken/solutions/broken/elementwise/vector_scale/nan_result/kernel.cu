// SPDX-License-Identifier: Apache-2.0
// One element is not a number.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = i == 7 ? __int_as_float(0x7fc00000) : factor * x[i];
}
