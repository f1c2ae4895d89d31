// SPDX-License-Identifier: Apache-2.0
// Loads 16 bytes at an address that is no multiple of 16.
__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (4 * i + 4 >= n) return;
  const float4 vector = *reinterpret_cast<const float4*>(x + 4 * i + 1);
  y[i] = factor * (vector.x + vector.y + vector.z + vector.w);
}
