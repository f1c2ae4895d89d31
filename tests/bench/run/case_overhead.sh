#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# case_overhead.sh PROGRAM DATASET [RUNS]: wall time of one warm case of the virtual device, process
# start to exit, less the kernel's own time: what fitest adds to a case (DESIGN §8). The reference
# and the kernel come from caches.
set -euo pipefail
program=$1
dataset=$2
runs=${3:-51}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export FITEST_CACHE_DIR=$scratch/cache

run_case() {
  "$program" run "$dataset" --definition rmsnorm_h4096 --solution rmsnorm_vectorized \
    --workload 0b9342c4 --device virtual --trace "$scratch/trace.json" > /dev/null
}

median() { sort -n | sed -n "$(((runs + 1) / 2))p"; }

run_case
for ((i = 0; i < runs; i++)); do
  begin=$(date +%s%N)
  run_case
  end=$(date +%s%N)
  kernel=$(sed -n 's/.*"latency_ms": \([0-9.e-]*\),*/\1/p' "$scratch/trace.json")
  awk -v ns=$((end - begin)) -v kernel="$kernel" 'BEGIN { printf "%.3f %.3f\n", ns / 1e6, kernel }'
done > "$scratch/samples"

wall=$(cut -d' ' -f1 "$scratch/samples" | median)
kernel=$(cut -d' ' -f2 "$scratch/samples" | median)
awk -v wall="$wall" -v kernel="$kernel" -v runs="$runs" 'BEGIN {
  printf "one warm case: median of %d runs %.1f ms wall, kernel %.2f ms, overhead %.1f ms\n",
         runs, wall, kernel, wall - kernel }'
