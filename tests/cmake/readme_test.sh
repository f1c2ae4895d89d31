#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# readme_test.sh REPOSITORY BUILD SCRATCH: takes README.md apart and does what it tells its readers to
# do, in a dataset of its own with an installed fitest. A command that is not run here is in the table
# `elsewhere`, with the file that runs it.
set -euo pipefail
repository=$1 build=$2 scratch=$3
readme=$repository/README.md
work=$scratch/work
blocks=$scratch/blocks

die() {
  printf 'readme_test: %s\n' "$*" >&2
  [[ -e $scratch/output ]] && tail -n 40 "$scratch/output" >&2
  exit 1
}

# Blocks as files: 01.sh, 02.yaml, …; 00 is what stands between ``` without a language.
take_apart() {
  mkdir -p "$blocks"
  awk -v folder="$blocks" '
    /^```/ && !inside { inside = 1; language = substr($0, 4); if (language == "") language = "text"
                        file = sprintf("%s/%02d.%s", folder, ++count, language); next }
    /^```/ { inside = 0; next }
    inside { print > file }' "$readme"
}

# block LANGUAGE PATTERN: the file of the one block of the language that holds the pattern.
block() {
  local -a files
  mapfile -t files < <(grep -lF -- "$2" "$blocks"/*."$1")
  ((${#files[@]} == 1)) || die "README.md has ${#files[@]} $1 blocks with: $2"
  printf '%s\n' "${files[0]}"
}

# --- Commands that others run: the command, the file, and what that file holds ---
elsewhere=(
  './bootstrap.sh && cmake --workflow --preset kernels' .ci/run 'cmake --workflow --preset kernels'
  './bootstrap.sh && cmake --workflow --preset selftest' .ci/run 'cmake --workflow --preset selftest'
  'cmake --build build && cpack --config build/CPackConfig.cmake' tests/cmake/package.cmake
  'CMAKE_CPACK_COMMAND'
  'cmake --build build --target format-check' cmake/fitest_lint.cmake 'add_test(NAME format COMMAND'
  # The same steps as `default`, in other build trees: for maintainers, too long for a test.
  'cmake --preset dev && cmake --build --preset dev && ctest --preset dev' CMakePresets.json
  '"name": "dev"'
  'cmake --preset asan && cmake --build --preset asan && ctest --preset asan' CMakePresets.json
  '"name": "asan"'
  # What needs a GPU.
  'build/bin/fitest run . --solution my_rmsnorm --sanitizer racecheck'
  tests/unit/run/sanitizer_test.cpp '"racecheck"'
  'ctest --test-dir build -T memcheck -R my_rmsnorm' cmake/fitest_memcheck.cmake 'CudaSanitizer'
  'cmake --workflow --preset gpu' CMakePresets.json '"name": "gpu"'
  'cmake --build build --target tidy -- -k 0' cmake/fitest_lint.cmake 'add_custom_target(tidy'
)
ran=0
left=0

run_elsewhere() {
  local i
  for ((i = 0; i < ${#elsewhere[@]}; i += 3)); do
    [[ ${elsewhere[i]} == "$1" ]] || continue
    grep -qF -- "${elsewhere[i + 2]}" "$repository/${elsewhere[i + 1]}" ||
      die "${elsewhere[i + 1]} does not run: $1"
    left=$((left + 1))
    return 0
  done
  return 1
}

# --- Where the commands run ---

copy_rmsnorm() {
  local folder
  for folder in definitions workloads; do
    mkdir -p "$work/$folder/rmsnorm"
    cp "$repository/$folder/rmsnorm/rmsnorm_h4096.yaml" "$work/$folder/rmsnorm"
  done
  mkdir -p "$work/solutions/fitest/rmsnorm/rmsnorm_h4096"
  cp -r "$repository/solutions/fitest/rmsnorm/rmsnorm_h4096/rmsnorm_plain" \
    "$work/solutions/fitest/rmsnorm/rmsnorm_h4096"
}

# The solution that the README writes; the kernel is the plain one as the template that it names.
write_solution() {
  local folder=$work/solutions/me/rmsnorm/rmsnorm_h4096/$1
  mkdir -p "$folder"
  sed "s/^name: my_rmsnorm/name: $1/" "$(block yaml 'name: my_rmsnorm')" > "$folder/solution.yaml"
  sed -e '/^constexpr int kHiddenSize/d' -e 's/^__global__/template <int kHiddenSize>\n__global__/' \
    "$work/solutions/fitest/rmsnorm/rmsnorm_h4096/rmsnorm_plain/kernel.cu" > "$folder/kernel.cu"
}

git_in() { git -C "$1" -c user.name=me -c user.email=me@localhost "${@:2}" > /dev/null 2>&1; }

make_work() {
  copy_rmsnorm
  {
    echo 'cmake_minimum_required(VERSION 3.25)'
    echo 'project(kernels LANGUAGES NONE)'
    cat "$(block cmake 'fitest_discover_tests(')"
  } > "$work/CMakeLists.txt"
  printf '/build*/\n/traces/\n' > "$work/.gitignore"
  git_in "$work" init -q -b main
  git_in "$work" add -A
  git_in "$work" commit -qm start
  git_in "$work" update-ref refs/remotes/origin/main HEAD
  local component
  for component in fitest fitest-gtest; do
    cmake --install "$build" --prefix "$scratch/usr" --component $component > /dev/null
  done
  export PATH=$scratch/usr/bin:$PATH CMAKE_PREFIX_PATH=$scratch/usr
  cmake -G Ninja -S "$work" -B "$work/build" > "$scratch/output" 2>&1 || die "cannot configure"
  mkdir -p "$work/build/bin"
  ln -s "$build/bin/fitest" "$work/build/bin/fitest"
  write_solution my_rmsnorm
}

# run STATUS COMMANDS: as a reader's shell does, in the dataset.
run() {
  local status=0
  (cd "$work" && bash -euo pipefail -c "$2") > "$scratch/output" 2>&1 || status=$?
  [[ $status == "$1" ]] || die "ends with $status instead of $1: $2"
  ran=$((ran + 1))
}

expect() { grep -qF -- "$1" "$scratch/output" || die "no \"$1\" in the output of the last command"; }

# without_comment LINE: the command alone.
without_comment() { sed -E 's/ +# .*//' <<< "$1"; }

# --- Block by block ---

run_lines() {
  local line command
  while read -r line; do
    command=$(without_comment "$line")
    run_elsewhere "$command" || run "$(status_of "$command")" "$command"
    after "$command"
  done < <(sed -e ':join' -e '/\\$/{N;s/\\\n *//;bjoin}' "$1")
}

# What is expected of a line other than that it succeeds.
status_of() {
  [[ $1 == FITEST_REQUIRE_GPU=1* && -z $(fitest resources 2> /dev/null) ]] && echo 8 || echo 0
}

after() {
  case $1 in
    *'run . --solution my_rmsnorm') expect '5 passed, 0 failed, 0 skipped' ;;
    *--check\ all*) expect 'PASSED              rmsnorm_h4096/my_rmsnorm/8a5a0880' ;;
    *compile*) expect '.entry _Z7rmsnormILi4096EEv' ;;
    'ctest --test-dir build -R my_rmsnorm') expect '100% tests passed' ;;
    FITEST_SHARD=*) expect 'shard 1/2: ' ;;
    FITEST_CHANGED_SINCE=*) expect 'changed since origin/main: ' ;;
  esac
}

# By number, another case would be run again: one was added before those that failed.
try_rerun_by_name() {
  local kernel=$work/solutions/me/rmsnorm/rmsnorm_h4096/my_rmsnorm/kernel.cu
  cp "$kernel" "$scratch/good.cu"
  echo 'int broken = ;' >> "$kernel"
  run 8 'ctest --test-dir build'
  cp "$scratch/good.cu" "$kernel"
  write_solution a_new_one
  run 0 "$(cat "$1")"
  expect 'rmsnorm_h4096/my_rmsnorm/'
  ! grep -qE 'a_new_one|rmsnorm_plain' "$scratch/output" || die "by name, other cases ran"
}

try_report() {
  run 0 "$(cat "$1")"
  grep -q '<testsuite name="rmsnorm_h4096"' "$work/results.xml" || die "no JUnit report"
}

try_dashboard() {
  local received=$scratch/received
  mkdir -p "$received"
  python3 "$repository/tests/cmake/receiver.py" "$received" ok > "$received/output" 2>&1 &
  while [[ ! -e $received/port ]]; do sleep 0.1; done
  run 0 "$(sed -e "s|https://my.cdash.org|http://127.0.0.1:$(< "$received/port")|" \
    -e "s|/usr/share|$scratch/usr/share|" "$1")"
  [[ -e $received/Done.xml ]] || die "the server got no Done.xml"
}

try_pre_commit() {
  git_in "$scratch" clone -q --no-local "$work" hooks
  cp "$repository/.pre-commit-hooks.yaml" "$scratch/hooks"
  git_in "$scratch/hooks" add -A
  git_in "$scratch/hooks" commit -qm hooks
  sed "s|https://github.com/you/fitest.*|$scratch/hooks|" "$(block yaml 'id: fitest-validate')" \
    > "$work/.pre-commit-config.yaml"
  git_in "$work" add -A
  export PRE_COMMIT_HOME=$scratch/pre-commit
  run 0 "$(sed -E 's/ +# .*//' "$1")"
  expect 'fitest validate'
  expect 'PASSED              rmsnorm_h4096/my_rmsnorm/'
}

try_sample() {
  run 1 "cd '$repository' && $(sed -n 's/^\$ //p' "$1" | sed "s|build/bin/fitest|'$build/bin/fitest'|") \
--trace-dir '$scratch/traces'"
  while IFS= read -r line; do expect "$line"; done < <(grep -v '^\$' "$1")
}

# Every line of a block is in a file that a test compiles.
expect_in_file() {
  while IFS= read -r line; do
    grep -qxF -- "$line" "$2" || die "README.md shows a line that is not in ${2##*/}: $line"
  done < <(grep . "$1")
}

rm -rf "$scratch"
mkdir -p "$work"
export FITEST_CACHE_DIR=$scratch/cache
take_apart
make_work
for file in "$blocks"/*.sh; do
  case $(< "$file") in
    *LastTestsFailed.log*) try_rerun_by_name "$file" ;;
    *'fitest report'*) try_report "$file" ;;
    *CDASH_URL*) try_dashboard "$file" ;;
    *'pre-commit install'*)
      if [[ -x /usr/bin/pre-commit ]]; then
        try_pre_commit "$file"
      else
        echo "pre-commit is not installed: its block was not run"
      fi
      ;;
    *) run_lines "$file" ;;
  esac
done
try_sample "$(block text 'fitest run tests/broken')"
expect_in_file "$(block cmake 'COMPONENTS gtest')" "$repository/tests/cmake/gtest_project/CMakeLists.txt"
expect_in_file "$(block cpp MatchesDefinition)" "$repository/tests/cmake/gtest_project/my_tests.cpp"
echo "$ran commands were run, $left are run by others"
