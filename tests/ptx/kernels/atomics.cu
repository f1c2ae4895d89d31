// SPDX-License-Identifier: Apache-2.0
// Atomics, locks and flags between blocks.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void histogram_shared(const unsigned char* x, unsigned* bins, int n) {
  __shared__ unsigned local[256];
  local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&local[x[i]], 1u);
  }
  __syncthreads();
  atomicAdd(&bins[threadIdx.x], local[threadIdx.x]);
}

__device__ float atomic_max(float* at, float value) {
  int old = *reinterpret_cast<volatile int*>(at);
  while (__int_as_float(old) < value) {
    const int seen = atomicCAS(reinterpret_cast<int*>(at), old, __float_as_int(value));
    if (seen == old) break;
    old = seen;
  }
  return __int_as_float(old);
}

extern "C" __global__ void maximum_by_cas(const float* x, float* best, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) atomic_max(best, x[i]);
}

// [0] and [1] or [2] xor [3] min [4] max [5] inc [6] dec [7] exch is one of the values
extern "C" __global__ void integer_atomics(const unsigned* x, unsigned* out,
                                           unsigned long long* wide) {
  const unsigned value = x[blockIdx.x * blockDim.x + threadIdx.x];
  atomicAnd(&out[0], value);
  atomicOr(&out[1], value);
  atomicXor(&out[2], value);
  atomicMin(&out[3], value);
  atomicMax(&out[4], value);
  atomicInc(&out[5], 99);
  atomicDec(&out[6], 99);
  atomicMin(reinterpret_cast<int*>(&out[7]), static_cast<int>(value));
  atomicAdd(&wide[0], static_cast<unsigned long long>(value));
  atomicMax(&wide[1], static_cast<unsigned long long>(value) << 20);
}

extern "C" __global__ void float_atomics(float* f, double* d, __half* h, __half2* h2,
                                         __nv_bfloat162* b2) {
  atomicAdd(f, 0.5f);
  atomicAdd(d, 0.25);
  atomicAdd(h, __float2half(1.0f));
  atomicAdd(h2, __floats2half2_rn(1.0f, 2.0f));
  atomicAdd(b2, __floats2bfloat162_rn(1.0f, -1.0f));
}

// A lock taken by every thread of a warp in turn.
extern "C" __global__ void spin_lock(unsigned* lock, volatile unsigned* count) {
  for (bool done = false; !done;) {
    if (atomicCAS(lock, 0u, 1u) == 0) {
      __threadfence();
      *count = *count + 1;
      __threadfence();
      atomicExch(lock, 0u);
      done = true;
    }
  }
}

// The block that comes last adds up what all left.
extern "C" __global__ void last_block_sum(const float* x, volatile float* parts, unsigned* ticket,
                                          float* total, int n) {
  __shared__ float shared[128];
  __shared__ bool last;
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  auto add_up = [&](float value) {
    shared[threadIdx.x] = value;
    __syncthreads();
    for (int half = 64; half > 0; half /= 2) {
      if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
      __syncthreads();
    }
    return shared[0];
  };
  const float sum = add_up(i < n ? x[i] : 0.0f);
  if (threadIdx.x == 0) {
    parts[blockIdx.x] = sum;
    __threadfence();
    last = atomicAdd(ticket, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;
  __threadfence();
  const float all = add_up(threadIdx.x < gridDim.x ? parts[threadIdx.x] : 0.0f);
  if (threadIdx.x == 0) *total = all;
}

// Decoupled look-back: every block publishes its sum, then its prefix. State: 1 sum, 2 prefix.
extern "C" __global__ void scan_look_back(const int* x, int* y, unsigned* next,
                                          volatile unsigned long long* states, int n) {
  __shared__ int tile[128];
  __shared__ unsigned block;
  __shared__ int before;
  if (threadIdx.x == 0) block = atomicAdd(next, 1u);
  __syncthreads();
  const int i = block * 128 + threadIdx.x;
  tile[threadIdx.x] = i < n ? x[i] : 0;
  __syncthreads();
  for (int distance = 1; distance < 128; distance *= 2) {
    const int other = threadIdx.x >= distance ? tile[threadIdx.x - distance] : 0;
    __syncthreads();
    tile[threadIdx.x] += other;
    __syncthreads();
  }
  if (threadIdx.x == 0) {
    const unsigned sum = tile[127];
    unsigned prefix = 0;
    if (block > 0) {
      states[block] = 1ull << 32 | sum;
      for (int from = block - 1;;) {
        const unsigned long long state = states[from];
        if (state >> 32 == 0) continue;
        prefix += static_cast<unsigned>(state);
        if (state >> 32 == 2) break;
        --from;
      }
    }
    states[block] = 2ull << 32 | (prefix + sum);
    before = prefix;
  }
  __syncthreads();
  if (i < n) y[i] = before + tile[threadIdx.x];
}

// A barrier over all blocks, made of a counter; every block is resident.
extern "C" __global__ void grid_barrier(unsigned* arrived, volatile int* left, int* right) {
  left[blockIdx.x * blockDim.x + threadIdx.x] = blockIdx.x * 100 + threadIdx.x;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    atomicAdd(arrived, 1u);
    while (*reinterpret_cast<volatile unsigned*>(arrived) < gridDim.x) __nanosleep(100);
    __threadfence();
  }
  __syncthreads();
  const int neighbour = (blockIdx.x + 1) % gridDim.x;
  right[blockIdx.x * blockDim.x + threadIdx.x] = left[neighbour * blockDim.x + threadIdx.x];
}
