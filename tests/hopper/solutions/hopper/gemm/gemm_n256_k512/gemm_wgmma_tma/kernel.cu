// SPDX-License-Identifier: Apache-2.0
// Tiles arrive by the copy engine in rows of 128 bytes, swizzled as wgmma reads them.
#include <cuda_fp16.h>

constexpr int kRows = 64;
constexpr int kColumns = 128;
constexpr int kDepth = 64;
constexpr unsigned kStageBytes = (kRows + kColumns) * kDepth * sizeof(__half);

struct alignas(64) TensorMap {
  unsigned long long words[16];
};

__device__ unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// Groups of eight rows lie 1024 bytes apart.
__device__ unsigned long long descriptor(const void* tile) {
  return (shared_address(tile) & 0x3FFFF) >> 4 | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

__device__ void copy_tile(void* tile, const TensorMap& map, int column, int row, unsigned barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
      " [%0], [%1, {%2, %3}], [%4];"
      :
      : "r"(shared_address(tile)), "l"(&map), "r"(column), "r"(row), "r"(barrier)
      : "memory");
}

__device__ void wait(unsigned barrier, int phase) {
  asm volatile(
      "{\n.reg .pred done;\nagain:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
      "@!done bra again;\n}"
      :
      : "r"(barrier), "r"(phase)
      : "memory");
}

// sum += a (64 by 16) times b (128 by 16) transposed.
__device__ void multiply(float (&sum)[64], unsigned long long a, unsigned long long b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16 {"
        "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
        "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
        "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
        "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63}, "
        "%64, %65, 1, 1, 1, 0, 0;"
      :
        "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]),
        "+f"(sum[4]), "+f"(sum[5]), "+f"(sum[6]), "+f"(sum[7]),
        "+f"(sum[8]), "+f"(sum[9]), "+f"(sum[10]), "+f"(sum[11]),
        "+f"(sum[12]), "+f"(sum[13]), "+f"(sum[14]), "+f"(sum[15]),
        "+f"(sum[16]), "+f"(sum[17]), "+f"(sum[18]), "+f"(sum[19]),
        "+f"(sum[20]), "+f"(sum[21]), "+f"(sum[22]), "+f"(sum[23]),
        "+f"(sum[24]), "+f"(sum[25]), "+f"(sum[26]), "+f"(sum[27]),
        "+f"(sum[28]), "+f"(sum[29]), "+f"(sum[30]), "+f"(sum[31]),
        "+f"(sum[32]), "+f"(sum[33]), "+f"(sum[34]), "+f"(sum[35]),
        "+f"(sum[36]), "+f"(sum[37]), "+f"(sum[38]), "+f"(sum[39]),
        "+f"(sum[40]), "+f"(sum[41]), "+f"(sum[42]), "+f"(sum[43]),
        "+f"(sum[44]), "+f"(sum[45]), "+f"(sum[46]), "+f"(sum[47]),
        "+f"(sum[48]), "+f"(sum[49]), "+f"(sum[50]), "+f"(sum[51]),
        "+f"(sum[52]), "+f"(sum[53]), "+f"(sum[54]), "+f"(sum[55]),
        "+f"(sum[56]), "+f"(sum[57]), "+f"(sum[58]), "+f"(sum[59]),
        "+f"(sum[60]), "+f"(sum[61]), "+f"(sum[62]), "+f"(sum[63])
      : "l"(a), "l"(b));
}

__global__ void __launch_bounds__(128)
    gemm(const __grid_constant__ TensorMap a_map, const __grid_constant__ TensorMap b_map, __half* c,
         int m, int n, int k) {
  __shared__ __align__(1024) __half a[kRows * kDepth];
  __shared__ __align__(1024) __half b[kColumns * kDepth];
  __shared__ __align__(8) unsigned long long arrived;
  const unsigned barrier = shared_address(&arrived);
  const int row = blockIdx.x * kRows;
  const int column = blockIdx.y * kColumns;
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" : : "r"(barrier));
    asm volatile("fence.proxy.async.shared::cta;");
  }
  __syncthreads();
  float sum[64] = {};
  int phase = 0;
  for (int depth = 0; depth < k; depth += kDepth, phase ^= 1) {
    if (threadIdx.x == 0) {
      asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
                   :
                   : "r"(barrier), "r"(kStageBytes)
                   : "memory");
      copy_tile(a, a_map, depth, row, barrier);
      copy_tile(b, b_map, depth, column, barrier);
    }
    wait(barrier, phase);
    asm volatile("wgmma.fence.sync.aligned;" : : : "memory");
    for (int step = 0; step < kDepth / 16; ++step) {
      multiply(sum, descriptor(a) + 2 * step, descriptor(b) + 2 * step);
    }
    asm volatile("wgmma.commit_group.sync.aligned;" : : : "memory");
    asm volatile("wgmma.wait_group.sync.aligned 0;" : : : "memory");
    __syncthreads();
  }
  const int lane = threadIdx.x % 32;
  const int first_row = row + threadIdx.x / 32 * 16 + lane / 4;
  for (int group = 0; group < kColumns / 8; ++group) {
    for (int half = 0; half < 2; ++half) {
      const int out_row = first_row + 8 * half;
      const int out_column = column + 8 * group + 2 * (lane % 4);
      if (out_row >= m) continue;
      const float* pair = sum + 4 * group + 2 * half;
      *reinterpret_cast<__half2*>(c + static_cast<size_t>(out_row) * n + out_column) =
          __floats2half2_rn(pair[0], pair[1]);
    }
  }
}
