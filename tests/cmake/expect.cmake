# SPDX-License-Identifier: Apache-2.0
#[[
Running commands and saying what must come of them, for the scripts of this folder. SCRATCH is the
folder of the project under test, whose build tree is SCRATCH/build.
]]

# run(<command>...): sets status and output, both streams with lines unwrapped.
macro(run)
  set(ENV{CMAKE_COMMAND_FOR_TESTS} ${CMAKE_COMMAND})
  execute_process(
    COMMAND ${ARGV}
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
endmacro()

macro(run_ctest)
  run(${CMAKE_CTEST_COMMAND} --test-dir ${SCRATCH}/build ${ARGV})
endmacro()

function(expect_status expected)
  if(NOT status STREQUAL "${expected}")
    message(FATAL_ERROR "exit status is ${status}, not ${expected}:\n${output}")
  endif()
endfunction()

function(expect_output text)
  string(FIND "${output}" "${text}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "expected the output to hold\n  ${text}\nbut it is\n  ${output}")
  endif()
endfunction()

function(expect_no_output text)
  string(FIND "${output}" "${text}" found)
  if(NOT found EQUAL -1)
    message(FATAL_ERROR "expected no\n  ${text}\nin\n  ${output}")
  endif()
endfunction()

# CTest's closing line; its words changed with CMake 4.
function(expect_all_passed count)
  if(NOT output MATCHES "100% tests passed(, 0 tests failed)? out of ${count} ")
    message(FATAL_ERROR "expected ${count} tests, all passed, in\n  ${output}")
  endif()
endfunction()

function(expect_failed count total)
  if(NOT output MATCHES "tests passed, ${count} tests? failed out of ${total}( |$)")
    message(FATAL_ERROR "expected ${count} failed tests of ${total} in\n  ${output}")
  endif()
endfunction()
