#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# slowdown.sh PROGRAM [RUNS [DEVICE]]: how --baseline judges a real kernel on this machine. RUNS cases
# (200) that do the same as in the baseline should fail none; one that does 20 % more work should fail.
# The virtual device is timed by the processor's clock: leave the machine alone meanwhile.
set -euo pipefail
program=$1
runs=${2:-200}
device=${3:-virtual}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$(cd "$(dirname "$0")/../../cmake/project/kernels" && pwd)" "$scratch/kernels"
kernel=$scratch/kernels/solutions/me/elementwise/scale_n256/simple/kernel.cu
printf 'iterations: 50\nwarmup_runs: 3\nnum_trials: 1\n' > "$scratch/eval.yaml"

write_kernel() {
  cat > "$kernel" <<END
extern "C" __global__ void scale(const float* x, float factor, float* y) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  float spent = x[i];
  for (int round = 0; round < $1; ++round) spent = spent * 0.5f + 0.25f;
  y[i] = x[i] * factor + (spent > 1e30f ? 1 : 0);
}
END
}

run() {
  FITEST_THREADS=1 "$program" run "$scratch/kernels" --workload 1111 --device "$device" \
    --config "$scratch/eval.yaml" "$@"
}

write_kernel 2000
run --trace-dir "$scratch/before" > /dev/null
failed=0
for ((i = 0; i < runs; i++)); do
  run --trace-dir "$scratch/now" --baseline "$scratch/before" > "$scratch/output" || failed=$((failed + 1))
done
printf 'the same kernel: %d of %d runs fail\n' "$failed" "$runs"
write_kernel 2400
printf '20 %% more work:\n'
run --trace-dir "$scratch/now" --baseline "$scratch/before" || true
