# SPDX-License-Identifier: Apache-2.0
#[[
fitest::warnings: an interface target with the warnings that every fitest target is built with.
]]
add_library(fitest_warnings INTERFACE)
add_library(fitest::warnings ALIAS fitest_warnings)
target_compile_options(
  fitest_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wnon-virtual-dtor
            -Wimplicit-fallthrough
            -Wno-missing-field-initializers
            # GCC 12 sees overlapping copies in std::string at -O3 (GCC bug 105651).
            $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local;-Wno-restrict>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  # The instrumentation hides initialisations from GCC's analysis (GCC manual, -fsanitize=).
  target_compile_options(fitest_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
if(FITEST_WARNINGS_AS_ERRORS)
  target_compile_options(fitest_warnings INTERFACE -Werror)
endif()
