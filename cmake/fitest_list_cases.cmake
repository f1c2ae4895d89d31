# SPDX-License-Identifier: Apache-2.0
#[[
Included by a script that fitest_discover_tests() wrote, each time ctest starts. Asks the program
for the suite's cases and includes what it prints; where there are none, adds a failing test that
says why, so that no mistake looks like success.
]]
cmake_policy(VERSION 3.25)
include(${fitest_module_dir}/fitest_resources.cmake)

# fitest_add_sentinel(<kind> <why>): a failing test that no label filter of the suite leaves out.
# What `fitest list --ctest` prints calls it too, for documents that are broken beside good ones.
function(fitest_add_sentinel kind why)
  set(diagnostics ${fitest_folder}/${kind}.txt)
  file(WRITE ${diagnostics} "${why}")
  set(name ${fitest_suite}_${kind})
  set(labels kernel quick full)
  foreach(argument IN LISTS fitest_list_arguments)
    if(argument MATCHES "^--label=(.*)")
      list(APPEND labels ${CMAKE_MATCH_1})
    endif()
  endforeach()
  add_test(${name} ${fitest_cmake} -DSUITE=${fitest_suite} -DDIAGNOSTICS=${diagnostics}
           -P ${fitest_module_dir}/fitest_report_failure.cmake)
  set_tests_properties(${name} PROPERTIES TIMEOUT 60 LABELS "${labels}")
endfunction()

if(DEFINED ENV{FITEST_TEST_LAUNCHER})
  separate_arguments(fitest_launcher UNIX_COMMAND "$ENV{FITEST_TEST_LAUNCHER}")
endif()
# Either CTest or the launcher gives a GPU, never both; a device that is named is not reserved.
set(fitest_reserves TRUE)
if(fitest_launcher OR fitest_list_arguments MATCHES "--run-argument=--device=(virtual|cuda:)")
  set(fitest_reserves FALSE)
endif()
foreach(fitest_word IN LISTS fitest_launcher)
  list(APPEND fitest_list_arguments --launcher=${fitest_word})
endforeach()

if(NOT EXISTS "${fitest_program}")
  fitest_add_sentinel(NOT_BUILT "${fitest_program} does not exist; build the target fitest\n")
else()
  if(fitest_reserves)
    fitest_resource_spec(fitest_spec)
    if(fitest_spec)
      # CTest reads this variable after it has read all tests.
      set(CTEST_RESOURCE_SPEC_FILE ${fitest_spec})
      list(APPEND fitest_list_arguments --resource-groups=${fitest_resource_groups})
    endif()
  endif()
  execute_process(
    COMMAND ${fitest_program} list ${fitest_list_arguments}
    RESULT_VARIABLE fitest_status
    OUTPUT_VARIABLE fitest_output
    ERROR_VARIABLE fitest_errors)
  if(NOT fitest_status STREQUAL "0")
    fitest_add_sentinel(NOT_FOUND "${fitest_errors}(fitest list: ${fitest_status})\n")
  elseif(fitest_output STREQUAL "")
    list(JOIN fitest_list_arguments " " fitest_command)
    fitest_add_sentinel(NOT_FOUND "no case is selected by: fitest list ${fitest_command}\n")
  else()
    file(WRITE ${fitest_folder}/cases.cmake "${fitest_output}")
    include(${fitest_folder}/cases.cmake)
  endif()
endif()
