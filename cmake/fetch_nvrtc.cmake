# SPDX-License-Identifier: Apache-2.0
#[[
cmake -DCACHE=<folder> -P fetch_nvrtc.cmake

Unpacks NVRTC and the CUDA headers from NVIDIA's wheels on PyPI into <CACHE>/nvrtc/<version>/lib
and /include. No Python package is installed. `pip download` fetches them where pip is, because it
knows the machine's mirror; else CMake itself does, from $PIP_INDEX_URL or https://pypi.org/simple.
]]
cmake_minimum_required(VERSION 3.25)

# The sets to try: <version> <name>==<version>..., the wheel with the library first.
set(cuda13 13.0.88 nvidia-cuda-nvrtc==13.0.88 nvidia-cuda-runtime==13.0.96
           nvidia-cuda-crt==13.0.88 nvidia-cuda-cccl==13.0.85)
set(cuda12 12.9.86 nvidia-cuda-nvrtc-cu12==12.9.86 nvidia-cuda-runtime-cu12==12.9.79
           nvidia-cuda-nvcc-cu12==12.9.86 nvidia-cuda-cccl-cu12==12.9.27)

# pip_download(<folder> <requirement> <result>): <result> is empty, or says what went wrong.
function(pip_download folder requirement result)
  execute_process(
    COMMAND python3 -m pip download --quiet --no-deps --only-binary :all: --dest ${folder}
            ${requirement}
    RESULT_VARIABLE status
    OUTPUT_QUIET ERROR_VARIABLE problem)
  if(status EQUAL 0)
    set(problem "")
  else()
    string(STRIP "pip: ${problem}" problem)
  endif()
  set(${result} "${problem}" PARENT_SCOPE)
endfunction()

# index_download(<folder> <requirement> <result>): the same from a simple index (PEP 503), whose
# links end in the file's SHA-256.
function(index_download folder requirement result)
  set(index "https://pypi.org/simple")
  if(NOT "$ENV{PIP_INDEX_URL}" STREQUAL "")
    set(index "$ENV{PIP_INDEX_URL}")
  endif()
  string(REGEX REPLACE "/$" "" index "${index}")
  string(REGEX REPLACE "==.*" "" name "${requirement}")
  string(REGEX REPLACE ".*==" "" version "${requirement}")
  set(page ${folder}/${name}.html)
  file(DOWNLOAD ${index}/${name}/ ${page} STATUS status TLS_VERIFY ON INACTIVITY_TIMEOUT 60)
  list(GET status 0 code)
  if(code)
    set(${result} "${index}/${name}/: ${status}" PARENT_SCOPE)
    return()
  endif()
  file(READ ${page} links)
  cmake_host_system_information(RESULT machine QUERY OS_PLATFORM)
  string(REPLACE "-" "_" file_name "${name}")
  string(REPLACE "." "[.]" version_pattern "${version}")
  string(REGEX MATCH
               "href=\"([^\"]*/(${file_name}-${version_pattern}-[^\"]*_${machine}[.]whl))#sha256=([0-9a-f]+)"
               link "${links}")
  if(NOT link)
    set(${result} "${index}/${name}/ has no wheel of ${version} for ${machine}" PARENT_SCOPE)
    return()
  endif()
  set(url "${CMAKE_MATCH_1}")
  set(wheel "${folder}/${CMAKE_MATCH_2}")
  set(hash "${CMAKE_MATCH_3}")
  string(REGEX MATCH "^https?://[^/]+" host "${index}")
  string(REGEX REPLACE "^/" "${host}/" url "${url}")
  file(DOWNLOAD ${url} ${wheel} STATUS status TLS_VERIFY ON INACTIVITY_TIMEOUT 60)
  list(GET status 0 code)
  if(code)
    set(${result} "${url}: ${status}" PARENT_SCOPE)
    return()
  endif()
  file(SHA256 ${wheel} actual)
  if(NOT actual STREQUAL hash)
    set(${result} "${url}: its SHA-256 is ${actual}, not ${hash}" PARENT_SCOPE)
    return()
  endif()
  set(${result} "" PARENT_SCOPE)
endfunction()

# download(<folder> <requirement> <result>): pip, then the index itself.
function(download folder requirement result)
  set(problems "")
  foreach(way IN ITEMS pip_download index_download)
    cmake_language(CALL ${way} ${folder} ${requirement} problem)
    if(problem STREQUAL "")
      set(${result} "" PARENT_SCOPE)
      return()
    endif()
    string(APPEND problems "  ${problem}\n")
  endforeach()
  set(${result} "${problems}" PARENT_SCOPE)
endfunction()

# unpack(<wheels> <folder>): the libraries and headers of the wheels, whatever folder below nvidia/
# they lie in, without the second copy of the library that NVIDIA ships as *.alt.so.
function(unpack wheels folder)
  file(GLOB files ${wheels}/*.whl)
  foreach(file IN LISTS files)
    file(ARCHIVE_EXTRACT INPUT ${file} DESTINATION ${wheels}/unpacked)
  endforeach()
  file(GLOB libraries ${wheels}/unpacked/nvidia/*/lib/libnvrtc*.so*)
  list(FILTER libraries EXCLUDE REGEX "[.]alt[.]")
  file(GLOB headers ${wheels}/unpacked/nvidia/*/include/*)
  list(FILTER headers EXCLUDE REGEX "/__init__[.]py$")
  file(COPY ${libraries} DESTINATION ${folder}/lib)
  file(COPY ${headers} DESTINATION ${folder}/include)
  file(GLOB licences ${wheels}/unpacked/*.dist-info/licenses/*
       ${wheels}/unpacked/*.dist-info/License.txt)
  foreach(licence IN LISTS licences)
    string(REGEX REPLACE ".*/([^/]*)[.]dist-info/.*" "\\1" owner ${licence})
    configure_file(${licence} ${folder}/licenses/${owner}.txt COPYONLY)
  endforeach()
endfunction()

# Renaming at the end: no other process ever meets half of the folder.
function(fetch version)
  string(RANDOM LENGTH 8 suffix)
  set(scratch ${CACHE}/nvrtc-download-${suffix})
  file(MAKE_DIRECTORY ${scratch}/wheels)
  foreach(requirement IN LISTS ARGN)
    message("           ${requirement}")
    download(${scratch}/wheels ${requirement} problem)
    if(NOT problem STREQUAL "")
      message("could not download ${requirement}:\n${problem}")
      file(REMOVE_RECURSE ${scratch})
      return()
    endif()
  endforeach()
  unpack(${scratch}/wheels ${scratch}/tree)
  file(MAKE_DIRECTORY ${CACHE}/nvrtc)
  file(RENAME ${scratch}/tree ${CACHE}/nvrtc/${version} RESULT renamed)
  file(REMOVE_RECURSE ${scratch})
  if(NOT EXISTS ${CACHE}/nvrtc/${version}/lib)
    message(FATAL_ERROR "could not create ${CACHE}/nvrtc/${version}: ${renamed}")
  endif()
  set(fetched TRUE PARENT_SCOPE)
endfunction()

if(NOT CACHE)
  message(FATAL_ERROR "usage: cmake -DCACHE=<folder> -P fetch_nvrtc.cmake")
endif()
foreach(set IN ITEMS cuda13 cuda12)
  fetch(${${set}})
  if(fetched)
    return()
  endif()
endforeach()
message(FATAL_ERROR "neither NVRTC 13 nor NVRTC 12 could be downloaded")
