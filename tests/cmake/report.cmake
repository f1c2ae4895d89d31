# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DPROGRAM=<fitest> -DSCRATCH=<folder> -P report.cmake

`fitest report` over the Traces of cases that passed, failed, crashed, were skipped and never ran: as
JUnit XML, as GitHub's annotations and as GitLab's code quality.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

set(kernels ${SCRATCH}/kernels)
set(solutions ${kernels}/solutions/me/elementwise/scale_n256)
set(traces ${SCRATCH}/traces)
set(ENV{GITHUB_ACTIONS} "")
set(ENV{GITLAB_CI} "")

# solution(<name> <pattern> <replacement>): `simple` with another kernel.
function(solution name pattern replacement)
  file(READ ${solutions}/simple/kernel.cu kernel)
  string(REPLACE "${pattern}" "${replacement}" kernel "${kernel}")
  file(WRITE ${solutions}/${name}/kernel.cu "${kernel}")
  file(READ ${solutions}/simple/solution.yaml text)
  string(REPLACE "name: simple" "name: ${name}" text "${text}")
  file(WRITE ${solutions}/${name}/solution.yaml "${text}")
endfunction()

macro(report)
  run(${CMAKE_COMMAND} -E chdir ${SCRATCH} ${PROGRAM} report traces --dataset kernels ${ARGN})
  expect_status(0)
endmacro()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project/kernels DESTINATION ${SCRATCH})
solution(wrong "factor;" "factor + 1;")
solution(crashing "y[i]" "y[i + 100000]")
solution(elsewhere "" "")
file(READ ${solutions}/elsewhere/solution.yaml text)
string(REPLACE "language: cuda" "language: python" text "${text}")
string(REGEX REPLACE "  binding: nvrtc\n" "" text "${text}")
string(REGEX REPLACE "  launch:.*sources:" "sources:" text "${text}")
file(WRITE ${solutions}/elsewhere/solution.yaml "${text}")
run(${PROGRAM} run ${kernels} --device virtual --workload 1111 --trace-dir ${traces})
expect_status(1)
expect_output("1 passed, 2 failed, 1 skipped")
solution(later "" "")

# JUnit: the five kinds told apart, and what is known of each.
report(--workload 1111 --junit junit.xml)
expect_output("5 cases reported")
file(READ ${SCRATCH}/junit.xml output)
expect_output("<testsuite name=\"scale_n256\" tests=\"5\" failures=\"1\" errors=\"2\" skipped=\"1\">")
string(REGEX REPLACE "[ \n]+" " " output "${output}")
expect_output("<failure type=\"INCORRECT_NUMERICAL\" message=\"y[0, 0]: expected ")
expect_output("<error type=\"RUNTIME_ERROR\" message=\"kernel.cu:5: out of bounds: store of 4 bytes")
expect_output("<error type=\"NOT_RUN\" message=\"there is no Trace: the case was never run\">")
expect_output("<skipped message=\"solution 'elsewhere' has language 'python'")
expect_output("<property name=\"latency_ms\" value=\"")
expect_output("<property name=\"hardware\" value=\"fitest virtual PTX device")
find_program(xmllint xmllint)
if(xmllint)
  run(${xmllint} --noout ${SCRATCH}/junit.xml)
  expect_status(0)
endif()

# The dataset's filters select; without a dataset there are the Traces alone.
report(--solution simple --junit one.xml)
expect_output("2 cases reported")
run(${PROGRAM} report ${traces})
expect_status(0)
expect_output("4 cases reported")
expect_no_output("::error")

# On GitHub a failure is shown at its line, in the kernel's file.
set(ENV{GITHUB_ACTIONS} true)
report(--workload 1111)
set(folder "kernels/solutions/me/elementwise/scale_n256")
expect_output("::error file=${folder}/crashing/kernel.cu,line=5,title=RUNTIME_ERROR \
scale_n256/crashing/11111111-0000-4000-8000-000000000001::kernel.cu:5: out of bounds")
expect_output("::error file=${folder}/wrong/solution.yaml,line=1,title=INCORRECT_NUMERICAL ")
expect_output("::error file=${folder}/later/solution.yaml,line=1,title=NOT_RUN ")
expect_no_output("elsewhere")
expect_no_output("simple")
set(ENV{GITHUB_ACTIONS} "")

# On GitLab they are in its code quality report.
set(ENV{GITLAB_CI} true)
report(--workload 1111)
expect_output("wrote gl-code-quality-report.json")
file(READ ${SCRATCH}/gl-code-quality-report.json text)
string(JSON count LENGTH "${text}")
if(NOT count EQUAL 3)
  message(FATAL_ERROR "${count} problems instead of 3:\n${text}")
endif()
string(JSON output GET "${text}" 0 location path)
expect_output("${folder}/crashing/kernel.cu")
string(JSON output GET "${text}" 0 location lines begin)
expect_output("5")
foreach(key IN ITEMS fingerprint severity check_name description)
  string(JSON output GET "${text}" 0 ${key})
endforeach()
