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

# The environment reduces what is registered: two shards share the cases, whose names stay.
set(sharded "")
foreach(shard IN ITEMS 1/2 2/2)
  set(ENV{FITEST_SHARD} ${shard})
  run_ctest(-N)
  expect_output("fitest: shard ${shard}: ")
  string(REGEX MATCHALL "scale_n256/[a-z]+/[0-9a-f-]+" names "${output}")
  list(LENGTH names count)
  if(count LESS 1 OR count GREATER 7)
    message(FATAL_ERROR "shard ${shard} has ${count} of 8 cases")
  endif()
  list(APPEND sharded ${names})
endforeach()
unset(ENV{FITEST_SHARD})
list(REMOVE_DUPLICATES sharded)
list(LENGTH sharded count)
if(NOT count EQUAL 8)
  message(FATAL_ERROR "two shards have ${count} different cases of 8: ${sharded}")
endif()
set(ENV{FITEST_SHARD} 3/2)
run_ctest(--output-on-failure)
expect_status(8)
expect_output("my_kernels_NOT_FOUND")
expect_output("shard '3/2': expected i/n with 1 <= i <= n, such as 2/5")
unset(ENV{FITEST_SHARD})

# By name, the cases that failed run again, though a new one has taken the first number.
file(READ ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu good)
file(APPEND ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu "int broken = ;\n")
run_ctest(-R 1111)
expect_status(8)
copy_solution(a_new_one)
file(WRITE ${kernels}/solutions/me/elementwise/scale_n256/simple/kernel.cu "${good}")
file(STRINGS ${SCRATCH}/build/Testing/Temporary/LastTestsFailed.log failed)
list(TRANSFORM failed REPLACE "^[0-9]+:" "")
list(JOIN failed "|" failed)
run_ctest(-R "^(${failed})$")
expect_status(0)
expect_all_passed(1)
expect_output("scale_n256/simple/11111111")
file(REMOVE_RECURSE ${kernels}/solutions/me/elementwise/scale_n256/a_new_one)

# A broken document fails by itself, with its place; its neighbours still run.
file(WRITE ${kernels}/definitions/elementwise/broken.yaml "name: broken\naxes: 3\n")
run_ctest(--output-on-failure -R "INVALID|copied/22222222")
expect_status(8)
expect_output("my_kernels_INVALID")
expect_output("broken.yaml:2:7: error:")
expect_failed(1 2)
