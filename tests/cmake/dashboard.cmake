# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -DPYTHON=<python3> -P dashboard.cmake

Follows a user who sends results to CDash with fitest_dashboard.cmake, to a server that accepts them
and to one that does not. fitest is found in its build tree.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# start_receiver(<mode>): sets received, its folder, and the environment that leads to it.
macro(start_receiver mode)
  set(received ${SCRATCH}/${mode})
  file(REMOVE_RECURSE ${received})
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
endmacro()

# submit(<mode of the receiver> <option>...): sets status and output.
macro(submit mode)
  start_receiver(${mode})
  run(${CMAKE_CTEST_COMMAND} -S ${BUILD}/cmake/fitest_dashboard.cmake -V
      -DSOURCE=${SCRATCH}/project -DBUILD=${SCRATCH}/build -DBUILD_NAME=toy -DLABEL=quick
      -DCONFIGURE_ARGUMENTS=-DCMAKE_PREFIX_PATH=${BUILD} -DUPLOAD=${SCRATCH}/project/CMakeLists.txt
      -DRETRY_COUNT=0 ${ARGN})
endmacro()

# expect_parts(<file>...): what the server got, in this order, whole and with the token.
function(expect_parts)
  file(STRINGS ${received}/log parts)
  set(expected ${ARGN})
  list(TRANSFORM expected APPEND " same Bearer secret")
  if(NOT parts STREQUAL expected)
    message(FATAL_ERROR "received\n  ${parts}\ninstead of\n  ${expected}")
  endif()
endfunction()

# read_part(<file>): its text as output.
macro(read_part file)
  file(READ ${received}/${file} output)
  string(REGEX REPLACE "[ \t\n]+" " " output "${output}")
endmacro()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})
configure_file(${CMAKE_CURRENT_LIST_DIR}/receiver.py ${SCRATCH}/receiver.py COPYONLY)
# Several samples, so that there is noise to measure.
file(WRITE ${SCRATCH}/project/eval.yaml "{warmup_runs: 1, iterations: 5, num_trials: 1}\n")
file(READ ${SCRATCH}/project/CMakeLists.txt text)
string(REPLACE "DEVICE virtual" "DEVICE virtual CONFIG eval.yaml" text "${text}")
file(WRITE ${SCRATCH}/project/CMakeLists.txt "${text}")

# Accepted: every part in CDash's order, whole, with the token; measurements and the Trace inside.
submit(ok)
expect_status(0)
expect_output("fitest_dashboard: submitted as build 42")
expect_parts(Configure.xml Build.xml Test.xml Upload.xml Done.xml)
read_part(Test.xml)
expect_output("BuildName=\"toy\"")
expect_output("Name=\"lab\"")
expect_output("<Name>scale_n256/simple/11111111</Name>")
foreach(name IN ITEMS latency_ms reference_latency_ms speedup_factor noise_percent
                      max_absolute_error max_relative_error compile_ms)
  if(NOT output MATCHES
     "<NamedMeasurement type=\"numeric/double\" name=\"${name}\"> <Value>[0-9.e+-]+</Value>")
    message(FATAL_ERROR "no number ${name} in\n  ${output}")
  endif()
endforeach()
expect_output("name=\"definition\"> <Value>scale_n256</Value>")
expect_output("name=\"solution\"> <Value>simple</Value>")
expect_output("name=\"workload\"> <Value>11111111-0000-4000-8000-000000000001</Value>")
expect_output("filename=\"11111111.json\"")
expect_no_output("filename=\"11111111.log\"")

# Refused in an answer that says "200 OK": the script fails.
submit(error)
if(status EQUAL 0)
  message(FATAL_ERROR "the server refused, but the script succeeded:\n${output}")
endif()
expect_output("fitest_dashboard: the server did not accept the results")

# Failing cases are submitted too, and fail the script: a wrong kernel with its PTX, log and command,
# one that cannot be run here with the reason, a broken document.
set(folder ${SCRATCH}/project/kernels/solutions/me/elementwise/scale_n256)
file(READ ${folder}/simple/kernel.cu good)
string(REPLACE "factor;" "factor + 1;" wrong "${good}")
file(WRITE ${folder}/simple/kernel.cu "${wrong}")
file(READ ${folder}/simple/solution.yaml text)
string(REPLACE "name: simple" "name: elsewhere" text "${text}")
string(REPLACE "language: cuda" "language: python" text "${text}")
string(REGEX REPLACE "  binding: nvrtc\n" "" text "${text}")
string(REGEX REPLACE "  launch:.*sources:" "sources:" text "${text}")
file(WRITE ${folder}/elsewhere/solution.yaml "${text}")
configure_file(${folder}/simple/kernel.cu ${folder}/elsewhere/kernel.cu COPYONLY)
file(WRITE ${SCRATCH}/project/kernels/definitions/elementwise/broken.yaml "name: broken\n")
submit(ok)
if(status EQUAL 0)
  message(FATAL_ERROR "a test failed, but the script succeeded:\n${output}")
endif()
expect_output("fitest_dashboard: submitted as build 42")
expect_output("fitest_dashboard: tests failed")
read_part(Test.xml)
expect_output("name=\"Completion Status\"> <Value>INCORRECT_NUMERICAL: ")
expect_output("name=\"Completion Status\"> <Value>skipped: solution 'elsewhere' has language 'python'")
foreach(extension IN ITEMS json log ptx)
  expect_output("filename=\"11111111.${extension}\"")
endforeach()
string(REGEX MATCH "name=\"reproduce\"> <Value>([^<]*)</Value>" found "${output}")
set(command "${CMAKE_MATCH_1}")
separate_arguments(command UNIX_COMMAND "${command}")
run(${command} --trace-dir ${SCRATCH}/again)
expect_status(1)
expect_output("INCORRECT_NUMERICAL scale_n256/simple/11111111")
expect_output("y[0, 0]: expected ")
file(READ ${SCRATCH}/build/traces/my_kernels/scale_n256/simple/11111111.ptx output)
expect_output(".entry scale(")

# Right again, the files of the failure are gone; every test once more under compute-sanitizer, in the
# other models.
file(WRITE ${folder}/simple/kernel.cu "${good}")
file(REMOVE_RECURSE ${folder}/elsewhere)
file(REMOVE ${SCRATCH}/project/kernels/definitions/elementwise/broken.yaml)
set(sanitizer ${CMAKE_CURRENT_LIST_DIR}/fake_sanitizer/compute-sanitizer)
submit(ok -DMODEL=Nightly -DMEMCHECK=${sanitizer})
expect_status(0)
expect_parts(Configure.xml Build.xml Test.xml DynamicAnalysis-Test.xml DynamicAnalysis.xml Upload.xml
             Done.xml)
if(EXISTS ${SCRATCH}/build/traces/my_kernels/scale_n256/simple/11111111.log)
  message(FATAL_ERROR "the log of a failure outlived it")
endif()
read_part(DynamicAnalysis.xml)
expect_output("-Nightly\"")
expect_output("<DynamicAnalysis Checker=\"CudaSanitizer\">")
expect_output("<Test Status=\"passed\"><Name>scale_n256/simple/11111111</Name>")
expect_output("</Test> <DefectList><Defect ")
set(ENV{FAKE_DEFECT} 1)
submit(ok -DMODEL=Continuous -DMEMCHECK=${sanitizer})
if(status EQUAL 0)
  message(FATAL_ERROR "compute-sanitizer found a defect, but the script succeeded:\n${output}")
endif()
expect_output("fitest_dashboard: memcheck found 1 defects")
read_part(DynamicAnalysis.xml)
expect_output("-Continuous\"")
expect_output("<Defect type=\"Invalid __global__ write\">1</Defect>")

# fitest's own CTestConfig.cmake says where `ctest -D` sends results, from the environment.
set(config ${CMAKE_CURRENT_LIST_DIR}/../../CTestConfig.cmake)
configure_file(${config} ${SCRATCH}/project/CTestConfig.cmake COPYONLY)
start_receiver(ok)
set(ENV{CDASH_PROJECT} kernels)
run(${CMAKE_COMMAND} -S ${SCRATCH}/project -B ${SCRATCH}/by_hand -DCMAKE_PREFIX_PATH=${BUILD})
expect_status(0)
run(${CMAKE_COMMAND} -E chdir ${SCRATCH}/by_hand ${CMAKE_CTEST_COMMAND} -L quick -D ExperimentalTest
    -D ExperimentalSubmit)
expect_status(0)
read_part(Test.xml)
expect_output("Name=\"lab\"")
expect_output("<Name>scale_n256/simple/11111111</Name>")
include(${config})
foreach(pair IN ITEMS "CTEST_PROJECT_NAME=kernels" "CTEST_SITE=lab" "CTEST_SUBMIT_URL=$ENV{CDASH_URL}")
  string(REGEX MATCH "^[A-Z_]+" variable "${pair}")
  if(NOT "${variable}=${${variable}}" STREQUAL pair)
    message(FATAL_ERROR "${variable} is ${${variable}}, but should be as in ${pair}")
  endif()
endforeach()

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
