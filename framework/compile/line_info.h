// SPDX-License-Identifier: Apache-2.0
// The file names inside compiled PTX.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler.h"

namespace fitest {

// NVRTC puts the working directory before the names of in-memory sources in `.file` directives.
// Gives the PTX with the Solution's own names, the same wherever it was compiled.
std::string with_source_names(std::string_view ptx, const std::vector<SourceFile>& sources);

}  // namespace fitest
