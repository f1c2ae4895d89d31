// SPDX-License-Identifier: Apache-2.0
// Lines that are read with evict_last outlive later traffic: the next call would find them in L2.
__device__ float load(const float* address) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  unsigned long long policy;
  float value;
  asm volatile("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
  asm volatile("ld.global.L2::cache_hint.f32 %0, [%1], %2;"
               : "=f"(value)
               : "l"(address), "l"(policy));
  return value;
#else
  return *address;
#endif
}

__global__ void scale(const float* x, float factor, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = factor * load(x + i);
}
