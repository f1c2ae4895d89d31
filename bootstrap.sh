#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes a Debian 12 or Ubuntu 24.04 machine ready to build and run fitest: installs the packages
# that are missing (with sudo when not root) and finds NVRTC, or fetches it from NVIDIA's wheels on
# PyPI into fitest's cache. Nothing is installed twice; a second run takes well under a second.
#
#   FITEST_NVRTC=PATH        use this libnvrtc.so (file or folder) and look no further
#   FITEST_CUDA_HOME=PATH    a CUDA Toolkit that is neither $CUDA_HOME nor /usr/local/cuda*
#   FITEST_IGNORE_TOOLKIT=1  fetch the wheels although a toolkit is there
#   FITEST_CACHE_DIR=PATH    fitest's cache (default: $XDG_CACHE_HOME/fitest or ~/.cache/fitest)
set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
users_cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/fitest
cache=${FITEST_CACHE_DIR:-$users_cache}

say() { printf '%-10s %s\n' "$1" "$2"; }
die() {
  printf 'bootstrap.sh: %s\n' "$1" >&2
  exit 1
}

# version_at_least 3.25.1 3.25
version_at_least() {
  [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]
}

# The first number of `PROGRAM --version`, or nothing.
version_of() {
  { "$1" --version 2>/dev/null || true; } | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1
}

# have_program PROGRAM OLDEST
have_program() {
  local version
  version=$(version_of "$1") || return 1
  [[ -n $version ]] && version_at_least "$version" "$2" && say found "$1 $version"
}

# have_file NAME PATTERN...: a file of a library's development package.
have_file() {
  local name=$1 pattern file
  shift
  for pattern in "$@"; do
    for file in $pattern; do
      [[ -e $file ]] && say found "$name ($file)" && return 0
    done
  done
  return 1
}

# require PACKAGE CHECK...: notes the package as missing unless the check succeeds.
missing=()
require() {
  local package=$1
  shift
  "$@" && return 0
  say missing "$package"
  missing+=("$package")
}

have_header() { have_file "$1" "/usr/include/$2" "/usr/local/include/$2"; }

find_packages() {
  missing=()
  require cmake have_program cmake 3.25
  require ninja-build have_program ninja 1.10
  require g++ have_program "${CXX:-g++}" 12
  require nlohmann-json3-dev have_header nlohmann-json nlohmann/json.hpp
  require libyaml-cpp-dev have_header yaml-cpp yaml-cpp/yaml.h
  require libcli11-dev have_header CLI11 CLI/CLI.hpp
  require libfmt-dev have_header fmt fmt/format.h
  require libgtest-dev have_header GoogleTest gtest/gtest.h
  require libgmock-dev have_header GoogleMock gmock/gmock.h
  require libopenblas-dev have_file OpenBLAS "/usr/lib/*/libopenblas.so" /usr/local/lib/libopenblas.so
  require libssl-dev have_header OpenSSL openssl/sha.h
}

install_packages() {
  local -a sudo=()
  command -v apt-get >/dev/null ||
    die "no apt-get here; install the equivalents of: ${missing[*]}"
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null || die "run as root, or install: ${missing[*]}"
    sudo=(sudo)
  fi
  say installing "${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
  say installed "${missing[*]}"
}

# --- NVRTC: the same places in the same order as framework/compile/nvrtc_location.cpp ---

# nvrtc_in FOLDER: prints the library in it, if that is NVRTC 12.4 or newer.
nvrtc_in() {
  local name file version include
  for name in libnvrtc.so.13 libnvrtc.so.12 libnvrtc.so; do
    file=$(readlink -e "$1/$name") || continue
    version=${file##*libnvrtc.so}
    version=${version#.}
    include=$(dirname "$(dirname "$file")")/include/cuda.h
    if [[ -e $include ]]; then
      version=$(sed -nE 's/^#define CUDA_VERSION ([0-9]+)$/\1/p' "$include")
      version=$((version / 1000)).$((version % 1000 / 10))
    fi
    version_at_least "${version:-0}" 12.4 && printf '%s\n' "$file" && return 0
  done
  return 1
}

nvrtc_of_toolkit() {
  local root folder
  local -a roots=("${FITEST_CUDA_HOME:-}" "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda)
  mapfile -t -O 4 roots < <(printf '%s\n' /usr/local/cuda-* | sort -rV)
  for root in "${roots[@]}"; do
    [[ -n $root ]] || continue
    for folder in lib64 lib targets/x86_64-linux/lib targets/sbsa-linux/lib; do
      nvrtc_in "$root/$folder" && return 0
    done
  done
  folder=$(PATH=$PATH:/sbin ldconfig -p 2>/dev/null | sed -nE 's/^\s*libnvrtc\.so\.1[23] .*=> //p' | head -n 1)
  [[ -n $folder ]] && nvrtc_in "$(dirname "$folder")"
}

nvrtc_of_wheels() {
  local folder
  while read -r folder; do
    nvrtc_in "$folder" && return 0
  done < <(printf '%s\n' "$cache"/nvrtc/*/lib | sort -rV
           printf '%s\n' "$users_cache"/nvrtc/*/lib | sort -rV)
  return 1
}

find_nvrtc() {
  local file
  if [[ -n ${FITEST_NVRTC:-} ]]; then
    [[ -e $FITEST_NVRTC ]] || die "FITEST_NVRTC=$FITEST_NVRTC does not exist"
    say found "NVRTC ($FITEST_NVRTC, from FITEST_NVRTC)"
  elif [[ ${FITEST_IGNORE_TOOLKIT:-} != 1 ]] && file=$(nvrtc_of_toolkit); then
    say found "NVRTC ($file)"
  elif file=$(nvrtc_of_wheels); then
    say found "NVRTC ($file, from wheels)"
  else
    return 1
  fi
}

fetch_nvrtc() {
  say missing "NVRTC 12.4 or newer (no CUDA Toolkit was found)"
  if [[ ! -e /etc/ssl/certs/ca-certificates.crt ]]; then
    missing=(ca-certificates)
    install_packages
  fi
  say fetching "NVRTC and the toolkit's headers from NVIDIA's wheels on PyPI into $cache/nvrtc"
  cmake -DCACHE="$cache" -P "$repository/cmake/fetch_nvrtc.cmake" ||
    die "NVRTC could not be fetched. Either install the CUDA Toolkit 12.4 or newer
(https://developer.nvidia.com/cuda-downloads; on Debian and Ubuntu with NVIDIA's repository:
apt-get install cuda-nvrtc-dev-13-0 cuda-cudart-dev-13-0 cuda-crt-13-0 cuda-cccl-13-0), or copy a libnvrtc.so
with the folder include/ beside its own and set FITEST_NVRTC to it."
}

find_packages
if ((${#missing[@]} > 0)); then
  install_packages
  find_packages >/dev/null
  ((${#missing[@]} == 0)) ||
    die "installed, but still missing or too old: ${missing[*]}; fitest needs Debian 12, Ubuntu 24.04 or newer"
fi
if ! find_nvrtc; then
  fetch_nvrtc
  find_nvrtc || die "NVRTC was fetched into $cache/nvrtc, but is not found there"
fi
say ready "next: cmake --workflow --preset kernels"
