# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DREPOSITORY=<fitest> -DBUILD=<its build tree> -DPYTHON=<python3> -DSCRATCH=<folder>
      -P add_subdirectory.cmake

Follows a project outside of the repository that has fitest's sources as a subfolder and a dataset of
its own: it configures, builds the program, and its cases pass; it gets none of fitest's tests. What
BUILD has compiled by the same command is not compiled again (known_object.py), but linked.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(ENV{FITEST_BUILD} ${BUILD})
set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "${PYTHON};${CMAKE_CURRENT_LIST_DIR}/known_object.py")

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project/kernels DESTINATION ${SCRATCH})
file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
enable_testing()
add_subdirectory(\"${REPOSITORY}\" fitest)
fitest_discover_tests(mine DATASET kernels DEVICE virtual)
")
foreach(generator IN ITEMS "Ninja Multi-Config" "Unix Makefiles" Ninja)
  file(REMOVE_RECURSE ${SCRATCH}/build)
  run(${CMAKE_COMMAND} -G ${generator} -S ${SCRATCH} -B ${SCRATCH}/build)
  expect_status(0)
  run_ctest(-C Release --output-on-failure)
  expect_status(8)
  expect_output("mine_NOT_BUILT")
  expect_output("/fitest does not exist; build the target fitest")
  expect_failed(1 1)
endforeach()

run(${CMAKE_COMMAND} --build ${SCRATCH}/build --target fitest -j 2)
expect_status(0)
run_ctest(--output-on-failure)
expect_status(0)
expect_all_passed(2)
