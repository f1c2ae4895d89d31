// SPDX-License-Identifier: Apache-2.0
// What `#include` finds while a Solution is compiled: its own sources, the toolkit's headers and
// a few of the standard library's; nothing else of the host.
#pragma once

#include <string>
#include <vector>

#include "compile/compiler.h"

namespace fitest {

// One name in memory for each spelling that the sources use. NVRTC compares whole spellings, so
// "../common.cuh" is given as a header of that name that forwards to the source it means. A file
// in quotes that is neither a source nor under `include_paths` becomes an #error: NVRTC would
// look for it in the working directory, and an absolute path anywhere.
std::vector<SourceFile> in_memory_headers(const CompileRequest& request,
                                          const std::vector<std::string>& include_paths);

}  // namespace fitest
