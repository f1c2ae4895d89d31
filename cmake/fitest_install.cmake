# SPDX-License-Identifier: Apache-2.0
#[[
What `cmake --install` puts where: the program, and the package that find_package(fitest) reads.
]]
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(fitest_package_dir ${CMAKE_INSTALL_DATADIR}/fitest/cmake)
install(TARGETS fitest EXPORT fitest-targets RUNTIME COMPONENT fitest)
install(EXPORT fitest-targets NAMESPACE fitest:: DESTINATION ${fitest_package_dir}
        COMPONENT fitest)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fitest-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_SOURCE_DIR}/cmake/fitest-config.cmake
        ${PROJECT_SOURCE_DIR}/cmake/fitest_discover_tests.cmake
        ${PROJECT_SOURCE_DIR}/cmake/fitest_list_cases.cmake
        ${PROJECT_SOURCE_DIR}/cmake/fitest_report_failure.cmake
        ${PROJECT_BINARY_DIR}/fitest-config-version.cmake
  DESTINATION ${fitest_package_dir}
  COMPONENT fitest)
