# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DDRIVER=<folder of the fake libcuda.so.1>
      -DSCRATCH=<folder> -P resources.cmake

GPUs as CTest's resources, on a machine whose driver is tests/cmake/fake_driver: what ctest is told,
and which GPU a case then takes.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(program ${BUILD}/bin/fitest)
set(kernels ${SCRATCH}/project/kernels)
set(ENV{LD_LIBRARY_PATH} ${DRIVER})
foreach(variable IN ITEMS CUDA_VISIBLE_DEVICES FITEST_RESOURCE_SPEC FITEST_TEST_LAUNCHER
                          FITEST_REQUIRE_GPU)
  unset(ENV{${variable}})
endforeach()

function(use_gpus count)
  set(ENV{FAKE_GPUS} ${count})
  # As if the machine had been started again.
  file(GLOB_RECURSE keys ${SCRATCH}/build/*.key)
  if(keys)
    file(REMOVE ${keys})
  endif()
endfunction()

# expect_cases_on(<count> <count> <count> <count>): how many cases took each GPU of the machine.
function(expect_cases_on)
  set(counts "")
  foreach(gpu RANGE 3)
    string(REGEX MATCHALL "context on GPU ${gpu} of the machine" found "${output}")
    list(LENGTH found count)
    list(APPEND counts ${count})
  endforeach()
  if(NOT counts STREQUAL "${ARGN}")
    message(FATAL_ERROR "GPUs 0 to 3 got ${counts} cases instead of ${ARGN}:\n${output}")
  endif()
endfunction()

# expect_groups(<n>): for n tests CTest reserves something.
function(expect_groups expected)
  execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${SCRATCH}/build --show-only=json-v1
                  OUTPUT_VARIABLE json)
  string(REGEX MATCHALL "\"name\" : \"RESOURCE_GROUPS\"" found "${json}")
  list(LENGTH found count)
  if(NOT count EQUAL expected)
    message(FATAL_ERROR "${count} tests have RESOURCE_GROUPS instead of ${expected}:\n${json}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})
file(READ ${SCRATCH}/project/CMakeLists.txt text)
string(REPLACE "DEVICE virtual" "GPU_SLOTS 60 GPU_MEMORY 2048" text "${text}")
file(WRITE ${SCRATCH}/project/CMakeLists.txt "${text}")
run(${CMAKE_COMMAND} -S ${SCRATCH}/project -B ${SCRATCH}/build -DCMAKE_PREFIX_PATH=${BUILD})
expect_status(0)

# The specification: all GPUs, those of a scheduler's mask, none.
use_gpus(2)
run(${program} resources)
expect_status(0)
expect_output("\"gpus\": [ { \"id\": \"gpu_a0a0a0a0_a0a0_a0a0_a0a0_a0a0a0a0a0a0\", \"slots\": 100 }, \
{ \"id\": \"gpu_a1a1a1a1_a1a1_a1a1_a1a1_a1a1a1a1a1a1\", \"slots\": 100 } ]")
expect_output("\"gpu_memory\": [ { \"id\": \"gpu_a0a0a0a0_a0a0_a0a0_a0a0_a0a0a0a0a0a0\", \
\"slots\": 81920 }")
set(ENV{CUDA_VISIBLE_DEVICES} 1)
run(${program} resources)
expect_no_output("gpu_a0")
expect_output("gpu_a1a1a1a1")
unset(ENV{CUDA_VISIBLE_DEVICES})
use_gpus(0)
execute_process(COMMAND ${program} resources RESULT_VARIABLE status OUTPUT_VARIABLE output
                ERROR_QUIET)
expect_status(0)
if(NOT output STREQUAL "")
  message(FATAL_ERROR "a specification without a GPU:\n${output}")
endif()

# Without a GPU nothing is reserved, and the virtual device runs the cases.
expect_groups(0)
run_ctest()
expect_status(0)
expect_all_passed(2)

# Two GPUs: two cases at once take one each, though each would fit beside the other on the first.
use_gpus(2)
expect_groups(2)
run_ctest(-V -j2)
expect_status(8)
expect_cases_on(1 1 0 0)

# A scheduler's mask: only its GPU, also one after the other.
set(ENV{CUDA_VISIBLE_DEVICES} 3)
use_gpus(4)
run_ctest(-V -j2)
expect_cases_on(0 0 0 2)

# A specification by hand, whose indices count within the mask.
file(WRITE ${SCRATCH}/spec.json [[{"version": {"major": 1, "minor": 0}, "local": [
  {"gpus": [{"id": "0", "slots": 60}, {"id": "1", "slots": 60}],
   "gpu_memory": [{"id": "0", "slots": 4096}]}]}
]])
set(ENV{FITEST_RESOURCE_SPEC} ${SCRATCH}/spec.json)
set(ENV{CUDA_VISIBLE_DEVICES} 3,1)
run_ctest(-V -j2)
expect_cases_on(0 1 0 1)

# A specification that names what the mask hides: the case fails and says so.
set(ENV{CUDA_VISIBLE_DEVICES} 2)
run_ctest(-V -j2)
expect_cases_on(0 0 1 0)
expect_output("CTest reserved the GPU '1', which CUDA_VISIBLE_DEVICES=2 does not show")
unset(ENV{FITEST_RESOURCE_SPEC})
unset(ENV{CUDA_VISIBLE_DEVICES})

# All groups are bound; a skip stays a skip.
set(ENV{CTEST_RESOURCE_GROUP_COUNT} 2)
set(ENV{CTEST_RESOURCE_GROUP_0_GPUS} "id:2,slots:60")
set(ENV{CTEST_RESOURCE_GROUP_1_GPUS} "id:1,slots:60")
set(run_case ${program} run ${kernels} --trace-dir ${SCRATCH}/traces --workload 11111111)
run(${run_case} --device cuda:1)
expect_status(1)
expect_cases_on(0 1 0 0)
run(${run_case} --device cuda:2)
expect_output("device 'cuda:2' does not exist: there is \
(CUDA_VISIBLE_DEVICES=2,1) cuda:0 Fake GPU (sm_90, 80 GiB)")
file(READ ${kernels}/solutions/me/elementwise/scale_n256/simple/solution.yaml text)
string(REPLACE "language: cuda" "language: python" text "${text}")
string(REGEX REPLACE "  binding: nvrtc\n" "" text "${text}")
string(REGEX REPLACE "  launch:.*sources:" "sources:" text "${text}")
file(WRITE ${kernels}/solutions/me/elementwise/scale_n256/simple/solution.yaml "${text}")
run(${run_case})
expect_status(77)

# A launcher places tests itself, and a device that is named needs no reservation.
unset(ENV{CTEST_RESOURCE_GROUP_COUNT})
set(ENV{FITEST_TEST_LAUNCHER} "env")
expect_groups(0)
unset(ENV{FITEST_TEST_LAUNCHER})
expect_groups(2)
