# SPDX-License-Identifier: Apache-2.0
include_guard(GLOBAL)
#[[
The targets of people who change fitest, over every source file of the tree:

  cmake --build build --target format-check   clang-format finds nothing to change
  cmake --build build --target tidy           clang-tidy finds nothing; .clang-tidy says what it looks for

and the test `format`. Both need version 14 of the programs, since others format and judge
differently: a target is missing, and the test skipped with the reason, where there is none. `tidy`
checks a file again when it, a header or .clang-tidy has changed.
]]
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# fitest_find_tool(<variable> <program>): empty where there is none of version 14.
function(fitest_find_tool variable program)
  find_program(${variable} NAMES ${program}-14 ${program})
  set(version "")
  if(${variable})
    execute_process(COMMAND ${${variable}} --version OUTPUT_VARIABLE version ERROR_QUIET)
  endif()
  if(NOT version MATCHES "version 14[.]")
    set(${variable} "" PARENT_SCOPE)
  endif()
endfunction()

file(GLOB_RECURSE fitest_cpp CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/framework/*.cpp
     ${PROJECT_SOURCE_DIR}/tests/*.cpp)
file(GLOB_RECURSE fitest_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/framework/*.h
     ${PROJECT_SOURCE_DIR}/framework/*.def ${PROJECT_SOURCE_DIR}/tests/*.h)
file(GLOB_RECURSE fitest_kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/solutions/*.cu)
set(fitest_formatted ${fitest_cpp} ${fitest_headers} ${fitest_kernels})
list(FILTER fitest_formatted EXCLUDE REGEX "[.]def$")

fitest_find_tool(FITEST_CLANG_FORMAT clang-format)
if(FITEST_CLANG_FORMAT)
  set(fitest_format_check ${FITEST_CLANG_FORMAT} --dry-run -Werror ${fitest_formatted})
  add_custom_target(
    format-check
    COMMAND ${fitest_format_check}
    COMMENT "clang-format over the tree"
    VERBATIM)
else()
  set(fitest_format_check ${CMAKE_COMMAND} -E echo "skipped: there is no clang-format 14")
endif()
if(FITEST_BUILD_TESTS)
  add_test(NAME format COMMAND ${fitest_format_check})
  set_tests_properties(format PROPERTIES LABELS selftest TIMEOUT 120
                                         SKIP_REGULAR_EXPRESSION "^skipped: ")
endif()

fitest_find_tool(FITEST_CLANG_TIDY clang-tidy)
if(FITEST_CLANG_TIDY)
  set(fitest_tidied "")
  # What this build does not compile: the layering test's wrong files, users' projects of tests, and
  # the fuzz targets where it is not clang that compiles.
  set(compiled ${fitest_cpp})
  list(FILTER compiled EXCLUDE REGEX "/tests/(layering|cmake/[a-z_]+_project)/")
  if(NOT FITEST_FUZZERS)
    list(FILTER compiled EXCLUDE REGEX "/tests/fuzz/")
  endif()
  foreach(file IN LISTS compiled)
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR} ${file})
    set(stamp ${PROJECT_BINARY_DIR}/tidy/${name}.tidied)
    get_filename_component(folder ${stamp} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
      OUTPUT ${stamp}
      COMMAND ${FITEST_CLANG_TIDY} --quiet -p ${PROJECT_BINARY_DIR} ${file}
      COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
      DEPENDS ${file} ${fitest_headers} ${PROJECT_SOURCE_DIR}/.clang-tidy
      COMMENT "clang-tidy ${name}"
      VERBATIM)
    list(APPEND fitest_tidied ${stamp})
  endforeach()
  add_custom_target(tidy DEPENDS ${fitest_tidied})
endif()
