# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DBUILD=<build tree with the program> -DSCRATCH=<folder> -P package.cmake

Packs fitest, unpacks the .deb and the .tar.gz into folders, and follows a project that finds it
there, and in its build tree.
]]
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/expect.cmake)

# expect_project_works(<where fitest is> <generator>)
function(expect_project_works prefix generator)
  file(REMOVE_RECURSE ${SCRATCH}/build)
  run(${CMAKE_COMMAND} -G ${generator} -S ${SCRATCH}/project -B ${SCRATCH}/build
      -DCMAKE_PREFIX_PATH=${prefix})
  expect_status(0)
  run(${CMAKE_COMMAND} --build ${SCRATCH}/build --config Release)
  expect_status(0)
  run_ctest(-C Release -L quick --output-on-failure)
  expect_status(0)
  expect_all_passed(1)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${SCRATCH})
set(generators DEB TGZ)
find_program(dpkg_deb dpkg-deb)
if(NOT dpkg_deb)
  message("no dpkg-deb here: the .deb is not tried")
  set(generators TGZ)
endif()
foreach(generator IN LISTS generators)
  run(${CMAKE_CPACK_COMMAND} -G ${generator} --config ${BUILD}/CPackConfig.cmake -B
      ${SCRATCH}/packages)
  expect_status(0)
endforeach()

file(MAKE_DIRECTORY ${SCRATCH}/tgz)
file(GLOB archive ${SCRATCH}/packages/*.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${SCRATCH}/tgz)
file(GLOB_RECURSE package_config ${SCRATCH}/tgz/*/fitest-config.cmake)
string(REGEX REPLACE "/share/fitest/cmake/fitest-config.cmake$" "" tgz "${package_config}")
expect_project_works(${tgz} "Ninja Multi-Config")
if(dpkg_deb)
  file(GLOB deb ${SCRATCH}/packages/*.deb)
  run(${dpkg_deb} -x ${deb} ${SCRATCH}/deb)
  expect_status(0)
  expect_project_works(${SCRATCH}/deb/usr "Unix Makefiles")
endif()
expect_project_works(${BUILD} Ninja)

# Versions and components that are not there.
function(expect_not_found call message)
  file(WRITE ${SCRATCH}/other/CMakeLists.txt "cmake_minimum_required(VERSION 3.25)
project(other LANGUAGES NONE)
${call}
")
  file(REMOVE_RECURSE ${SCRATCH}/other/build)
  run(${CMAKE_COMMAND} -S ${SCRATCH}/other -B ${SCRATCH}/other/build -DCMAKE_PREFIX_PATH=${BUILD})
  expect_status(1)
  expect_output("${message}")
endfunction()
expect_not_found("find_package(fitest 9.1 REQUIRED)" "compatible with requested version \"9.1\"")
expect_not_found("find_package(fitest REQUIRED COMPONENTS program plot)"
                 "fitest has no component \"plot\"; the components are: program gtest")
