# SPDX-License-Identifier: Apache-2.0
#[[
What `cmake --install` puts where: the program and the package that find_package(fitest) reads
(component fitest), the library fitest::gtest and its headers (component fitest-gtest). The same
package lies in <build tree>/cmake for a project that uses fitest without installing it. `cpack` in
the build tree makes a .deb and a .tar.gz of both components.
]]
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(fitest_package_dir ${CMAKE_INSTALL_DATADIR}/fitest/cmake)
set(fitest_package_files fitest-config.cmake fitest_dashboard.cmake fitest_discover_tests.cmake
                         fitest_list_cases.cmake fitest_report_failure.cmake
                         fitest_resources.cmake)
install(TARGETS fitest EXPORT fitest-targets RUNTIME COMPONENT fitest)
install(EXPORT fitest-targets NAMESPACE fitest:: DESTINATION ${fitest_package_dir}
        COMPONENT fitest)
export(EXPORT fitest-targets NAMESPACE fitest::
       FILE ${PROJECT_BINARY_DIR}/cmake/fitest-targets.cmake)
install(TARGETS fitest_gtest EXPORT fitest-gtest-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT fitest-gtest)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/framework/googletest/fitest
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT fitest-gtest)
install(EXPORT fitest-gtest-targets NAMESPACE fitest:: DESTINATION ${fitest_package_dir}
        COMPONENT fitest-gtest)
export(EXPORT fitest-gtest-targets NAMESPACE fitest::
       FILE ${PROJECT_BINARY_DIR}/cmake/fitest-gtest-targets.cmake)
# The program suits every project; who wants the library finds out when linking it.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/fitest-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
foreach(file IN LISTS fitest_package_files)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${file} ${PROJECT_BINARY_DIR}/cmake/${file} COPYONLY)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/${file} DESTINATION ${fitest_package_dir}
          COMPONENT fitest)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/cmake/fitest-config-version.cmake
        DESTINATION ${fitest_package_dir} COMPONENT fitest)

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB TGZ)
  set(CPACK_PACKAGE_NAME fitest)
  set(CPACK_PACKAGE_CONTACT "fitest <fitest@localhost>")
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION devel)
  find_program(FITEST_SHLIBDEPS dpkg-shlibdeps)
  mark_as_advanced(FITEST_SHLIBDEPS)
  if(FITEST_SHLIBDEPS)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  endif()
  include(CPack)
endif()
