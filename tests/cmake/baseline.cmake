# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -P baseline.cmake

BASELINE and KNOWN_FAILURES through ctest, with real kernels: a solution that does twice the work
fails with both medians and intervals, one that does the same passes. How the decision itself stands
to 20 % and to noise is in tests/unit/run/expectations_test.cpp, and on this machine in
tests/bench/ctest/slowdown.sh.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(kernels ${SCRATCH}/project/kernels)
set(kernel ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu)

# write_kernel(<rounds>): the same result after so much arithmetic.
function(write_kernel rounds)
  file(WRITE ${kernel} "extern \"C\" __global__ void scale(const float* x, float factor, float* y) {
  const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  float spent = x[i];
  for (int round = 0; round < ${rounds}; ++round) spent = spent * 0.5f + 0.25f;
  y[i] = x[i] * factor + (spent > 1e30f ? 1 : 0);
}
")
endfunction()

function(configure keywords)
  file(WRITE ${SCRATCH}/project/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES NONE)
enable_testing()
find_package(fitest REQUIRED)
fitest_discover_tests(s DATASET kernels DEVICE virtual TIER quick CONFIG eval.yaml ${keywords})
")
  run(${CMAKE_COMMAND} -S ${SCRATCH}/project -B ${SCRATCH}/build -DCMAKE_PREFIX_PATH=${BUILD})
  set(status ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})
file(WRITE ${SCRATCH}/project/eval.yaml "{warmup_runs: 1, iterations: 20, num_trials: 1}\n")
write_kernel(3000)
configure("TRACE_DIR ${SCRATCH}/before")
expect_status(0)
run_ctest(--output-on-failure)
expect_status(0)

# Far slower: both medians and intervals. Allowed as much: it passes and says the same.
write_kernel(12000)
configure("BASELINE ${SCRATCH}/before")
run_ctest(--output-on-failure)
expect_status(8)
if(NOT output MATCHES "SLOWER +scale_n256/simple/11111111.* slower: median [0-9.e-]+ ms \\[[0-9.e-]+, \
[0-9.e-]+\\] against the baseline's [0-9.e-]+ ms \\[[0-9.e-]+, [0-9.e-]+\\]: [0-9.]+x, more than 1.05x")
  message(FATAL_ERROR "no medians and intervals in\n  ${output}")
endif()
configure("BASELINE ${SCRATCH}/before MAX_SLOWDOWN 100")
run_ctest(-V)
expect_status(0)
expect_output("against the baseline's")
expect_output("allowed are 100x")

# A known failure passes while it fails, and fails when it passes.
file(WRITE ${SCRATCH}/project/known.yaml "- {solution: simple, architecture: virtual, reason: bug 7}\n")
configure("KNOWN_FAILURES known.yaml")
run_ctest(--output-on-failure)
expect_status(8)
expect_output("UNEXPECTED_PASS")
expect_output("passes, but is listed as a known failure: bug 7")
file(READ ${kernel} text)
string(REPLACE "? 1 : 0" "? 1 : 2" text "${text}")
file(WRITE ${kernel} "${text}")
run_ctest(-V)
expect_status(0)
expect_output("KNOWN_FAILURE")
expect_output("known failure: bug 7")
