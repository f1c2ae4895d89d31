// SPDX-License-Identifier: Apache-2.0
// Matrix products by tensor-core instructions: c = a b, a [m, k] row-major, b [n, k] row-major.
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <mma.h>

using bf16 = __nv_bfloat16;

__device__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

__device__ void copy_async16(void* to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to)), "l"(from));
}

__device__ void load_matrix4(unsigned (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row)));
}

__device__ void load_matrix2(unsigned (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row)));
}

// Four warps, 32 by 32 results, two stages of k = 32 in flight.
extern "C" __global__ void gemm_bf16_pipelined(const bf16* a, const bf16* b, float* c, int n, int k) {
  __shared__ __align__(16) bf16 tile_a[2][32][40];
  __shared__ __align__(16) bf16 tile_b[2][32][40];
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int row = blockIdx.y * 32;
  const int column = blockIdx.x * 32;
  auto fetch = [&](int stage, int k0) {
    const int r = threadIdx.x / 4;
    const int chunk = threadIdx.x % 4 * 8;
    copy_async16(&tile_a[stage][r][chunk], a + (row + r) * k + k0 + chunk);
    copy_async16(&tile_b[stage][r][chunk], b + (column + r) * k + k0 + chunk);
    asm volatile("cp.async.commit_group;");
  };
  float sum[2][4] = {};
  fetch(0, 0);
  for (int k0 = 0; k0 < k; k0 += 32) {
    const int stage = k0 / 32 % 2;
    if (k0 + 32 < k) {
      fetch(stage ^ 1, k0 + 32);
      asm volatile("cp.async.wait_group 1;");
    } else {
      asm volatile("cp.async.wait_group 0;");
    }
    __syncthreads();
    for (int kk = 0; kk < 32; kk += 16) {
      unsigned ra[4];
      load_matrix4(ra, &tile_a[stage][warp / 2 * 16 + lane % 16][kk + lane / 16 * 8]);
      for (int j = 0; j < 2; ++j) {
        unsigned rb[2];
        load_matrix2(rb, &tile_b[stage][warp % 2 * 16 + j * 8 + lane % 8][kk + lane / 8 % 2 * 8]);
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
            "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(sum[j][0]), "+f"(sum[j][1]), "+f"(sum[j][2]), "+f"(sum[j][3])
            : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
      }
    }
    __syncthreads();
  }
  for (int j = 0; j < 2; ++j) {
    for (int i = 0; i < 4; ++i) {
      const int r = row + warp / 2 * 16 + lane / 4 + i / 2 * 8;
      c[r * n + column + warp % 2 * 16 + j * 8 + lane % 4 * 2 + i % 2] = sum[j][i];
    }
  }
}

// The operands of lane `lane` straight from memory, one warp, c is 16 by 8.
extern "C" __global__ void mma_f16_f16(const unsigned* a, const unsigned* b, unsigned* c) {
  const int g = threadIdx.x / 4, t = threadIdx.x % 4;
  unsigned d0 = 0, d1 = 0;
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %3, %4, %5}, {%6, %7}, "
      "{%0, %1};"
      : "+r"(d0), "+r"(d1)
      : "r"(a[g * 8 + t]), "r"(a[(g + 8) * 8 + t]), "r"(a[g * 8 + t + 4]),
        "r"(a[(g + 8) * 8 + t + 4]), "r"(b[g * 8 + t]), "r"(b[g * 8 + t + 4]));
  c[g * 4 + t] = d0;
  c[(g + 8) * 4 + t] = d1;
}

extern "C" __global__ void mma_tf32(const float* a, const float* b, float* c) {
  const int g = threadIdx.x / 4, t = threadIdx.x % 4;
  auto tf32 = [](float x) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
  };
  float d[4] = {};
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(tf32(a[g * 8 + t])), "r"(tf32(a[(g + 8) * 8 + t])), "r"(tf32(a[g * 8 + t + 4])),
        "r"(tf32(a[(g + 8) * 8 + t + 4])), "r"(tf32(b[g * 8 + t])), "r"(tf32(b[g * 8 + t + 4])));
  for (int i = 0; i < 4; ++i) c[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = d[i];
}

extern "C" __global__ void mma_s8(const unsigned* a, const unsigned* b, int* c) {
  const int g = threadIdx.x / 4, t = threadIdx.x % 4;
  int d[4] = {};
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a[g * 8 + t]), "r"(a[(g + 8) * 8 + t]), "r"(a[g * 8 + t + 4]),
        "r"(a[(g + 8) * 8 + t + 4]), "r"(b[g * 8 + t]), "r"(b[g * 8 + t + 4]));
  for (int i = 0; i < 4; ++i) c[(g + i / 2 * 8) * 8 + t * 2 + i % 2] = d[i];
}

template <class Operand, class Result>
__device__ void wmma_tile(const Operand* a, const Operand* b, Result* c, int k) {
  using namespace nvcuda::wmma;
  fragment<matrix_a, 16, 16, 16, Operand, row_major> fa;
  fragment<matrix_b, 16, 16, 16, Operand, col_major> fb;
  fragment<accumulator, 16, 16, 16, Result> fc;
  fill_fragment(fc, Result(0));
  for (int k0 = 0; k0 < k; k0 += 16) {
    load_matrix_sync(fa, a + k0, k);
    load_matrix_sync(fb, b + k0, k);
    mma_sync(fc, fa, fb, fc);
  }
  store_matrix_sync(c, fc, 16, mem_row_major);
}
extern "C" __global__ void wmma_f16(const __half* a, const __half* b, float* c, int k) {
  wmma_tile(a, b, c, k);
}
extern "C" __global__ void wmma_bf16(const bf16* a, const bf16* b, float* c, int k) {
  wmma_tile(a, b, c, k);
}
extern "C" __global__ void wmma_s8(const signed char* a, const signed char* b, int* c, int k) {
  wmma_tile(a, b, c, k);
}

// Blocks of 32 along k have a scale each, for rows of a and rows of b.
extern "C" __global__ void gemm_fp8_block_scaled(const __nv_fp8_e4m3* a, const __nv_fp8_e4m3* b,
                                                 const float* scale_a, const float* scale_b,
                                                 bf16* c, int n, int k) {
  const int row = blockIdx.x;
  for (int column = threadIdx.x; column < n; column += blockDim.x) {
    float sum = 0;
    for (int block = 0; block < k / 32; ++block) {
      float part = 0;
      for (int i = block * 32; i < block * 32 + 32; ++i) {
        part += static_cast<float>(a[row * k + i]) * static_cast<float>(b[column * k + i]);
      }
      sum += part * scale_a[row * (k / 32) + block] * scale_b[column * (k / 32) + block];
    }
    c[row * n + column] = __float2bfloat16(sum);
  }
}

// Weights of four bits, eight to a word, minus 8, times a scale per group of 32.
extern "C" __global__ void gemv_w4a16(const unsigned* weights, const __half* scales,
                                      const __half* x, __half* y, int k) {
  const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  float sum = 0;
  for (int word = threadIdx.x % 32; word < k / 8; word += 32) {
    const unsigned packed = weights[row * (k / 8) + word];
    const float scale = __half2float(scales[row * (k / 32) + word / 4]);
    for (int i = 0; i < 8; ++i) {
      const int weight = static_cast<int>(packed >> 4 * i & 15u) - 8;
      sum += weight * scale * __half2float(x[word * 8 + i]);
    }
  }
  for (int mask = 16; mask > 0; mask /= 2) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, mask);
  if (threadIdx.x % 32 == 0) y[row] = __float2half(sum);
}

// Each block computes a share of k and adds it to c.
extern "C" __global__ void gemm_split_k(const float* a, const float* b, float* c, int n, int k) {
  const int share = k / gridDim.x;
  const int row = threadIdx.y, column = threadIdx.x;
  float sum = 0;
  for (int i = blockIdx.x * share; i < (blockIdx.x + 1) * share; ++i) {
    sum += a[row * k + i] * b[column * k + i];
  }
  atomicAdd(&c[row * n + column], sum);
}
