# SPDX-License-Identifier: Apache-2.0
#[[
Included by fitest_list_cases.cmake. fitest_resource_spec(<variable>) gives the file that tells CTest
of the GPUs of this machine, or "" where there is none: $FITEST_RESOURCE_SPEC, else one that
`fitest resources` writes. Asking the driver takes long enough to be noticed when ctest starts, so
what it said is kept until the machine boots again, or shows other GPUs or another mask.
]]
cmake_policy(VERSION 3.25)

function(fitest_resource_spec result)
  set(${result} "" PARENT_SCOPE)
  if(NOT "$ENV{FITEST_RESOURCE_SPEC}" STREQUAL "")
    set(${result} "$ENV{FITEST_RESOURCE_SPEC}" PARENT_SCOPE)
    return()
  endif()
  set(spec ${fitest_folder}/resources.json)
  set(boot "")
  if(EXISTS /proc/sys/kernel/random/boot_id)
    file(STRINGS /proc/sys/kernel/random/boot_id boot)
  endif()
  file(GLOB devices /dev/nvidia[0-9]*)
  file(TIMESTAMP ${fitest_program} built)
  set(key "${boot} ${devices} ${built} $ENV{CUDA_VISIBLE_DEVICES} $ENV{LD_LIBRARY_PATH}")
  set(known "")
  if(EXISTS ${spec}.key AND EXISTS ${spec})
    file(READ ${spec}.key known)
  endif()
  if(NOT known STREQUAL key)
    execute_process(COMMAND ${fitest_program} resources OUTPUT_VARIABLE text ERROR_QUIET)
    file(WRITE ${spec} "${text}")
    file(WRITE ${spec}.key "${key}")
  endif()
  file(SIZE ${spec} size)
  if(size GREATER 0)
    set(${result} ${spec} PARENT_SCOPE)
  endif()
endfunction()
