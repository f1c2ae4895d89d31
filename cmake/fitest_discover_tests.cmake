# SPDX-License-Identifier: Apache-2.0
#[[
fitest_discover_tests(<suite>
  DATASET <dir>            root of a dataset in the FlashInfer-Trace layout
  [DEFINITIONS <glob>...]  only these definitions
  [SOLUTIONS <glob>...]    only these solutions
  [WORKLOADS <prefix>...]  only workloads whose uuid begins so
  [TIER quick|full]        only workloads of this tier
  [DEVICE <device>]        auto (default), virtual or cuda:<n>
  [POLICY strict|compat]   whose verdict decides (default: strict)
  [CONFIG <file>]          evaluation config in YAML
  [TIMEOUT <seconds>]      for one case (default: 600)
  [LABELS <label>...]      besides kernel, the op_type, definition, author, tier and model tags
  [PROPERTIES <name> <value>...]  of every test, as set_tests_properties() takes them
  [PREFIX <text>]          of every test name
  [GROUP_BY case|solution] solution: the workloads of a solution are one test, run by one process
                           that has the TIMEOUT of all (default: case)
  [BASELINE <dir>]         Traces of an earlier run: a case fails when it became slower, that is by
  [MAX_SLOWDOWN <factor>]  more than this (default: 1.05) and beyond the noise of both runs, and
                           again in two more runs
  [KNOWN_FAILURES <file>]  YAML list of {definition, solution, workload, architecture, reason}: such
                           a case is expected to fail, and fails when it passes
  [GPU_SLOTS <1..100>]     hundredths of a GPU that CTest reserves for a case where DEVICE is auto
                           (default: 25, so that four cases share a GPU; their timed parts take
                           turns whatever this is)
  [GPU_MEMORY <MiB>]       memory that CTest reserves besides; it counts GPU by GPU, which need not
                           be the ones of the slots where there are several
  [TRACE_DIR <dir>])       one Trace a case (default: <binary dir>/traces/<suite>)

Makes a CTest case of every Definition × Solution × Workload of a dataset, named
<definition>/<solution>/<workload uuid prefix>. Cases are listed when ctest starts, from the dataset
alone: a new kernel or workload is in the next `ctest` without configuring again. A suite whose
dataset cannot be read, or that selects no case, has the one failing test <suite>_NOT_FOUND that
shows why; one whose `fitest` is not built, <suite>_NOT_BUILT. Documents that are broken beside
good ones make <suite>_INVALID fail.

When ctest starts, these variables of the environment narrow or change every suite:
  FITEST_SHARD=<i>/<n>          the i-th of n parts of the cases, by a hash of their names
  FITEST_CHANGED_SINCE=<rev>    only cases whose files differ from a git revision
  FITEST_TEST_LAUNCHER=<words>  a command before each test's own, such as "srun -n1"; the CMake
                                variable of that name is its default
  FITEST_REQUIRE_GPU=1          never the virtual device where DEVICE is auto; a skip is a failure
  FITEST_RESOURCE_SPEC=<file>   CTest's resource specification instead of the one that is written
                                for the GPUs of this machine, or those of CUDA_VISIBLE_DEVICES; with
                                a launcher, which places tests itself, there is none

Paths are relative to the current source folder, TRACE_DIR to the current binary folder. Needs the
target fitest::fitest: from find_package(fitest), or from add_subdirectory() of fitest's sources.
]]
include_guard(GLOBAL)

define_property(
  GLOBAL PROPERTY FITEST_SUITES
  BRIEF_DOCS "Names of the suites so far"
  FULL_DOCS "Names given to fitest_discover_tests() so far")
set_property(GLOBAL PROPERTY FITEST_MODULE_DIR ${CMAKE_CURRENT_LIST_DIR})

function(fitest_discover_tests suite)
  set(single DATASET TIER DEVICE POLICY CONFIG TIMEOUT PREFIX TRACE_DIR GROUP_BY BASELINE
             MAX_SLOWDOWN KNOWN_FAILURES GPU_SLOTS GPU_MEMORY)
  set(multiple DEFINITIONS SOLUTIONS WORKLOADS LABELS PROPERTIES)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "${single}" "${multiple}")
  set(where "fitest_discover_tests(${suite})")
  _fitest_check_keywords("${where}" "${arg_UNPARSED_ARGUMENTS}" "${arg_KEYWORDS_MISSING_VALUES}"
                         "${single};${multiple}")
  _fitest_check_suite("${where}" "${suite}")
  _fitest_check_choice("${where}" TIER "${arg_TIER}" "quick|full" "quick or full")
  _fitest_check_choice("${where}" POLICY "${arg_POLICY}" "strict|compat" "strict or compat")
  _fitest_check_choice("${where}" DEVICE "${arg_DEVICE}" "auto|virtual|cuda|cuda:[0-9]+"
                       "auto, virtual or cuda:<n>")
  _fitest_check_choice("${where}" TIMEOUT "${arg_TIMEOUT}" "[1-9][0-9]*"
                       "a whole number of seconds, 1 or more")
  _fitest_check_choice("${where}" GROUP_BY "${arg_GROUP_BY}" "case|solution" "case or solution")
  _fitest_check_choice("${where}" MAX_SLOWDOWN "${arg_MAX_SLOWDOWN}" "[1-9][0-9]*([.][0-9]+)?"
                       "a factor of 1 or more")
  _fitest_check_choice("${where}" GPU_SLOTS "${arg_GPU_SLOTS}" "[1-9][0-9]?|100"
                       "a whole number, 1 to 100")
  _fitest_check_choice("${where}" GPU_MEMORY "${arg_GPU_MEMORY}" "[1-9][0-9]*"
                       "a whole number of MiB, 1 or more")
  _fitest_check_needs("${where}" MAX_SLOWDOWN BASELINE)
  _fitest_check_properties("${where}" "${arg_PROPERTIES}")
  if(NOT DEFINED arg_DATASET)
    message(FATAL_ERROR "${where}: DATASET <dir> is missing")
  endif()
  _fitest_arguments(list_arguments)
  _fitest_resource_groups(resource_groups)
  _fitest_write_script(${suite} "${list_arguments}")
  # DEFER evaluates variables late, EVAL now.
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
                            CALL _fitest_check_testing_enabled [[${suite}]])")
endfunction()

# Each _fitest_check_… ends configuring with one message when its rule is broken.
function(_fitest_check_keywords where unknown valueless known)
  if(unknown)
    list(GET unknown 0 first)
    list(SORT known)
    list(JOIN known " " known)
    message(FATAL_ERROR "${where}: unexpected argument \"${first}\"; the keywords are: ${known}")
  endif()
  if(valueless)
    list(GET valueless 0 first)
    message(FATAL_ERROR "${where}: ${first} needs a value")
  endif()
endfunction()

function(_fitest_check_suite where suite)
  if(NOT suite MATCHES "^[A-Za-z0-9_.-]+$")
    message(FATAL_ERROR "${where}: a suite's name consists of letters, digits, '_', '.' and '-'")
  endif()
  get_property(suites GLOBAL PROPERTY FITEST_SUITES)
  if(suite IN_LIST suites)
    message(FATAL_ERROR "${where}: there is a suite ${suite} already; give this one another name")
  endif()
  set_property(GLOBAL APPEND PROPERTY FITEST_SUITES ${suite})
  if(NOT TARGET fitest::fitest)
    message(FATAL_ERROR "${where}: there is no target fitest::fitest; call find_package(fitest) or "
                        "add_subdirectory() of fitest's sources first")
  endif()
endfunction()

function(_fitest_check_choice where keyword value pattern expected)
  if(NOT value STREQUAL "" AND NOT value MATCHES "^(${pattern})$")
    message(FATAL_ERROR "${where}: ${keyword} is \"${value}\"; expected ${expected}")
  endif()
endfunction()

# A macro, to see the caller's arg_… variables.
macro(_fitest_check_needs where keyword needed)
  if(DEFINED arg_${keyword} AND NOT DEFINED arg_${needed})
    message(FATAL_ERROR "${where}: ${keyword} needs ${needed}")
  endif()
endmacro()

# Those that fitest sets itself would be overwritten silently.
function(_fitest_check_properties where properties)
  set(own ATTACHED_FILES SKIP_RETURN_CODE)
  list(LENGTH properties count)
  math(EXPR odd "${count} % 2")
  if(odd)
    message(FATAL_ERROR "${where}: PROPERTIES needs a value after each name")
  endif()
  while(properties)
    list(POP_FRONT properties name value)
    if(name IN_LIST own)
      message(FATAL_ERROR "${where}: PROPERTIES may not set ${name}, which fitest sets itself")
    endif()
  endwhile()
endfunction()

# Called when the top folder is done, where testing may have been enabled late.
function(_fitest_check_testing_enabled suite)
  if(NOT CMAKE_TESTING_ENABLED AND (NOT DEFINED BUILD_TESTING OR BUILD_TESTING))
    message(FATAL_ERROR "fitest_discover_tests(${suite}): testing is not enabled; call "
                        "enable_testing() or include(CTest) in ${CMAKE_SOURCE_DIR}/CMakeLists.txt")
  endif()
endfunction()

# Of `fitest list`, from the caller's arg_… variables.
function(_fitest_arguments result)
  get_filename_component(dataset "${arg_DATASET}" ABSOLUTE)
  set(trace_dir traces/${suite})
  if(DEFINED arg_TRACE_DIR)
    set(trace_dir ${arg_TRACE_DIR})
  endif()
  get_filename_component(trace_dir "${trace_dir}" ABSOLUTE BASE_DIR ${CMAKE_CURRENT_BINARY_DIR})
  set(timeout 600)
  if(DEFINED arg_TIMEOUT)
    set(timeout ${arg_TIMEOUT})
  endif()
  set(arguments ${dataset} --ctest --trace-dir=${trace_dir} --timeout=${timeout})
  foreach(option IN ITEMS definition solution workload label)
    string(TOUPPER ${option}S keyword)
    foreach(value IN LISTS arg_${keyword})
      list(APPEND arguments --${option}=${value})
    endforeach()
  endforeach()
  foreach(word IN LISTS arg_PROPERTIES)
    list(APPEND arguments --property=${word})
  endforeach()
  foreach(option IN ITEMS tier prefix group-by)
    string(MAKE_C_IDENTIFIER ${option} keyword)
    string(TOUPPER ${keyword} keyword)
    if(NOT "${arg_${keyword}}" STREQUAL "")
      list(APPEND arguments --${option}=${arg_${keyword}})
    endif()
  endforeach()
  foreach(option IN ITEMS device policy max-slowdown)
    string(MAKE_C_IDENTIFIER ${option} keyword)
    string(TOUPPER ${keyword} keyword)
    if(DEFINED arg_${keyword})
      list(APPEND arguments --run-argument=--${option}=${arg_${keyword}})
    endif()
  endforeach()
  foreach(option IN ITEMS config baseline known-failures)
    string(MAKE_C_IDENTIFIER ${option} keyword)
    string(TOUPPER ${keyword} keyword)
    if(DEFINED arg_${keyword})
      get_filename_component(path "${arg_${keyword}}" ABSOLUTE)
      if(NOT EXISTS "${path}")
        message(FATAL_ERROR "${where}: ${keyword} ${path} does not exist")
      endif()
      list(APPEND arguments --run-argument=--${option}=${path})
    endif()
  endforeach()
  set(${result} "${arguments}" PARENT_SCOPE)
endfunction()

# What CTest reserves for each test where there is a GPU.
function(_fitest_resource_groups result)
  set(groups "1,gpus:25")
  if(DEFINED arg_GPU_SLOTS)
    set(groups "1,gpus:${arg_GPU_SLOTS}")
  endif()
  if(DEFINED arg_GPU_MEMORY)
    string(APPEND groups ",gpu_memory:${arg_GPU_MEMORY}")
  endif()
  set(${result} "${groups}" PARENT_SCOPE)
endfunction()

# The script that CTest includes: what this suite is, then the steps that all suites share.
function(_fitest_write_script suite list_arguments)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/fitest/${suite})
  get_property(module_dir GLOBAL PROPERTY FITEST_MODULE_DIR)
  set(configuration "")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(configuration "-$<CONFIG>")
  endif()
  file(GENERATE OUTPUT ${folder}/program${configuration}.cmake
       CONTENT "set(fitest_program [==[$<TARGET_FILE:fitest::fitest>]==])\n")
  string(REPLACE "$<CONFIG>" "\${CTEST_CONFIGURATION_TYPE}" configuration "${configuration}")
  list(JOIN list_arguments "]==]\n  [==[" quoted)
  file(CONFIGURE OUTPUT ${folder}/suite.cmake @ONLY CONTENT [=[
set(fitest_suite @suite@)
set(fitest_folder [==[@folder@]==])
set(fitest_module_dir [==[@module_dir@]==])
set(fitest_cmake [==[@CMAKE_COMMAND@]==])
set(fitest_launcher [==[@FITEST_TEST_LAUNCHER@]==])
set(fitest_resource_groups @resource_groups@)
set(fitest_program "")
include("@folder@/program@configuration@.cmake" OPTIONAL)
set(fitest_list_arguments
  [==[@quoted@]==])
include([==[@module_dir@/fitest_list_cases.cmake]==])
]=])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${folder}/suite.cmake)
endfunction()
