// SPDX-License-Identifier: Apache-2.0
__constant__ float ct[16][2] = {{1, 2}, {3}};
__device__ const unsigned char tab[300] = {1, 2, 3};
__constant__ double dt[3] = {1.5, -2, 1e300};
extern "C" __global__ void lookup(float* o) {
  o[threadIdx.x] = ct[threadIdx.x & 15][1] + tab[threadIdx.x] + (float)dt[threadIdx.x % 3];
}
