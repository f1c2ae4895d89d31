// SPDX-License-Identifier: Apache-2.0
#include <cub/block/block_scan.cuh>
extern "C" __global__ void scan(int* x) {
  using S = cub::BlockScan<int, 128>;
  __shared__ typename S::TempStorage t;
  int v = x[threadIdx.x];
  S(t).ExclusiveSum(v, v);
  x[threadIdx.x] = v;
}
