# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DREPOSITORY=<fitest> -DSCRATCH=<folder> -P add_subdirectory.cmake

Configures a project that has fitest's sources as a subfolder; it gets its own suite and none of
fitest's tests.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

file(REMOVE_RECURSE ${SCRATCH})
file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
enable_testing()
add_subdirectory(\"${REPOSITORY}\" fitest)
fitest_discover_tests(mine DATASET data)
")
run(${CMAKE_COMMAND} -G Ninja -S ${SCRATCH} -B ${SCRATCH}/build)
expect_status(0)
run_ctest(--output-on-failure)
expect_status(8)
expect_output("mine_NOT_BUILT")
expect_output("build/fitest/bin/fitest does not exist; build the target fitest")
expect_output("0% tests passed, 1 tests failed out of 1")
