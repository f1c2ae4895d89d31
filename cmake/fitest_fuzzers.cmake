# SPDX-License-Identifier: Apache-2.0
include_guard(GLOBAL)
#[[
With FITEST_FUZZERS, everything is built with libFuzzer's coverage and the sanitizers:

  cmake -B build-fuzz -DCMAKE_CXX_COMPILER=clang++ -DFITEST_FUZZERS=ON
  cmake --build build-fuzz --target fitest_fuzz_document
  build-fuzz/bin/fitest_fuzz_document -entropic=0 -detect_leaks=0 -max_total_time=60 <corpus>

-entropic=0 and -detect_leaks=0 double the speed of a long run: leaks are still looked for when it
ends, and the schedule of inputs is the simpler one.

fitest_fuzz_target(<name> SOURCES <file>... LINK <target>...)

Adds the program fitest_fuzz_<name>, whose sources define LLVMFuzzerTestOneInput.
]]
if(FITEST_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "FITEST_FUZZERS needs clang: configure with -DCMAKE_CXX_COMPILER=clang++")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

function(fitest_fuzz_target name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK")
  add_executable(fitest_fuzz_${name} ${arg_SOURCES} sanitizer_options.cpp)
  target_link_libraries(fitest_fuzz_${name} PRIVATE ${arg_LINK} fitest::warnings)
  target_link_options(fitest_fuzz_${name} PRIVATE -fsanitize=fuzzer)
endfunction()
