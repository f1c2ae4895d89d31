// SPDX-License-Identifier: Apache-2.0
typedef float (*F)(float);
__device__ float fa(float x) {
  return x + 1;
}
__device__ float fb(float x) {
  return x * 2;
}
__device__ F table[2] = {fa, fb};
struct P {
  char c;
  const void* p;
  int v;
};
__device__ int gi = 5;
__device__ P s = {1, &gi, 7};
#pragma pack(push, 1)
struct Q {
  char c;
  const void* p;
};
#pragma pack(pop)
__device__ Q q = {3, &gi};
__managed__ int mg = 4;
extern "C" __global__ void call(float* o, int n) {
  o[threadIdx.x] = table[n & 1](o[threadIdx.x]) + (s.p != nullptr) + (q.p != nullptr) + mg;
}
