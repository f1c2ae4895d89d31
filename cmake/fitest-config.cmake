# SPDX-License-Identifier: Apache-2.0
#[[
find_package(fitest): the program as the target fitest::fitest, and fitest_discover_tests().
]]
include(${CMAKE_CURRENT_LIST_DIR}/fitest-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/fitest_discover_tests.cmake)
