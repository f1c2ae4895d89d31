# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree> -DSCRATCH=<folder> -P gtest.cmake

Installs fitest with its GoogleTest library, builds gtest_project/ against it, and uses the program
as one uses any GoogleTest program.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/gtest_project ${CMAKE_CURRENT_LIST_DIR}/project
     DESTINATION ${SCRATCH})
foreach(component IN ITEMS fitest fitest-gtest)
  run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix --component ${component})
  expect_status(0)
endforeach()
run(${CMAKE_COMMAND} -G Ninja -S ${SCRATCH}/gtest_project -B ${SCRATCH}/build
    -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix -DKERNELS=${SCRATCH}/project/kernels)
expect_status(0)
run(${CMAKE_COMMAND} --build ${SCRATCH}/build)
expect_status(0)
set(tests ${SCRATCH}/build/my_tests)

# my_tests(<argument>...): run in SCRATCH, where its Traces go.
macro(my_tests)
  run(${CMAKE_COMMAND} -E chdir ${SCRATCH} ${tests} ${ARGV})
endmacro()

# Listing shows the cases and runs none; a filter selects.
my_tests(--gtest_list_tests)
expect_status(0)
expect_output("scale_n256. simple/11111111 simple/22222222")
if(EXISTS ${SCRATCH}/traces)
  message(FATAL_ERROR "listing ran a case")
endif()
my_tests(--gtest_filter=scale_n256.*/2222*)
expect_status(0)
expect_output("[ OK ] scale_n256.simple/22222222")
expect_output("1 test from 1 test suite ran")

# All pass, and CTest agrees; the XML has what the Trace says.
my_tests(--gtest_output=xml:report.xml)
expect_status(0)
expect_output("[ PASSED ] 5 tests")
file(READ ${SCRATCH}/report.xml output)
foreach(property IN ITEMS verdict hardware latency_ms max_absolute_error version.nvrtc trace)
  expect_output("<property name=\"${property}\" value=\"")
endforeach()
expect_output("solution.yaml\"")
run_ctest()
expect_status(0)

# Every test is in one of two shards.
set(ran "")
foreach(shard IN ITEMS 0 1)
  run(${CMAKE_COMMAND} -E env GTEST_TOTAL_SHARDS=2 GTEST_SHARD_INDEX=${shard} ${CMAKE_COMMAND} -E
      chdir ${SCRATCH} ${tests})
  expect_status(0)
  string(REGEX REPLACE "[][]" "" output "${output}")
  string(REGEX MATCHALL "OK +[^ ]+" names "${output}")
  list(APPEND ran ${names})
endforeach()
list(LENGTH ran count)
list(REMOVE_DUPLICATES ran)
list(LENGTH ran different)
if(NOT count EQUAL 5 OR NOT different EQUAL 5)
  message(FATAL_ERROR "two shards ran ${count} tests, ${different} different ones: ${ran}")
endif()

# What a failure says.
my_tests(--gtest_also_run_disabled_tests --gtest_filter=DISABLED*)
expect_status(1)
expect_output("Expected: is the output 'y' (float32 [1, 256]) of scale_n256 with rows=1")
expect_output("y[0, 17]: expected ")
expect_output(", got nan")
expect_output("255 elements of 4 bytes for 'y' (float32 [1, 256]), which has 256 of 4")
expect_output("256 elements of 8 bytes for 'y' (float32 [1, 256]), which has 256 of 4")
expect_output("scale_n256 has no input or output 'z'")
expect_output("definition scale_n256 has no axis \"row\"; did you mean \"rows\"?")

# A wrong kernel, a broken document and a missing dataset are failing tests.
set(kernels ${SCRATCH}/project/kernels)
set(kernel ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu)
file(READ ${kernel} good)
string(REPLACE "factor;" "factor + 1;" wrong "${good}")
file(WRITE ${kernel} "${wrong}")
my_tests(--gtest_filter=scale*)
expect_status(1)
expect_output("INCORRECT_NUMERICAL scale_n256/simple/11111111")
file(WRITE ${kernel} "${good}")
file(WRITE ${kernels}/definitions/elementwise/broken.yaml "name: broken\naxes: 3\n")
my_tests(--gtest_filter=fitest.*:scale*)
expect_status(1)
expect_output("broken.yaml:2:7: error:")
expect_output("[ FAILED ] 1 test, listed below: [ FAILED ] fitest.Dataset")
run(${CMAKE_COMMAND} -E env MY_DATASET=${SCRATCH}/nowhere ${tests} --gtest_filter=fitest.*)
expect_status(1)
expect_output("${SCRATCH}/nowhere")

# Without the library's component, CMake says what is missing.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/program --component fitest)
run(${CMAKE_COMMAND} -G Ninja -S ${SCRATCH}/gtest_project -B ${SCRATCH}/other
    -DCMAKE_PREFIX_PATH=${SCRATCH}/program -DKERNELS=${kernels})
expect_status(1)
expect_output("fitest's component \"gtest\": it was not installed (component fitest-gtest)")
