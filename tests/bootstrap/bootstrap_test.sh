#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# bootstrap_test.sh REPOSITORY: runs bootstrap.sh with stand-ins for apt-get, sudo, cmake and pip, so
# that nothing is installed or downloaded.
#
# The lines of a stand-in are expanded when it runs:
# shellcheck disable=SC2016
set -euo pipefail

repository=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stubs=$scratch/stubs
calls=$scratch/calls
real_cmake=$(command -v cmake)

# stub NAME LINE...: a program in front of the real one that notes its call and runs the lines.
stub() {
  local name=$1
  shift
  mkdir -p "$stubs"
  {
    printf '#!/bin/sh\necho "%s $*" >> %q\n' "$name" "$calls"
    printf '%s\n' "$@"
  } > "$stubs/$name"
  chmod +x "$stubs/$name"
}

# A toolkit of version $1 that only looks like one.
make_toolkit() {
  local root=$scratch/toolkit
  mkdir -p "$root/lib64" "$root/include"
  echo "#define CUDA_VERSION $1" > "$root/include/cuda.h"
  touch "$root/lib64/libnvrtc.so.${1:0:2}"
}

# bootstrap [NAME=VALUE...]: sets status and output.
bootstrap() {
  status=0
  output=$(env PATH="$stubs:$PATH" FITEST_CACHE_DIR="$scratch/cache" \
    XDG_CACHE_HOME="$scratch/none" FITEST_CUDA_HOME="$scratch/toolkit" \
    "$@" "$repository/bootstrap.sh" 2>&1) || status=$?
}

fail() {
  printf '%s: %s\nexit status %s, output:\n%s\n' "$current" "$1" "$status" "$output"
  [[ ! -e $calls ]] || cat "$calls"
  exit 1
}
expect_status() { [[ $status == "$1" ]] || fail "expected exit status $1"; }
expect_output() { [[ $output == *"$1"* ]] || fail "expected: $1"; }
expect_called() { grep -qxF -- "$1" "$calls" || fail "expected the call: $1"; }
expect_not_called() { ! grep -q "^$1" "$calls" || fail "expected no call of $1"; }

case_nothing_is_installed_when_all_is_there() {
  bootstrap
  expect_status 0
  expect_output "found      NVRTC ($scratch/toolkit/lib64/libnvrtc.so.13)"
  expect_output "ready "
  expect_not_called apt-get
}

case_only_what_is_missing_is_installed() {
  stub cmake 'echo "cmake version 3.20.1"'
  stub apt-get "[ \"\$1\" != install ] || rm $stubs/cmake"
  bootstrap
  expect_status 0
  expect_output "missing    cmake"
  expect_output "installed  cmake"
  grep -qE '^apt-get install .* cmake$' "$calls" || fail "expected cmake alone to be installed"
}

case_a_package_that_is_too_old_is_named() {
  stub cmake 'echo "cmake version 3.20.1"'
  bootstrap
  expect_status 1
  expect_output "installed, but still missing or too old: cmake"
}

case_a_failing_install_names_the_packages() {
  stub cmake 'echo "cmake version 3.20.1"'
  stub apt-get '[ "$1" != install ]'
  bootstrap
  expect_status 1
  expect_output "bootstrap.sh: apt-get could not install: cmake"
}

case_a_chosen_nvrtc_must_exist() {
  bootstrap FITEST_NVRTC=/nowhere/libnvrtc.so
  expect_status 1
  expect_output "FITEST_NVRTC=/nowhere/libnvrtc.so does not exist"
}

case_an_old_toolkit_is_not_taken() {
  make_toolkit 12030
  rm -f "$scratch/toolkit/lib64/libnvrtc.so.13"
  bootstrap CUDA_HOME= CUDA_PATH=
  [[ $output != *"$scratch/toolkit"* ]] || fail "NVRTC 12.3 was taken"
}

case_without_toolkit_the_wheels_are_fetched_once() {
  make_wheels
  stub python3 'while [ "$1" != --dest ]; do shift; done' \
    "cp $scratch/wheels/\$(echo \"\$3\" | sed 's/==/-/; s/^nvidia-cuda-/nvidia_cuda_/')-py3-none-any.whl \"\$2\""
  bootstrap FITEST_IGNORE_TOOLKIT=1
  expect_status 0
  expect_output "missing    NVRTC"
  expect_output "found      NVRTC ($scratch/cache/nvrtc/13.0.88/lib/libnvrtc.so.13, from wheels)"
  [[ -e $scratch/cache/nvrtc/13.0.88/include/cuda_fp16.h ]] || fail "expected the headers"
  [[ ! -e $scratch/cache/nvrtc/13.0.88/lib/libnvrtc.alt.so.13 ]] || fail "expected no second copy"
  : > "$calls"
  bootstrap FITEST_IGNORE_TOOLKIT=1
  expect_status 0
  expect_not_called python3
}

case_where_nothing_can_be_fetched_it_says_what_to_do() {
  stub python3 'echo "no network" >&2; exit 1'
  bootstrap FITEST_IGNORE_TOOLKIT=1 PIP_INDEX_URL="file://$scratch/nothing"
  expect_status 1
  expect_output "could not download nvidia-cuda-nvrtc==13.0.88"
  expect_output "no network"
  expect_output "could not download nvidia-cuda-nvrtc-cu12=="
  expect_output "Either install the CUDA Toolkit 12.4 or newer"
  [[ -z $(ls -A "$scratch/cache") ]] || fail "expected an empty cache"
}

# Wheels with one file each, laid out as NVIDIA's are.
make_wheels() {
  local tree=$scratch/tree/nvidia/cu13 name
  mkdir -p "$tree/lib" "$tree/include" "$scratch/wheels"
  echo "#define CUDA_VERSION 13000" > "$tree/include/cuda.h"
  touch "$tree/include/cuda_fp16.h" "$tree/lib/libnvrtc.so.13" "$tree/lib/libnvrtc.alt.so.13"
  for name in nvrtc-13.0.88 runtime-13.0.96 crt-13.0.88 cccl-13.0.85; do
    (cd "$scratch/tree" && "$real_cmake" -E tar cf \
      "$scratch/wheels/nvidia_cuda_$name-py3-none-any.whl" --format=zip nvidia)
  done
}

for current in $(declare -F | sed -n 's/^declare -f \(case_\)/\1/p'); do
  rm -rf "${scratch:?}"/*
  make_toolkit 13000
  : > "$calls"
  stub apt-get
  stub sudo 'exec "$@"'
  "$current"
  echo "passed $current"
done
