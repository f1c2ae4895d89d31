# SPDX-License-Identifier: Apache-2.0
#[[
find_package(fitest [COMPONENTS program gtest])

  program  the program as the target fitest::fitest, fitest_discover_tests(), and FITEST_DASHBOARD,
           the script for `ctest -S`; always there
  gtest    the library fitest::gtest for GoogleTest programs (#include <fitest/gtest.h>); it brings
           GTest::gtest along
]]
include(${CMAKE_CURRENT_LIST_DIR}/fitest-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/fitest_discover_tests.cmake)
set(FITEST_DASHBOARD ${CMAKE_CURRENT_LIST_DIR}/fitest_dashboard.cmake)

set(fitest_program_FOUND TRUE)
set(fitest_gtest_FOUND FALSE)
set(fitest_problem_program "")
set(fitest_problem_gtest "it was not installed (component fitest-gtest)")
if(gtest IN_LIST fitest_FIND_COMPONENTS
   AND EXISTS ${CMAKE_CURRENT_LIST_DIR}/fitest-gtest-targets.cmake)
  find_package(GTest 1.11 QUIET)
  if(GTest_FOUND)
    include(${CMAKE_CURRENT_LIST_DIR}/fitest-gtest-targets.cmake)
    target_link_libraries(fitest::gtest INTERFACE GTest::gtest)
    set(fitest_gtest_FOUND TRUE)
  else()
    set(fitest_problem_gtest "GoogleTest 1.11 or newer was not found (Debian: libgtest-dev)")
  endif()
endif()

foreach(component IN LISTS fitest_FIND_COMPONENTS)
  if(fitest_${component}_FOUND OR NOT fitest_FIND_REQUIRED_${component})
    continue()
  endif()
  set(fitest_FOUND FALSE)
  if(DEFINED fitest_problem_${component})
    set(fitest_NOT_FOUND_MESSAGE "fitest's component \"${component}\": ${fitest_problem_${component}}")
  else()
    set(fitest_NOT_FOUND_MESSAGE
        "fitest has no component \"${component}\"; the components are: program gtest")
  endif()
endforeach()
