# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -P users_project.cmake

Installs fitest, configures a copy of project/ against it by find_package, and follows its user
through a first ctest, new cases, a broken document and a dashboard's Test.xml.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(kernels ${SCRATCH}/project/kernels)
set(traces ${SCRATCH}/build/traces/my_kernels/scale_n256)

# An appended workload, a solution copied to another name.
function(add_workload uuid rows)
  file(APPEND ${kernels}/workloads/elementwise/scale_n256.yaml "- uuid: ${uuid}
  axes: {rows: ${rows}}
  inputs:
    x: {type: random}
    factor: {type: scalar, value: 3}
")
endfunction()

function(copy_solution name)
  set(folder ${kernels}/solutions/me/elementwise/scale_n256)
  configure_file(${folder}/simple/kernel.cu ${folder}/${name}/kernel.cu COPYONLY)
  file(READ ${folder}/simple/solution.yaml text)
  string(REPLACE "name: simple" "name: ${name}" text "${text}")
  file(WRITE ${folder}/${name}/solution.yaml "${text}")
endfunction()

function(expect_passed_trace file)
  file(READ ${file} text)
  string(JSON status GET "${text}" evaluation status)
  string(JSON definition GET "${text}" definition)
  if(NOT status STREQUAL PASSED OR NOT definition STREQUAL scale_n256)
    message(FATAL_ERROR "${file} is not the Trace of a case that passed:\n${text}")
  endif()
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})

# Install, configure.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix --component fitest)
expect_status(0)
run(${CMAKE_COMMAND} -S ${SCRATCH}/project -B ${SCRATCH}/build -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix)
expect_status(0)

# The first ctest: both cases pass and leave a Trace.
run_ctest(-N)
expect_output("scale_n256/simple/11111111")
expect_output("scale_n256/simple/22222222")
expect_output("Total Tests: 2")
run_ctest(-L nightly --output-on-failure)
expect_status(0)
expect_all_passed(2)
expect_passed_trace(${traces}/simple/11111111.json)
expect_passed_trace(${traces}/simple/22222222.json)

# Labels select; a dashboard gets measurements and the Trace.
foreach(label IN ITEMS quick elementwise "^scale_n256$" "^me$" model:toy kernel)
  run_ctest(-N -L ${label})
  expect_output("scale_n256/simple/11111111")
endforeach()
run_ctest(-N -L quick)
expect_output("Total Tests: 1")
run_ctest(-T Test -L quick)
expect_status(0)
file(GLOB reports ${SCRATCH}/build/Testing/*/Test.xml)
file(READ ${reports} output)
string(REGEX REPLACE "[ \t\n]+" " " output "${output}")
expect_output("<NamedMeasurement type=\"numeric/double\" name=\"latency_ms\">")
expect_output("name=\"workload\"> <Value>11111111-0000-4000-8000-000000000001</Value>")
expect_output("filename=\"11111111.json\"")

# New cases are there without configuring; a workload that begins like another gets a longer name.
add_workload(33333333-0000-4000-8000-000000000003 2)
add_workload(33333333-0000-4000-8000-000000000004 4)
copy_solution(copied)
run_ctest(-N)
expect_output("scale_n256/copied/11111111")
expect_output("scale_n256/simple/33333333-0000-4000-8000-000000000003")
expect_output("Total Tests: 8")

# A broken document fails by itself, with its place; its neighbours still run.
file(WRITE ${kernels}/definitions/elementwise/broken.yaml "name: broken\naxes: 3\n")
run_ctest(--output-on-failure -R "INVALID|copied/22222222")
expect_status(8)
expect_output("my_kernels_INVALID")
expect_output("broken.yaml:2:7: error:")
expect_output("50% tests passed, 1 tests failed out of 2")
