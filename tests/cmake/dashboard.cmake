# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -DPYTHON=<python3> -P dashboard.cmake

Follows a user who sends results to CDash with fitest_dashboard.cmake, to a server that accepts them
and to one that does not. fitest is found in its build tree.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# submit(<mode of the receiver>): sets status and output.
macro(submit mode)
  set(received ${SCRATCH}/${mode})
  file(MAKE_DIRECTORY ${received})
  execute_process(
    COMMAND sh -c "exec \"$0\" \"$@\" >\"$2/output\" 2>&1 &" ${PYTHON}
            ${SCRATCH}/receiver.py ${received} ${mode})
  foreach(attempt RANGE 100)
    if(EXISTS ${received}/port)
      break()
    endif()
    execute_process(COMMAND ${CMAKE_COMMAND} -E sleep 0.1)
  endforeach()
  file(READ ${received}/port port)
  set(ENV{CDASH_URL} "http://127.0.0.1:${port}/submit.php?project=kernels")
  set(ENV{CDASH_SITE} lab)
  set(ENV{CDASH_TOKEN} secret)
  run(${CMAKE_CTEST_COMMAND} -S ${BUILD}/cmake/fitest_dashboard.cmake -V
      -DSOURCE=${SCRATCH}/project -DBUILD=${SCRATCH}/build -DBUILD_NAME=toy -DLABEL=quick
      -DCONFIGURE_ARGUMENTS=-DCMAKE_PREFIX_PATH=${BUILD} -DUPLOAD=${SCRATCH}/project/CMakeLists.txt
      -DRETRY_COUNT=0)
endmacro()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})
configure_file(${CMAKE_CURRENT_LIST_DIR}/receiver.py ${SCRATCH}/receiver.py COPYONLY)

# Accepted: every part in CDash's order, whole, with the token; measurements and the Trace inside.
submit(ok)
expect_status(0)
expect_output("fitest_dashboard: submitted as build 42")
file(STRINGS ${SCRATCH}/ok/log parts)
set(expected Configure.xml Build.xml Test.xml Upload.xml Done.xml)
list(TRANSFORM expected APPEND " same Bearer secret")
if(NOT parts STREQUAL expected)
  message(FATAL_ERROR "received\n  ${parts}\ninstead of\n  ${expected}")
endif()
file(READ ${SCRATCH}/ok/Test.xml output)
string(REGEX REPLACE "[ \t\n]+" " " output "${output}")
expect_output("BuildName=\"toy\"")
expect_output("Name=\"lab\"")
expect_output("<Name>scale_n256/simple/11111111</Name>")
expect_output("<NamedMeasurement type=\"numeric/double\" name=\"latency_ms\">")
expect_output("name=\"workload\"> <Value>11111111-0000-4000-8000-000000000001</Value>")
expect_output("filename=\"11111111.json\"")

# Refused in an answer that says "200 OK": the script fails.
submit(error)
if(status EQUAL 0)
  message(FATAL_ERROR "the server refused, but the script succeeded:\n${output}")
endif()
expect_output("fitest_dashboard: the server did not accept the results")

# A failing case is submitted too, and fails the script.
file(WRITE ${SCRATCH}/project/kernels/definitions/elementwise/broken.yaml "name: broken\n")
file(REMOVE_RECURSE ${SCRATCH}/ok)
submit(ok)
if(status EQUAL 0)
  message(FATAL_ERROR "a test failed, but the script succeeded:\n${output}")
endif()
expect_output("fitest_dashboard: submitted as build 42")
expect_output("fitest_dashboard: tests failed")

# Mis-uses, each with one message.
function(expect_refused message)
  run(${CMAKE_CTEST_COMMAND} -S ${BUILD}/cmake/fitest_dashboard.cmake ${ARGN})
  if(status EQUAL 0)
    message(FATAL_ERROR "succeeded with ${ARGN}")
  endif()
  expect_output("${message}")
endfunction()
set(good -DSOURCE=${SCRATCH}/project -DBUILD=${SCRATCH}/build)
expect_refused("-DSOURCE=<dir> is missing")
expect_refused("-DBUILD=<dir> is missing" -DSOURCE=${SCRATCH}/project)
expect_refused("SOURCE ${SCRATCH}/none holds no CMakeLists.txt" -DSOURCE=${SCRATCH}/none
               -DBUILD=${SCRATCH}/build)
expect_refused("MODEL is \"Weekly\"; expected Experimental, Nightly or Continuous" ${good}
               -DMODEL=Weekly)
expect_refused("MEMCHECK no-such-tool was not found" ${good} -DMEMCHECK=no-such-tool)
expect_refused("UPLOAD ${SCRATCH}/none does not exist" ${good} -DUPLOAD=${SCRATCH}/none)
unset(ENV{CDASH_URL})
expect_refused("the environment variable CDASH_URL is not set" ${good})
