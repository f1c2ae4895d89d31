# SPDX-License-Identifier: Apache-2.0
#[[
ctest -T memcheck runs every selected test under NVIDIA's compute-sanitizer (CTest's type
CudaSanitizer); a defect fails the test. To be included before CTest.
  FITEST_SANITIZER   its tool: memcheck (default), racecheck, initcheck or synccheck
fitest sees that it is watched: one trial a case, nothing timed, buffers without guard zones. Without
a GPU nothing is found; `fitest run --check all` on the virtual device looks for the same and more.
]]
set(FITEST_SANITIZER memcheck CACHE STRING "compute-sanitizer's tool for ctest -T memcheck")
set_property(CACHE FITEST_SANITIZER PROPERTY STRINGS memcheck racecheck initcheck synccheck)
if(NOT FITEST_SANITIZER MATCHES "^(memcheck|racecheck|initcheck|synccheck)$")
  message(FATAL_ERROR "FITEST_SANITIZER is \"${FITEST_SANITIZER}\"; expected memcheck, racecheck, "
                      "initcheck or synccheck")
endif()
find_program(FITEST_COMPUTE_SANITIZER compute-sanitizer
             HINTS $ENV{CUDA_HOME}/bin $ENV{CUDA_PATH}/bin /usr/local/cuda/bin)
mark_as_advanced(FITEST_COMPUTE_SANITIZER)
if(FITEST_COMPUTE_SANITIZER)
  set(MEMORYCHECK_COMMAND ${FITEST_COMPUTE_SANITIZER})
  set(MEMORYCHECK_TYPE CudaSanitizer)
  set(MEMORYCHECK_COMMAND_OPTIONS "--tool ${FITEST_SANITIZER} --error-exitcode 1")
  if(FITEST_SANITIZER STREQUAL "memcheck")
    # The end of a kernel's parameters is a refused call of the driver.
    string(APPEND MEMORYCHECK_COMMAND_OPTIONS " --report-api-errors no")
  endif()
endif()
