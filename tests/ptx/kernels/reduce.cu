// SPDX-License-Identifier: Apache-2.0
// Reductions, scans and compaction by shuffles, votes and shared memory.
constexpr unsigned kAll = 0xFFFFFFFFu;

__device__ float warp_sum(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_down_sync(kAll, value, distance);
  }
  return value;
}

extern "C" __global__ void block_sum(const float* x, float* total, int n) {
  __shared__ float part[32];
  float sum = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    sum += x[i];
  }
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sum = warp_sum(threadIdx.x < blockDim.x / 32 ? part[threadIdx.x] : 0.0f);
  if (threadIdx.x == 0) atomicAdd(total, sum);
}

extern "C" __global__ void dot_double(const double* x, const double* y, double* total, int n) {
  double sum = 0;
  for (int i = threadIdx.x; i < n; i += 32) sum = fma(x[i], y[i], sum);
  for (int mask = 16; mask > 0; mask /= 2) sum += __shfl_xor_sync(kAll, sum, mask);
  if (threadIdx.x == 0) *total = sum;
}

// The first of equal maxima.
extern "C" __global__ void argmax_rows(const float* x, int* index, int columns) {
  __shared__ float values[8];
  __shared__ int places[8];
  const float* row = x + blockIdx.x * columns;
  float best = -1e30f;
  int place = columns;
  auto take = [&](float value, int at) {
    if (value > best || (value == best && at < place)) {
      best = value;
      place = at;
    }
  };
  for (int i = threadIdx.x; i < columns; i += blockDim.x) take(row[i], i);
  for (int mask = 16; mask > 0; mask /= 2) {
    const float value = __shfl_xor_sync(kAll, best, mask);
    const int at = __shfl_xor_sync(kAll, place, mask);
    take(value, at);
  }
  if (threadIdx.x % 32 == 0) {
    values[threadIdx.x / 32] = best;
    places[threadIdx.x / 32] = place;
  }
  __syncthreads();
  if (threadIdx.x != 0) return;
  for (unsigned i = 1; i < blockDim.x / 32; ++i) take(values[i], places[i]);
  index[blockIdx.x] = place;
}

// One warp a row of a matrix in CSR form.
extern "C" __global__ void segmented_sum(const float* x, const int* begin, float* sums, int rows) {
  const int row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= rows) return;
  float sum = 0;
  for (int i = begin[row] + threadIdx.x % 32; i < begin[row + 1]; i += 32) sum += x[i];
  sum = warp_sum(sum);
  if (threadIdx.x % 32 == 0) sums[row] = sum;
}

extern "C" __global__ void cumulative_sum(const int* x, int* y, int columns) {
  const int lane = threadIdx.x;
  int carry = 0;
  for (int base = 0; base < columns; base += 32) {
    const int i = base + lane;
    int value = i < columns ? x[blockIdx.x * columns + i] : 0;
    for (int distance = 1; distance < 32; distance *= 2) {
      const int other = __shfl_up_sync(kAll, value, distance);
      if (lane >= distance) value += other;
    }
    value += carry;
    if (i < columns) y[blockIdx.x * columns + i] = value;
    carry = __shfl_sync(kAll, value, 31);
  }
}

// Mean and variance by Welford's update, merged across the warp.
extern "C" __global__ void welford(const float* x, float* mean_out, float* variance_out, int n) {
  float count = 0, mean = 0, squares = 0;
  for (int i = threadIdx.x; i < n; i += 32) {
    count += 1;
    const float delta = x[i] - mean;
    mean += delta / count;
    squares += delta * (x[i] - mean);
  }
  for (int mask = 16; mask > 0; mask /= 2) {
    const float other_count = __shfl_xor_sync(kAll, count, mask);
    const float other_mean = __shfl_xor_sync(kAll, mean, mask);
    const float other_squares = __shfl_xor_sync(kAll, squares, mask);
    const float total = count + other_count;
    if (total == 0) continue;
    const float delta = other_mean - mean;
    squares += other_squares + delta * delta * count * other_count / total;
    mean += delta * other_count / total;
    count = total;
  }
  if (threadIdx.x == 0) {
    *mean_out = mean;
    *variance_out = squares / n;
  }
}

// The positive values, in order; one warp.
extern "C" __global__ void compact_positive(const int* x, int* y, int* count, int n) {
  int written = 0;
  for (int base = 0; base < n; base += 32) {
    const int i = base + threadIdx.x;
    const int value = i < n ? x[i] : 0;
    const unsigned keep = __ballot_sync(kAll, value > 0);
    if (value > 0) y[written + __popc(keep & ((1u << threadIdx.x) - 1))] = value;
    written += __popc(keep);
  }
  if (threadIdx.x == 0) *count = written;
}

// One atomic for all lanes that hold the same key.
extern "C" __global__ void histogram_matched(const int* keys, unsigned* bins, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const unsigned active = __ballot_sync(kAll, i < n);
  if (i >= n) return;
  const unsigned same = __match_any_sync(active, keys[i]);
  if (__ffs(same) - 1 == (int)(threadIdx.x % 32)) atomicAdd(&bins[keys[i]], __popc(same));
}

extern "C" __global__ void segmented_scan(const int* x, const int* heads, int* y) {
  __shared__ int values[256];
  __shared__ int flags[256];
  const int i = threadIdx.x;
  values[i] = x[i];
  flags[i] = heads[i];
  __syncthreads();
  for (int distance = 1; distance < 256; distance *= 2) {
    int value = values[i];
    int flag = flags[i];
    if (i >= distance && !flag) {
      value += values[i - distance];
      flag |= flags[i - distance];
    }
    __syncthreads();
    values[i] = value;
    flags[i] = flag;
    __syncthreads();
  }
  y[i] = values[i];
}
