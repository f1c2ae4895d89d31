# SPDX-License-Identifier: Apache-2.0
#[[
The packages that fitest is built from (DESIGN §9). NVRTC, the CUDA driver and PyTorch are not
here: the program opens them at run time.
]]
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
if(NOT TARGET yaml-cpp::yaml-cpp)
  # Before 0.8 the target had no namespace; since then the bare name is deprecated.
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(CLI11 2.1 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
# Only the declarations: the library, too, is opened at run time.
find_path(FITEST_CBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas openblas-pthread REQUIRED)
if(FITEST_BUILD_TESTS)
  find_package(GTest 1.11 REQUIRED)
endif()
