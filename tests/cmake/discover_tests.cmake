# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DCASE=<name> -DSCRATCH=<folder> -P discover_tests.cmake

Runs the function case_<name> below: small projects that use fitest_discover_tests() with a program
that only pretends to be fitest.
]]
cmake_minimum_required(VERSION 3.25)
set(tests_dir ${CMAKE_CURRENT_LIST_DIR})
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
set(module_dir ${CMAKE_CURRENT_LIST_DIR}/../../cmake)

# configure(<text of the project after fitest is found> [PROGRAM <path>]): sets status and output.
macro(configure text)
  cmake_parse_arguments(arg "" "PROGRAM;TESTING" "" ${ARGN})
  if(NOT DEFINED arg_PROGRAM)
    set(arg_PROGRAM ${tests_dir}/fake_fitest)
  endif()
  if(NOT DEFINED arg_TESTING)
    set(arg_TESTING "enable_testing()")
  endif()
  file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES NONE)
${arg_TESTING}
add_executable(fitest::fitest IMPORTED)
set_target_properties(fitest::fitest PROPERTIES IMPORTED_LOCATION \"${arg_PROGRAM}\")
include(\"${module_dir}/fitest_discover_tests.cmake\")
${text}
")
  run(${CMAKE_COMMAND} -S ${SCRATCH} -B ${SCRATCH}/build)
endmacro()

# expect_error(<call> <message>): configuring fails with one error, which is this one.
macro(expect_error call message)
  configure("${call}")
  expect_status(1)
  expect_output("${message}")
  string(REGEX MATCHALL "CMake Error" errors "${output}")
  list(LENGTH errors count)
  if(NOT count EQUAL 1)
    message(FATAL_ERROR "${count} errors instead of one:\n${output}")
  endif()
endmacro()

function(make_dataset)
  file(MAKE_DIRECTORY ${SCRATCH}/data)
  foreach(name IN LISTS ARGN)
    file(WRITE ${SCRATCH}/data/${name}.case "")
  endforeach()
endfunction()

function(case_every_case_of_the_dataset_is_a_test)
  make_dataset(alpha beta)
  configure("fitest_discover_tests(suite DATASET data)")
  expect_status(0)
  run_ctest(--output-on-failure)
  expect_status(0)
  expect_output("alpha")
  expect_all_passed(2)
endfunction()

function(case_a_new_case_needs_no_configuring)
  make_dataset(alpha)
  configure("fitest_discover_tests(suite DATASET data)")
  run_ctest(-N)
  expect_output("Total Tests: 1")
  make_dataset(gamma)
  run_ctest(-N)
  expect_output("gamma")
  expect_output("Total Tests: 2")
endfunction()

function(case_keywords_become_options_of_fitest_list)
  make_dataset(alpha)
  file(WRITE ${SCRATCH}/config.yaml "")
  file(WRITE ${SCRATCH}/known.yaml "")
  configure("fitest_discover_tests(suite DATASET data DEFINITIONS a* b SOLUTIONS s WORKLOADS 01ab
    TIER quick DEVICE cuda:1 POLICY compat CONFIG config.yaml TIMEOUT 30 LABELS l1 l2 PREFIX p/
    TRACE_DIR out PROPERTIES COST 3 GROUP_BY solution BASELINE data MAX_SLOWDOWN 1.1
    KNOWN_FAILURES known.yaml)")
  expect_status(0)
  run_ctest(-V)
  expect_output("--ctest --trace-dir=${SCRATCH}/build/out --timeout=30 --definition=a* \
--definition=b --solution=s --workload=01ab --label=l1 --label=l2 --property=COST --property=3 \
--tier=quick --prefix=p/ --group-by=solution --run-argument=--device=cuda:1 \
--run-argument=--policy=compat --run-argument=--max-slowdown=1.1 \
--run-argument=--config=${SCRATCH}/config.yaml --run-argument=--baseline=${SCRATCH}/data \
--run-argument=--known-failures=${SCRATCH}/known.yaml")
endfunction()

function(case_defaults_are_those_of_the_documentation)
  make_dataset(alpha)
  configure("fitest_discover_tests(suite DATASET data)")
  run_ctest(-V)
  expect_output("--ctest --trace-dir=${SCRATCH}/build/traces/suite --timeout=600 ")
endfunction()

function(case_a_missing_dataset_is_a_failing_test_that_says_so)
  configure("fitest_discover_tests(suite DATASET data LABELS mine)")
  expect_status(0)
  run_ctest(-L mine --output-on-failure)
  expect_status(8)
  expect_output("suite_NOT_FOUND")
  expect_output("error: ${SCRATCH}/data is not a folder")
  expect_output("0% tests passed, 1 tests failed out of 1")
endfunction()

function(case_a_suite_without_cases_is_a_failing_test)
  make_dataset()
  configure("fitest_discover_tests(suite DATASET data)")
  run_ctest(-L quick --output-on-failure)
  expect_status(8)
  expect_output("suite_NOT_FOUND")
  expect_output("no case is selected by: fitest list ${SCRATCH}/data --ctest")
endfunction()

function(case_a_broken_document_is_a_failing_test_beside_the_good_ones)
  make_dataset(alpha)
  file(WRITE ${SCRATCH}/data/broken "")
  configure("fitest_discover_tests(suite DATASET data)")
  run_ctest(-L quick --output-on-failure)
  expect_status(8)
  expect_output("suite_INVALID")
  expect_output("broken;document, line 1")
  expect_output("50% tests passed, 1 tests failed out of 2")
endfunction()

function(case_a_repaired_dataset_replaces_the_failing_test)
  configure("fitest_discover_tests(suite DATASET data)")
  run_ctest()
  expect_status(8)
  make_dataset(alpha)
  run_ctest()
  expect_status(0)
  expect_no_output("suite_NOT_FOUND")
endfunction()

function(case_a_program_that_is_not_built_is_a_failing_test)
  make_dataset(alpha)
  configure("fitest_discover_tests(suite DATASET data)" PROGRAM ${SCRATCH}/none/fitest)
  run_ctest(-L kernel --output-on-failure)
  expect_status(8)
  expect_output("suite_NOT_BUILT")
  expect_output("${SCRATCH}/none/fitest does not exist; build the target fitest")
endfunction()

function(case_two_suites_live_side_by_side)
  make_dataset(alpha)
  file(MAKE_DIRECTORY ${SCRATCH}/sub)
  file(WRITE ${SCRATCH}/sub/CMakeLists.txt "fitest_discover_tests(two DATASET ../data)")
  configure("fitest_discover_tests(one DATASET missing)\nadd_subdirectory(sub)")
  expect_status(0)
  run_ctest(-N)
  expect_output("one_NOT_FOUND")
  expect_output("alpha")
  expect_output("Total Tests: 2")
endfunction()

function(case_paths_may_hold_spaces)
  set(SCRATCH "${SCRATCH}/a folder")
  make_dataset(alpha)
  configure("fitest_discover_tests(suite DATASET data)")
  expect_status(0)
  run_ctest()
  expect_status(0)
  expect_all_passed(1)
endfunction()

function(case_an_unknown_keyword_is_named)
  expect_error([[fitest_discover_tests(s DATASET d DEFINITION x)]]
               "fitest_discover_tests(s): unexpected argument \"DEFINITION\"; the keywords are: \
BASELINE CONFIG DATASET DEFINITIONS DEVICE")
endfunction()

function(case_a_keyword_without_value_is_named)
  expect_error([[fitest_discover_tests(s DATASET d TIER)]] "fitest_discover_tests(s): TIER needs a value")
endfunction()

function(case_the_dataset_is_required)
  expect_error([[fitest_discover_tests(s)]] "fitest_discover_tests(s): DATASET <dir> is missing")
endfunction()

function(case_a_suite_name_is_used_once)
  expect_error("fitest_discover_tests(s DATASET d)\nfitest_discover_tests(s DATASET e)"
               "there is a suite s already; give this one another name")
endfunction()

function(case_a_suite_name_has_no_odd_characters)
  expect_error([[fitest_discover_tests("a b" DATASET d)]] "a suite's name consists of letters")
endfunction()

function(case_an_unknown_policy_is_refused)
  expect_error([[fitest_discover_tests(s DATASET d POLICY lax)]]
               "POLICY is \"lax\"; expected strict or compat")
endfunction()

function(case_an_unknown_tier_is_refused)
  expect_error([[fitest_discover_tests(s DATASET d TIER fast)]]
               "TIER is \"fast\"; expected quick or full")
endfunction()

function(case_an_unknown_device_is_refused)
  expect_error([[fitest_discover_tests(s DATASET d DEVICE gpu)]]
               "DEVICE is \"gpu\"; expected auto, virtual or cuda:<n>")
endfunction()

function(case_a_timeout_is_a_positive_number)
  expect_error([[fitest_discover_tests(s DATASET d TIMEOUT 0)]]
               "TIMEOUT is \"0\"; expected a whole number of seconds, 1 or more")
endfunction()

function(case_a_config_file_must_exist)
  expect_error([[fitest_discover_tests(s DATASET d CONFIG c.yaml)]]
               "CONFIG ${SCRATCH}/c.yaml does not exist")
endfunction()

function(case_a_baseline_must_exist)
  expect_error([[fitest_discover_tests(s DATASET d BASELINE b)]]
               "BASELINE ${SCRATCH}/b does not exist")
endfunction()

function(case_a_slowdown_needs_a_baseline)
  expect_error([[fitest_discover_tests(s DATASET d MAX_SLOWDOWN 1.1)]]
               "MAX_SLOWDOWN needs BASELINE")
endfunction()

function(case_a_slowdown_is_a_factor)
  expect_error([[fitest_discover_tests(s DATASET d MAX_SLOWDOWN 5%)]]
               "MAX_SLOWDOWN is \"5%\"; expected a factor of 1 or more")
endfunction()

function(case_a_file_of_known_failures_must_exist)
  expect_error([[fitest_discover_tests(s DATASET d KNOWN_FAILURES k.yaml)]]
               "KNOWN_FAILURES ${SCRATCH}/k.yaml does not exist")
endfunction()

function(case_an_unknown_grouping_is_refused)
  expect_error([[fitest_discover_tests(s DATASET d GROUP_BY author)]]
               "GROUP_BY is \"author\"; expected case or solution")
endfunction()

function(case_a_property_needs_a_value)
  expect_error([[fitest_discover_tests(s DATASET d PROPERTIES COST)]]
               "PROPERTIES needs a value after each name")
endfunction()

function(case_properties_do_not_replace_those_of_fitest)
  expect_error([[fitest_discover_tests(s DATASET d PROPERTIES COST 1 SKIP_RETURN_CODE 3)]]
               "PROPERTIES may not set SKIP_RETURN_CODE, which fitest sets itself")
endfunction()

function(case_a_launcher_comes_from_the_project_or_the_environment)
  make_dataset(alpha)
  configure("set(FITEST_TEST_LAUNCHER srun -n1)\nfitest_discover_tests(s DATASET data)")
  expect_status(0)
  run_ctest(-V)
  expect_output("--launcher=srun --launcher=-n1")
  set(ENV{FITEST_TEST_LAUNCHER} "flux run '-x y'")
  run_ctest(-V)
  expect_output("--launcher=flux --launcher=run --launcher=-x y")
  expect_no_output("srun")
endfunction()

function(case_testing_must_be_enabled)
  configure("fitest_discover_tests(s DATASET d)" TESTING "# not enabled")
  expect_status(1)
  expect_output("testing is not enabled; call enable_testing() or include(CTest) in \
${SCRATCH}/CMakeLists.txt")
endfunction()

function(case_testing_may_be_enabled_late_or_turned_off)
  make_dataset(alpha)
  configure("fitest_discover_tests(s DATASET data)\nenable_testing()" TESTING "# later")
  expect_status(0)
  run_ctest(-N)
  expect_output("Total Tests: 1")
  configure("fitest_discover_tests(s DATASET data)" TESTING "set(BUILD_TESTING OFF)")
  expect_status(0)
endfunction()

function(case_the_program_must_be_known)
  configure("")
  file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES NONE)
include(\"${module_dir}/fitest_discover_tests.cmake\")
fitest_discover_tests(s DATASET d)")
  run(${CMAKE_COMMAND} -S ${SCRATCH} -B ${SCRATCH}/build)
  expect_status(1)
  expect_output("there is no target fitest::fitest; call find_package(fitest) or \
add_subdirectory() of fitest's sources first")
endfunction()

function(case_several_configurations_share_a_build_tree)
  find_program(ninja NAMES ninja ninja-build REQUIRED)
  make_dataset(alpha)
  configure("fitest_discover_tests(suite DATASET data)")
  file(REMOVE_RECURSE ${SCRATCH}/build)
  run(${CMAKE_COMMAND} -S ${SCRATCH} -B ${SCRATCH}/build -G "Ninja Multi-Config")
  expect_status(0)
  run_ctest(-C Release)
  expect_status(0)
  expect_all_passed(1)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
cmake_language(CALL case_${CASE})
