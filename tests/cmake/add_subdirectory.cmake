# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DREPOSITORY=<fitest> -DSCRATCH=<folder> -P add_subdirectory.cmake

Follows a project outside of the repository that has fitest's sources as a subfolder and a dataset of
its own: it configures, builds the program, and its cases pass; it gets none of fitest's tests.
Nearly all of the time is that of compiling the program. Where both use ccache, and it takes paths as
they are, it knows all of it from the build that this test belongs to; else no optimiser runs.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(flags "")
if(NOT "$ENV{CMAKE_CXX_COMPILER_LAUNCHER}" MATCHES "ccache" OR DEFINED ENV{CCACHE_BASEDIR})
  set(flags -DCMAKE_CXX_FLAGS_RELEASE=-O0)
endif()
unset(ENV{CCACHE_BASEDIR})

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
  run(${CMAKE_COMMAND} -G ${generator} -S ${SCRATCH} -B ${SCRATCH}/build ${flags})
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
