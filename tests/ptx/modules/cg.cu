// SPDX-License-Identifier: Apache-2.0
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;
extern "C" __global__ void cgk(int* x) {
  auto b = cg::this_thread_block();
  auto w = cg::tiled_partition<32>(b);
  int v = cg::reduce(w, x[b.thread_rank()], cg::plus<int>());
  b.sync();
  cg::this_grid().sync();
  if (w.thread_rank() == 0) x[w.meta_group_rank()] = v;
}
