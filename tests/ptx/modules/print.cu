// SPDX-License-Identifier: Apache-2.0
#include <cuda_bf16.h>
#include <cassert>
#include <cstdio>
__device__ float fa(float x) {
  return x + 1;
}
__device__ float fb(float x) {
  return x * 2;
}
typedef float (*F)(float);
__device__ F table[2] = {fa, fb};
struct S {
  char c;
  const void* p;
  int v;
};
__device__ int gi = 5;
__device__ S s = {1, &gi, 7};
__constant__ float ct[4][2] = {{1, 2}, {3}};
__device__ __noinline__ float4 rec(float4 a, int n) {
  if (n <= 0) return a;
  a.x += 1;
  return rec(a, n - 1);
}
extern "C" __global__ void __launch_bounds__(128, 2) k(float* o, int n) {
  o[threadIdx.x] = table[n & 1](o[threadIdx.x]) + ct[n & 3][1];
  printf("hi %d %f\n", n, o[0]);
  assert(n > 0);
  float4 q = rec(make_float4(o[1], 1, 2, 3), n);
  o[2] = q.x + (s.p != nullptr);
  switch (n) {
    case 0:
      o[3] = 1;
      break;
    case 1:
      o[3] = 2;
      break;
    case 2:
      o[3] = q.y * 3;
      break;
    case 3:
      o[4] = 4;
      break;
    case 4:
      o[5] = q.z;
      break;
    case 7:
      o[9] = sinf(q.x);
      break;
    default:;
  }
}
