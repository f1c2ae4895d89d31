# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -P baseline.cmake

BASELINE and KNOWN_FAILURES through ctest: a case fails against a baseline whose Trace says that it was
far faster, with both medians and intervals. No time decides here, so that a busy machine changes
nothing; what 20 % and noise do is in tests/unit/run/expectations_test.cpp, and with a real kernel in
tests/bench/ctest/slowdown.sh.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(kernels ${SCRATCH}/project/kernels)
set(kernel ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu)

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
file(WRITE ${SCRATCH}/project/eval.yaml "{warmup_runs: 1, iterations: 100, num_trials: 1}\n")
configure("TRACE_DIR ${SCRATCH}/before")
expect_status(0)
run_ctest(--output-on-failure)
expect_status(0)

# Against a baseline that was far faster: both medians and intervals. Allowed as much: it passes and
# says the same.
set(trace ${SCRATCH}/before/scale_n256/simple/11111111.json)
file(READ ${trace} text)
string(JSON median GET "${text}" fitest timing median_ms)
if(NOT median MATCHES "^0[.]0*[1-9]|^[1-9]")
  message(FATAL_ERROR "no median in ${text}")
endif()
string(JSON text SET "${text}" fitest timing median_ms 0.0001)
string(JSON text SET "${text}" fitest timing iqr_ms 0)
file(WRITE ${trace} "${text}")
configure("BASELINE ${SCRATCH}/before")
run_ctest(--output-on-failure)
expect_status(8)
if(NOT output MATCHES "SLOWER +scale_n256/simple/11111111.* slower: median [0-9.e-]+ ms \\[[0-9.e-]+, \
[0-9.e-]+\\] against the baseline's [0-9.e-]+ ms \\[[0-9.e-]+, [0-9.e-]+\\]: [0-9.]+x, more than 1.05x")
  message(FATAL_ERROR "no medians and intervals in\n  ${output}")
endif()
configure("BASELINE ${SCRATCH}/before MAX_SLOWDOWN 1000000")
run_ctest(-V)
expect_status(0)
expect_output("against the baseline's")
expect_output("allowed are 1e+06x")

# A known failure passes while it fails, and fails when it passes.
file(WRITE ${SCRATCH}/project/known.yaml "- {solution: simple, architecture: virtual, reason: bug 7}\n")
configure("KNOWN_FAILURES known.yaml")
run_ctest(--output-on-failure)
expect_status(8)
expect_output("UNEXPECTED_PASS")
expect_output("passes, but is listed as a known failure: bug 7")
file(READ ${kernel} text)
string(REPLACE "factor;" "factor + 1;" text "${text}")
file(WRITE ${kernel} "${text}")
run_ctest(-V)
expect_status(0)
expect_output("KNOWN_FAILURE")
expect_output("known failure: bug 7")
