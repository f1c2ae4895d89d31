# SPDX-License-Identifier: Apache-2.0
#[[
ctest -S fitest_dashboard.cmake -DSOURCE=<dir> -DBUILD=<dir> [-D<option>=<value>...]

Configures, builds and tests a project and submits everything to CDash.
  SOURCE, BUILD          the project, and its build tree (made when missing)
  MODEL                  Experimental (default), Nightly or Continuous
  CONFIGURE_ARGUMENTS    list of arguments for cmake, such as -DCMAKE_BUILD_TYPE=Release
  GENERATOR              default: Ninja
  LABEL                  only tests with a label that matches this
  JOBS                   tests at once (default: 1)
  MEMCHECK               program that runs each test once more: compute-sanitizer, valgrind
  UPLOAD                 list of files to upload beside the results
  BUILD_NAME             default: the system's name
The environment says where to: CDASH_URL (https://my.cdash.org/submit.php?project=kernels),
CDASH_PROJECT (default: that of the address), CDASH_SITE (default: the host's name), and CDASH_TOKEN,
a bearer token. The working tree is tested as it is; fetching a new revision is the caller's.

Fails when configuring, building or a test failed, and when the server did not accept the results.
]]
cmake_minimum_required(VERSION 3.25)

set(usage "see the top of ${CMAKE_CURRENT_LIST_FILE}")
foreach(variable IN ITEMS SOURCE BUILD)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "fitest_dashboard: -D${variable}=<dir> is missing; ${usage}")
  endif()
  get_filename_component(${variable} "${${variable}}" ABSOLUTE)
endforeach()
if(NOT EXISTS ${SOURCE}/CMakeLists.txt)
  message(FATAL_ERROR "fitest_dashboard: SOURCE ${SOURCE} holds no CMakeLists.txt")
endif()
if(NOT DEFINED MODEL)
  set(MODEL Experimental)
endif()
if(NOT MODEL MATCHES "^(Experimental|Nightly|Continuous)$")
  message(FATAL_ERROR "fitest_dashboard: MODEL is \"${MODEL}\"; expected Experimental, Nightly or "
                      "Continuous")
endif()
if("$ENV{CDASH_URL}" STREQUAL "")
  message(FATAL_ERROR "fitest_dashboard: the environment variable CDASH_URL is not set; expected "
                      "the server's address, such as https://my.cdash.org/submit.php?project=kernels")
endif()
if(DEFINED MEMCHECK)
  find_program(memcheck_program ${MEMCHECK} NO_CACHE)
  if(NOT memcheck_program)
    message(FATAL_ERROR "fitest_dashboard: MEMCHECK ${MEMCHECK} was not found")
  endif()
endif()
foreach(file IN LISTS UPLOAD)
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "fitest_dashboard: UPLOAD ${file} does not exist")
  endif()
endforeach()

set(CTEST_SOURCE_DIRECTORY ${SOURCE})
set(CTEST_BINARY_DIRECTORY ${BUILD})
set(CTEST_CMAKE_GENERATOR Ninja)
if(DEFINED GENERATOR)
  set(CTEST_CMAKE_GENERATOR ${GENERATOR})
endif()
set(CTEST_SITE "$ENV{CDASH_SITE}")
if(CTEST_SITE STREQUAL "")
  cmake_host_system_information(RESULT CTEST_SITE QUERY HOSTNAME)
endif()
set(CTEST_BUILD_NAME ${CMAKE_HOST_SYSTEM_NAME})
if(DEFINED BUILD_NAME)
  set(CTEST_BUILD_NAME ${BUILD_NAME})
endif()
set(CTEST_PROJECT_NAME "$ENV{CDASH_PROJECT}")
if(CTEST_PROJECT_NAME STREQUAL "" AND "$ENV{CDASH_URL}" MATCHES "[?&]project=([^&]+)")
  set(CTEST_PROJECT_NAME ${CMAKE_MATCH_1})
endif()
set(CTEST_NIGHTLY_START_TIME "00:00:00 UTC")
# Passed tests say little; a failed kernel's whole diagnosis matters.
set(CTEST_CUSTOM_MAXIMUM_FAILED_TEST_OUTPUT_SIZE 1000000)
if(NOT DEFINED JOBS)
  set(JOBS 1)
endif()
set(label "")
if(DEFINED LABEL)
  set(label INCLUDE_LABEL ${LABEL})
endif()

# CTest leaves tests without a defect out of DynamicAnalysis.xml, which after a good run has none then;
# CDash's schema, by which a server may refuse results, wants one test and one kind of defect at least.
function(complete_dynamic_analysis)
  file(STRINGS ${BUILD}/Testing/TAG tag LIMIT_COUNT 1)
  set(file ${BUILD}/Testing/${tag}/DynamicAnalysis.xml)
  if(NOT EXISTS ${file})
    return()
  endif()
  file(READ ${file} text)
  if(NOT text MATCHES "<DefectList/>")
    return()
  endif()
  string(REGEX MATCHALL "<Test>[^<]*</Test>" names "${text}")
  set(tests "")
  foreach(name IN LISTS names)
    string(REGEX REPLACE "</?Test>" "" name "${name}")
    string(REGEX REPLACE "^[.]/" "" short "${name}")
    if(NOT text MATCHES "<Test Status=")
      string(APPEND tests "<Test Status=\"passed\"><Name>${short}</Name><Path>.</Path>"
             "<FullName>${name}</FullName><FullCommandLine/><Results/><Log/></Test>\n\t\t")
    endif()
  endforeach()
  string(REPLACE "<DefectList/>"
         "${tests}<DefectList><Defect Type=\"Memory access error\"/></DefectList>" text "${text}")
  file(WRITE ${file} "${text}")
endfunction()

set(failures "")
ctest_start(${MODEL})
# After ctest_start, which reads the project's CTestConfig.cmake.
set(CTEST_SUBMIT_URL "$ENV{CDASH_URL}")
ctest_configure(OPTIONS "${CONFIGURE_ARGUMENTS}" RETURN_VALUE status)
if(NOT status EQUAL 0)
  list(APPEND failures "configuring failed")
else()
  ctest_build(RETURN_VALUE status NUMBER_ERRORS errors)
  if(NOT status EQUAL 0 OR NOT errors EQUAL 0)
    list(APPEND failures "building failed")
  endif()
  ctest_test(${label} PARALLEL_LEVEL ${JOBS} RETURN_VALUE status)
  if(NOT status EQUAL 0)
    list(APPEND failures "tests failed")
  endif()
  if(DEFINED MEMCHECK)
    set(CTEST_MEMORYCHECK_COMMAND ${memcheck_program})
    ctest_memcheck(${label} PARALLEL_LEVEL ${JOBS} RETURN_VALUE status DEFECT_COUNT defects)
    complete_dynamic_analysis()
    if(NOT status EQUAL 0 OR defects GREATER 0)
      list(APPEND failures "memcheck found ${defects} defects")
    endif()
  endif()
endif()
if(DEFINED UPLOAD)
  ctest_upload(FILES ${UPLOAD})
endif()

set(header "")
if(DEFINED ENV{CDASH_TOKEN})
  set(header HTTPHEADER "Authorization: Bearer $ENV{CDASH_TOKEN}")
endif()
if(NOT DEFINED RETRY_COUNT)
  set(RETRY_COUNT 3)
endif()
ctest_submit(
  ${header}
  RETRY_COUNT ${RETRY_COUNT}
  RETRY_DELAY 5
  BUILD_ID build_id
  RETURN_VALUE status
  CAPTURE_CMAKE_ERROR error)
# A server that answers "200 OK" with an error in the text leaves the status at 0, but gives no id.
if(NOT status EQUAL 0 OR NOT error EQUAL 0 OR "${build_id}" STREQUAL "")
  list(APPEND failures "the server did not accept the results")
else()
  message("fitest_dashboard: submitted as build ${build_id}")
endif()
if(failures)
  list(JOIN failures ", " failures)
  message(FATAL_ERROR "fitest_dashboard: ${failures}")
endif()
