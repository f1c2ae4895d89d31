# SPDX-License-Identifier: Apache-2.0
#[[
find_package(fitest [COMPONENTS program]): the program as the target fitest::fitest, and
fitest_discover_tests(). FITEST_DASHBOARD is the script for `ctest -S`.
]]
include(${CMAKE_CURRENT_LIST_DIR}/fitest-targets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/fitest_discover_tests.cmake)
set(FITEST_DASHBOARD ${CMAKE_CURRENT_LIST_DIR}/fitest_dashboard.cmake)

set(fitest_program_FOUND TRUE)
foreach(component IN LISTS fitest_FIND_COMPONENTS)
  if(NOT fitest_${component}_FOUND AND fitest_FIND_REQUIRED_${component})
    set(fitest_FOUND FALSE)
    set(fitest_NOT_FOUND_MESSAGE
        "fitest has no component \"${component}\"; the components are: program")
  endif()
endforeach()
