# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DPROGRAM=<fitest> -DDRIVER=<folder of the fake libcuda.so.1> -DPART=<cmake|program>
      -DSCRATCH=<folder> -P misuses.cmake

What users get wrong, as a table: a call and the one message that it ends with. Rows of
fitest_discover_tests() end configuring with one error; rows of the program end with an exit code: 2
for what is wrong in the command line, 1 for what is wrong in the files that it names.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)
set(module_dir ${CMAKE_CURRENT_LIST_DIR}/../../cmake)
set(data ${SCRATCH}/data)
set(failures "")
set(rows 0)

macro(wrong what)
  string(APPEND failures "${what}:\n  ${output}\n")
endmacro()

# check(<what is called> <message>): of status and output.
macro(check called message)
  math(EXPR rows "${rows} + 1")
  string(FIND "${output}" "${message}" found)
  if(found EQUAL -1)
    wrong("${called} does not say \"${message}\"")
  endif()
endmacro()

# What a project does before it calls.
set(testing "enable_testing()")
set(found "add_executable(fitest::fitest IMPORTED)
set_target_properties(fitest::fitest PROPERTIES IMPORTED_LOCATION \"${PROGRAM}\")")
set(preamble "${testing}\n${found}")

# in_cmake(<message> <text of the project>): configuring ends with one error.
function(in_cmake message text)
  file(WRITE ${SCRATCH}/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES NONE)
${preamble}
include(\"${module_dir}/fitest_discover_tests.cmake\")
${text}
")
  run(${CMAKE_COMMAND} -S ${SCRATCH} -B ${SCRATCH}/build)
  string(REGEX MATCHALL "CMake Error" errors "${output}")
  list(LENGTH errors count)
  if(status EQUAL 0 OR NOT count EQUAL 1)
    wrong("${text}: ${count} errors instead of one")
  endif()
  check("${text}" "${message}")
  set(rows ${rows} PARENT_SCOPE)
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

# in_program(<status> <message> <argument>...): one message, at most with CLI11's hint at --help.
function(in_program expected message)
  execute_process(
    COMMAND ${PROGRAM} ${ARGN} WORKING_DIRECTORY ${SCRATCH}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status STREQUAL expected)
    wrong("fitest ${ARGN} ends with ${status} instead of ${expected}")
  endif()
  string(REGEX MATCHALL "\n" lines "${output}")
  list(LENGTH lines count)
  if(count GREATER 6)
    wrong("fitest ${ARGN} says ${count} lines")
  endif()
  check("fitest ${ARGN}" "${message}")
  set(rows ${rows} PARENT_SCOPE)
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

function(cmake_rows)
  set(s "fitest_discover_tests(s): ")
  in_cmake("${s}unexpected argument \"DEFINITION\"; the keywords are: BASELINE CONFIG DATASET \
DEFINITIONS DEVICE" "fitest_discover_tests(s DATASET d DEFINITION x)")
  in_cmake("${s}unexpected argument \"loose\"" "fitest_discover_tests(s loose DATASET d)")
  in_cmake("${s}DATASET <dir> is missing" "fitest_discover_tests(s)")
  foreach(keyword IN ITEMS DATASET TIER DEFINITIONS GROUP_BY BASELINE LABELS)
    in_cmake("${s}${keyword} needs a value" "fitest_discover_tests(s CONFIG c ${keyword})")
  endforeach()
  in_cmake("there is a suite s already; give this one another name"
           "fitest_discover_tests(s DATASET d)\nfitest_discover_tests(s DATASET e)")
  in_cmake("a suite's name consists of letters, digits, '_', '.' and '-'"
           "fitest_discover_tests(\"a b\" DATASET d)")
  foreach(row IN ITEMS "POLICY|lax|strict or compat" "TIER|fast|quick or full"
                       "DEVICE|gpu|auto, virtual or cuda:<n>" "DEVICE|cuda:|auto, virtual or cuda:<n>"
                       "TIMEOUT|0|a whole number of seconds, 1 or more"
                       "TIMEOUT|1m|a whole number of seconds, 1 or more"
                       "GROUP_BY|author|case or solution" "GPU_SLOTS|0|a whole number, 1 to 100"
                       "GPU_SLOTS|101|a whole number, 1 to 100"
                       "GPU_MEMORY|2GiB|a whole number of MiB, 1 or more")
    string(REPLACE "|" ";" row "${row}")
    list(GET row 0 keyword)
    list(GET row 1 value)
    list(GET row 2 expected)
    in_cmake("${s}${keyword} is \"${value}\"; expected ${expected}"
             "fitest_discover_tests(s DATASET d ${keyword} ${value})")
  endforeach()
  foreach(value IN ITEMS 5% 0.9 -1)
    in_cmake("${s}MAX_SLOWDOWN is \"${value}\"; expected a factor of 1 or more"
             "fitest_discover_tests(s DATASET d BASELINE . MAX_SLOWDOWN ${value})")
  endforeach()
  in_cmake("${s}MAX_SLOWDOWN needs BASELINE"
           "fitest_discover_tests(s DATASET d MAX_SLOWDOWN 1.1)")
  foreach(keyword IN ITEMS CONFIG BASELINE KNOWN_FAILURES)
    in_cmake("${s}${keyword} ${SCRATCH}/none does not exist"
             "fitest_discover_tests(s DATASET d ${keyword} none)")
  endforeach()
  in_cmake("${s}PROPERTIES needs a value after each name"
           "fitest_discover_tests(s DATASET d PROPERTIES COST)")
  foreach(property IN ITEMS SKIP_RETURN_CODE ATTACHED_FILES)
    in_cmake("${s}PROPERTIES may not set ${property}, which fitest sets itself"
             "fitest_discover_tests(s DATASET d PROPERTIES COST 1 ${property} 3)")
  endforeach()
  set(preamble "${found}")
  in_cmake("${s}testing is not enabled; call enable_testing() or include(CTest) in \
${SCRATCH}/CMakeLists.txt" "fitest_discover_tests(s DATASET d)")
  set(preamble "${testing}")
  in_cmake("${s}there is no target fitest::fitest; call find_package(fitest) or add_subdirectory() \
of fitest's sources first" "fitest_discover_tests(s DATASET d)")
  set(rows ${rows} PARENT_SCOPE)
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

# Files for the program's rows: a dataset, and others that are wrong.
function(make_files)
  file(COPY ${CMAKE_CURRENT_LIST_DIR}/project/kernels/ DESTINATION ${data})
  file(COPY ${data}/ DESTINATION ${SCRATCH}/plain)
  file(COPY ${data}/ DESTINATION ${SCRATCH}/broken)
  file(READ ${data}/definitions/elementwise/scale_n256.yaml text)
  string(REPLACE "name: scale_n256" "name: 3" text "${text}")
  file(WRITE ${SCRATCH}/broken/definitions/elementwise/wrong.yaml "${text}")
  file(WRITE ${SCRATCH}/typo.yaml "iteratons: 3\n")
  file(WRITE ${SCRATCH}/known.yaml "- {solutoin: s, reason: x}\n")
  file(MAKE_DIRECTORY ${SCRATCH}/empty)
  file(WRITE ${SCRATCH}/traces/wrong.json "{")
  execute_process(COMMAND git init -q WORKING_DIRECTORY ${data})
endfunction()

function(program_rows)
  # Which command.
  in_program(2 "A subcommand is required")
  in_program(2 "there is no command 'frobnicate': expected one of list, validate, run" frobnicate)
  in_program(2 "there is no command 'rum'; did you mean 'run'?" rum ${data})
  foreach(command IN ITEMS run list validate reference compile)
    in_program(2 "DATASET is required" ${command})
  endforeach()
  in_program(2 "--no-such-option" run ${data} --no-such-option)
  in_program(2 "more" resources more)

  # Choices and numbers.
  in_program(2 "unknown device 'tpu': expected auto, virtual or cuda:N" run ${data} --device tpu)
  in_program(2 "unknown check 'everything': expected memory, init, race, sync, all or none" run
             ${data} --device virtual --check everything)
  foreach(row IN ITEMS "--policy=lax" "--tier=fast" "--reference=numpy" "--deadline=0"
                       "--deadline=soon" "--seed=x" "--reference-memory=lots")
    string(REGEX REPLACE "=.*" "" option "${row}")
    in_program(2 "${option}" run ${data} ${row})
  endforeach()
  in_program(2 "--group-by" list ${data} --ctest --group-by author)
  in_program(2 "--timeout" list ${data} --ctest --timeout -1)

  # A selection of nothing, or of too much.
  in_program(2 "no case of ${data} is selected; `fitest list ${data}` shows them" run ${data}
             --solution nope)
  in_program(2 "no case of" run ${data} --definition nope)
  in_program(2 "no case of" run ${data} --workload zzz)
  in_program(2 "--trace names one file, but 2 cases are selected; use --trace-dir" run ${data}
             --trace t.json)
  in_program(2 "2 cases of ${data} are selected instead of one" compile ${data})
  foreach(shard IN ITEMS 0/3 4/3 2 a/b 1/0 1/2/3)
    in_program(2 "shard '${shard}': expected i/n with 1 <= i <= n, such as 2/5" list ${data} --shard
               ${shard})
  endforeach()
  in_program(2 "changed since 'nope': ${data}: git rev-parse says: fatal: Needed a single revision"
             list ${data} --changed-since nope)
  set(ENV{GIT_CEILING_DIRECTORIES} ${SCRATCH})
  in_program(2 "not a git repository" list ${SCRATCH}/plain --changed-since HEAD)

  # Files that are not there, or wrong.
  foreach(command IN ITEMS list validate run)
    in_program(1 "${SCRATCH}/nowhere" ${command} ${SCRATCH}/nowhere)
  endforeach()
  foreach(command IN ITEMS list validate)
    in_program(1 "wrong.yaml:1:7: error: \"name\" must be a string, found an integer; put it in \
quotes" ${command} ${SCRATCH}/broken)
  endforeach()
  foreach(option IN ITEMS --known-failures --config)
    in_program(2 "${option}: File does not exist: none.yaml" run ${data} ${option} none.yaml)
  endforeach()
  in_program(1 "known.yaml:1:4: error: unknown key 'solutoin'" run ${data} --known-failures
             known.yaml)
  in_program(1 "typo.yaml:1:1: error: the evaluation config has no key \"iteratons\"; did you mean \"iterations\"?" run ${data} --config typo.yaml)
  in_program(2 "--baseline none: there is no such folder of Traces" run ${data} --baseline none)
  in_program(2 "--max-slowdown requires --baseline" run ${data} --max-slowdown 1.1)
  in_program(2 "--max-slowdown" run ${data} --baseline empty --max-slowdown 0.5)
  in_program(1 "/proc/none" run ${data} --device virtual --workload 1111 --trace /proc/none/t.json)

  # The other commands.
  in_program(2 "one of --workload and --axes" reference ${data} --definition scale_n256 --output o)
  in_program(2 "one of --output and --profile is required" reference ${data} --definition scale_n256 --axes rows=1)
  in_program(2 "has no definition 'nope'" reference ${data} --definition nope --axes rows=1
             --output o)
  in_program(2 "--axes 'rows': expected name=integer[,name=integer" reference ${data} --definition
             scale_n256 --axes rows --output o)
  in_program(1 "lines" reference ${data} --definition scale_n256 --axes lines=1 --output o)
  in_program(2 "the definition 'scale_n256' has no such workload" reference ${data} --definition
             scale_n256 --workload 99 --output o)
  in_program(2 "none: there is no such folder of Traces" report none)
  in_program(2 "empty holds no Trace" report empty)
  in_program(1 "wrong.json:1:" report traces)
  in_program(2 "A subcommand is required" hook)
  in_program(2 "FILES is required" hook compile)
  in_program(2 "unknown check 'everything'" hook check --dataset ${data} --check everything x.cu)

  # What CTest or a scheduler says does not fit, on a machine with two GPUs.
  set(ENV{LD_LIBRARY_PATH} ${DRIVER})
  set(ENV{FAKE_GPUS} 2)
  in_program(1 "device 'cuda:7' does not exist: there is cuda:0 Fake GPU (sm_90, 80 GiB)" run ${data}
             --workload 1111 --device cuda:7)
  set(ENV{CTEST_RESOURCE_GROUP_COUNT} 1)
  set(ENV{CTEST_RESOURCE_GROUP_0_GPUS} "0")
  in_program(2 "CTEST_RESOURCE_GROUP_0_GPUS holds \"0\"; expected id:<id>,slots:<n>" run ${data})
  set(ENV{CTEST_RESOURCE_GROUP_0_GPUS} "id:1,slots:1")
  set(ENV{CUDA_VISIBLE_DEVICES} 3)
  in_program(2 "CTest reserved the GPU '1', which CUDA_VISIBLE_DEVICES=3 does not show" run ${data})
  set(rows ${rows} PARENT_SCOPE)
  set(failures "${failures}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(MAKE_DIRECTORY ${SCRATCH})
set(ENV{FITEST_CACHE_DIR} ${SCRATCH}/cache)
if(PART STREQUAL cmake)
  cmake_rows()
else()
  make_files()
  program_rows()
endif()
if(failures)
  message("${failures}")
  message(FATAL_ERROR "not refused as they should be")
endif()
message("${rows} mis-uses are each refused with one message")
