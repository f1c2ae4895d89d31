// SPDX-License-Identifier: Apache-2.0
template <int T>
__global__ void gemm(const float* a, const float* b, float* c, int n) {
  __shared__ float sa[T][T + 1], sb[T][T + 1];
  int x = threadIdx.x, y = threadIdx.y;
  float s = 0;
  for (int k = 0; k < n; k += T) {
    sa[y][x] = a[(blockIdx.y * T + y) * n + k + x];
    sb[y][x] = b[(k + y) * n + blockIdx.x * T + x];
    __syncthreads();
    for (int i = 0; i < T; i++) s = fmaf(sa[y][i], sb[i][x], s);
    __syncthreads();
  }
  c[(blockIdx.y * T + y) * n + blockIdx.x * T + x] = s;
}
template __global__ void gemm<8>(const float*, const float*, float*, int);
