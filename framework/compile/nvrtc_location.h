// SPDX-License-Identifier: Apache-2.0
// Where NVRTC and the toolkit headers that belong to it may be.
#pragma once

#include <string>
#include <vector>

namespace fitest {

struct NvrtcLocation {
  std::string library;                     // a file, or a soname that the loader resolves
  std::vector<std::string> include_paths;  // -I of its toolkit, and its CCCL
  bool is_file = true;
};

// Everything that the search meets, best first: $FITEST_NVRTC (file or folder) alone when it is
// set; else the toolkits of $FITEST_CUDA_HOME, $CUDA_HOME, $CUDA_PATH and /usr/local/cuda*, the
// wheels that bootstrap.sh unpacked, and the loader's own path. FITEST_IGNORE_TOOLKIT=1 leaves
// the wheels alone. $FITEST_CUDA_INCLUDE (folders separated by ':') replaces the headers.
std::vector<NvrtcLocation> find_nvrtc();

// One line per location that changes whenever what it holds does: paths, sizes and times.
std::string identity_of(const std::vector<NvrtcLocation>& locations);

}  // namespace fitest
