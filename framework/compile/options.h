// SPDX-License-Identifier: Apache-2.0
// The command line that NVRTC gets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compile/compiler.h"

namespace fitest {

// fitest's own options, the defines, then the Solution's.
std::vector<std::string> nvrtc_options(const CompileRequest& request,
                                       const std::vector<std::string>& include_paths);

// Says which of a Solution's options is one that fitest decides itself, or that would read or
// write files of the host; nothing when all are fine.
std::optional<std::string> problem_of_options(const std::vector<std::string>& options);

// "compute_80" is PTX, "sm_90a" is a cubin; anything else is an Error (Usage).
bool target_is_ptx(const std::string& target);

}  // namespace fitest
