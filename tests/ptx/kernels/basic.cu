// SPDX-License-Identifier: Apache-2.0
// Maps, copies, transposes, stencils and the SIMT matrix product.
extern "C" __global__ void saxpy(float a, const float* x, float* y, int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    y[i] = a * x[i] + y[i];
  }
}

extern "C" __global__ void copy_vector4(const float4* x, float4* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i];
}

extern "C" __global__ void transpose_tiled(const float* x, float* y, int rows, int columns) {
  __shared__ float tile[32][33];
  int column = blockIdx.x * 32 + threadIdx.x;
  int row = blockIdx.y * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) {
    if (row + i < rows && column < columns) {
      tile[threadIdx.y + i][threadIdx.x] = x[(row + i) * columns + column];
    }
  }
  __syncthreads();
  column = blockIdx.y * 32 + threadIdx.x;
  row = blockIdx.x * 32 + threadIdx.y;
  for (int i = 0; i < 32; i += 8) {
    if (row + i < columns && column < rows) {
      y[(row + i) * rows + column] = tile[threadIdx.x][threadIdx.y + i];
    }
  }
}

extern "C" __global__ void stencil_halo(const float* x, float* y, int n) {
  constexpr int kRadius = 3;
  __shared__ float tile[128 + 2 * kRadius];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  auto at = [&](int j) { return j >= 0 && j < n ? x[j] : 0.0f; };
  tile[threadIdx.x + kRadius] = at(i);
  if (threadIdx.x < kRadius) {
    tile[threadIdx.x] = at(i - kRadius);
    tile[threadIdx.x + kRadius + blockDim.x] = at(i + blockDim.x);
  }
  __syncthreads();
  if (i >= n) return;
  float sum = 0;
  for (int j = -kRadius; j <= kRadius; ++j) sum += tile[threadIdx.x + kRadius + j];
  y[i] = sum;
}

extern "C" __global__ void collatz(unsigned* steps, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  unsigned long long value = i + 1;
  unsigned count = 0;
  for (; value != 1; ++count) value = value & 1 ? 3 * value + 1 : value >> 1;
  steps[i] = count;
}

// 64 by 64 results a block, 4 by 4 a thread.
extern "C" __global__ void sgemm_register_tiled(const float* a, const float* b, float* c, int n) {
  __shared__ float rows[16][64];
  __shared__ float columns[16][64];
  const int tid = threadIdx.x;
  const int row = blockIdx.y * 64 + tid / 16 * 4;
  const int column = blockIdx.x * 64 + tid % 16 * 4;
  float sum[4][4] = {};
  for (int k = 0; k < n; k += 16) {
    for (int i = tid; i < 1024; i += 256) {
      rows[i % 16][i / 16] = a[(blockIdx.y * 64 + i / 16) * n + k + i % 16];
      columns[i / 64][i % 64] = b[(k + i / 64) * n + blockIdx.x * 64 + i % 64];
    }
    __syncthreads();
    for (int kk = 0; kk < 16; ++kk) {
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          sum[i][j] += rows[kk][tid / 16 * 4 + i] * columns[kk][tid % 16 * 4 + j];
        }
      }
    }
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) c[(row + i) * n + column + j] = sum[i][j];
  }
}

extern "C" __global__ void gather_rows(const float* table, const long long* index, float* y,
                                       int width) {
  const long long row = index[blockIdx.x];
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    y[(size_t)blockIdx.x * width + i] = row < 0 ? 0.0f : table[row * width + i];
  }
}

// Pairs that are `distance` apart, ascending by blocks of `size`.
extern "C" __global__ void bitonic_sort(unsigned* keys) {
  __shared__ unsigned tile[512];
  tile[threadIdx.x] = keys[threadIdx.x];
  __syncthreads();
  for (unsigned size = 2; size <= blockDim.x; size *= 2) {
    for (unsigned distance = size / 2; distance > 0; distance /= 2) {
      const unsigned other = threadIdx.x ^ distance;
      if (other > threadIdx.x) {
        const bool ascending = (threadIdx.x & size) == 0;
        const unsigned x = tile[threadIdx.x];
        const unsigned y = tile[other];
        if ((x > y) == ascending) {
          tile[threadIdx.x] = y;
          tile[other] = x;
        }
      }
      __syncthreads();
    }
  }
  keys[threadIdx.x] = tile[threadIdx.x];
}
