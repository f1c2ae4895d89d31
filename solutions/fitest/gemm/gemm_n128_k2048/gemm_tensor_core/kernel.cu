// SPDX-License-Identifier: Apache-2.0
// C = A B^T on tensor cores. A block computes kTileRows rows of C over one part of K. Slices of A
// and B flow through a pipeline of asynchronous copies into swizzled shared memory.
#include <cuda_fp16.h>

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kStages = 4;
constexpr int kSliceDepth = 64;                 // columns of A and B per pipeline stage
constexpr int kSliceVectors = kSliceDepth / 8;  // the same in 16-byte vectors

// Vectors of a row change places with the row, so that the eight rows of one 8 by 8 matrix lie in
// different banks.
__device__ int swizzled(int row, int vector) {
  return row * kSliceVectors + (vector ^ (row % kSliceVectors));
}

__device__ unsigned int shared_address(const void* pointer) {
  return static_cast<unsigned int>(__cvta_generic_to_shared(pointer));
}

__device__ void copy_async(uint4* destination, const uint4* source) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(destination)),
               "l"(source)
               : "memory");
}

__device__ void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits until at most kPending of this thread's groups of copies are under way.
template <int kPending>
__device__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// Four 8 by 8 matrices; lane i names row i % 8 of matrix i / 8.
__device__ void load_matrices(unsigned int (&fragment)[4], const uint4* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(fragment[0]), "=r"(fragment[1]), "=r"(fragment[2]), "=r"(fragment[3])
               : "r"(shared_address(row))
               : "memory");
}

// sum (16 by 8) += a (16 by 16) times b (16 by 8)
__device__ void multiply_add(float (&sum)[4], const unsigned int (&a)[4], unsigned int b0,
                             unsigned int b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// How the warps share a tile of kTileRows by kN: each has 32 rows and kColumns columns.
template <int kTileRows, int kN>
struct Layout {
  static constexpr int kWarpRows = kTileRows / 32;
  static constexpr int kColumns = kN / (kWarps / kWarpRows);
  static constexpr int kRowFragments = 2;                // of 16 rows
  static constexpr int kColumnFragments = kColumns / 8;  // of 8 columns
  static constexpr int kStageVectors = (kTileRows + kN) * kSliceVectors;
  static_assert(kTileRows % 32 == 0 && kWarps % kWarpRows == 0 && kColumns % 16 == 0);
};

template <class L>
using Sums = float[L::kRowFragments][L::kColumnFragments][4];

// Starts the copy of one slice of `kRows` rows; rows past the last one repeat it.
template <int kRows, int kK>
__device__ void copy_slice(uint4* slice, const uint4* matrix, int first_row, int rows, int step) {
#pragma unroll
  for (int i = threadIdx.x; i < kRows * kSliceVectors; i += kThreads) {
    const int row = i / kSliceVectors;
    const int vector = i % kSliceVectors;
    const size_t source_row = min(first_row + row, rows - 1);
    copy_async(slice + swizzled(row, vector),
               matrix + source_row * (kK / 8) + step * kSliceVectors + vector);
  }
}

// Adds the product of one slice pair.
template <class L>
__device__ void multiply_slices(Sums<L>& sums, const uint4* a, const uint4* b) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int a_row = warp % L::kWarpRows * 32 + lane % 16;
  const int b_row = warp / L::kWarpRows * L::kColumns + lane / 16 * 8 + lane % 8;
#pragma unroll
  for (int vector = 0; vector < kSliceVectors; vector += 2) {
    unsigned int a_fragments[L::kRowFragments][4];
#pragma unroll
    for (int i = 0; i < L::kRowFragments; ++i) {
      load_matrices(a_fragments[i], a + swizzled(a_row + i * 16, vector + lane / 16));
    }
#pragma unroll
    for (int j = 0; j < L::kColumnFragments; j += 2) {
      unsigned int b_fragments[4];
      load_matrices(b_fragments, b + swizzled(b_row + j * 8, vector + lane / 8 % 2));
#pragma unroll
      for (int i = 0; i < L::kRowFragments; ++i) {
        multiply_add(sums[i][j], a_fragments[i], b_fragments[0], b_fragments[1]);
        multiply_add(sums[i][j + 1], a_fragments[i], b_fragments[2], b_fragments[3]);
      }
    }
  }
}

// Calls visit(row, column, first, second) for every pair of neighbouring results of this thread.
template <class L, class Visit>
__device__ void for_each_pair(Sums<L>& sums, int first_row, int rows, Visit visit) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int top = first_row + warp % L::kWarpRows * 32 + lane / 4;
  const int left = warp / L::kWarpRows * L::kColumns + lane % 4 * 2;
#pragma unroll
  for (int i = 0; i < L::kRowFragments * 2; ++i) {
    const int row = top + i * 8;
    if (row >= rows) continue;
#pragma unroll
    for (int j = 0; j < L::kColumnFragments; ++j) {
      float* pair = sums[i / 2][j] + i % 2 * 2;
      visit(row, left + j * 8, pair[0], pair[1]);
    }
  }
}

// Whether this block is the last of its tile to arrive; it leaves the counter at zero.
__device__ bool arrive_last(int* arrivals, int expected) {
  __threadfence();
  __syncthreads();
  int last = 0;
  if (threadIdx.x == 0) {
    last = atomicAdd(arrivals, 1) == expected - 1;
    if (last) *arrivals = 0;
    __threadfence();
  }
  return __syncthreads_or(last);
}

template <int kTileRows, int kN, int kK>
__global__ void __launch_bounds__(kThreads)
    gemm(const uint4* __restrict__ A, const uint4* __restrict__ B, __half2* __restrict__ C,
         float2* partial, int* arrivals, int M) {
  using L = Layout<kTileRows, kN>;
  extern __shared__ uint4 stages[];
  const int first_row = blockIdx.x * kTileRows;
  const int splits = gridDim.y;
  const int split = blockIdx.y;
  constexpr int kSteps = kK / kSliceDepth;
  const int begin = kSteps * split / splits;
  const int end = kSteps * (split + 1) / splits;

  // One group per step, empty past the end, so that counting groups is counting steps.
  const auto start_step = [&](int step) {
    if (step < end) {
      uint4* stage = stages + step % kStages * L::kStageVectors;
      copy_slice<kTileRows, kK>(stage, A, first_row, M, step);
      copy_slice<kN, kK>(stage + kTileRows * kSliceVectors, B, 0, kN, step);
    }
    commit_copies();
  };
  for (int step = begin; step < begin + kStages - 1; ++step) start_step(step);

  Sums<L> sums = {};
  for (int step = begin; step < end; ++step) {
    wait_for_copies<kStages - 2>();
    __syncthreads();  // this step's slices are visible; the previous step's may be overwritten
    start_step(step + kStages - 1);
    const uint4* stage = stages + step % kStages * L::kStageVectors;
    multiply_slices<L>(sums, stage, stage + kTileRows * kSliceVectors);
  }

  if (splits > 1) {
    const auto part = [&](int of_split, int row, int column) {
      return partial + ((size_t(of_split) * M + row) * kN + column) / 2;
    };
    for_each_pair<L>(sums, first_row, M, [&](int row, int column, float& first, float& second) {
      *part(split, row, column) = {first, second};
      first = second = 0;
    });
    if (!arrive_last(arrivals + blockIdx.x, splits)) return;
    for (int other = 0; other < splits; ++other) {
      for_each_pair<L>(sums, first_row, M, [&](int row, int column, float& first, float& second) {
        const float2 added = __ldcg(part(other, row, column));
        first += added.x;
        second += added.y;
      });
    }
  }
  for_each_pair<L>(sums, first_row, M, [&](int row, int column, float& first, float& second) {
    C[(size_t(row) * kN + column) / 2] = __floats2half2_rn(first, second);
  });
}
