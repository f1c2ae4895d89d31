#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# many_cases.sh PROGRAM MODULE_DIR [SOLUTIONS [WORKLOADS]]: how long `fitest list` and `ctest -N` take
# with SOLUTIONS × WORKLOADS cases (50 × 100), the best of three, as DESIGN §8 asks.
set -euo pipefail
program=$1
module_dir=$2
solutions=${3:-50}
workloads=${4:-100}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

make_dataset() {
  local example root=$scratch/data i
  example=$(cd "$(dirname "$0")/../../cmake/project/kernels" && pwd)
  mkdir -p "$root/workloads/elementwise"
  cp -r "$example/definitions" "$root"
  for ((i = 0; i < workloads; i++)); do
    printf -- '- uuid: %08x-0000-4000-8000-000000000000\n  axes: {rows: %d}\n' $((i * 40503)) $((i + 1))
    printf '  inputs:\n    x: {type: random}\n    factor: {type: scalar, value: 2}\n'
  done > "$root/workloads/elementwise/scale_n256.yaml"
  for ((i = 0; i < solutions; i++)); do
    local folder=$root/solutions/me/elementwise/scale_n256/simple_$i
    mkdir -p "$folder"
    cp "$example/solutions/me/elementwise/scale_n256/simple/kernel.cu" "$folder"
    sed "s/^name: simple/name: simple_$i/" \
      "$example/solutions/me/elementwise/scale_n256/simple/solution.yaml" > "$folder/solution.yaml"
  done
}

make_project() {
  cat > "$scratch/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(many LANGUAGES NONE)
enable_testing()
add_executable(fitest::fitest IMPORTED)
set_target_properties(fitest::fitest PROPERTIES IMPORTED_LOCATION "$program")
include("$module_dir/fitest_discover_tests.cmake")
fitest_discover_tests(many DATASET data)
END
  cmake -S "$scratch" -B "$scratch/build" > /dev/null
}

# best_of_three NAME COMMAND...
best_of_three() {
  local name=$1 best=999999 begin i
  shift
  for i in 1 2 3; do
    begin=$(date +%s%N)
    "$@" > "$scratch/output"
    best=$((i = ($(date +%s%N) - begin) / 1000000, i < best ? i : best))
  done
  printf '%-12s %6d ms\n' "$name" "$best"
}

make_dataset
make_project
best_of_three "fitest list" "$program" list "$scratch/data"
best_of_three "ctest -N" ctest --test-dir "$scratch/build" -N
tail -n 1 "$scratch/output"
