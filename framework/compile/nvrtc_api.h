// SPDX-License-Identifier: Apache-2.0
// NVRTC's C functions as a table filled at run time (nvrtc_api.def).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/dynamic_library.h"

namespace fitest {

// nvrtcResult; the values that mean "the source is wrong" rather than "NVRTC is".
using NvrtcResult = int;
inline constexpr NvrtcResult kNvrtcSuccess = 0;
inline constexpr NvrtcResult kNvrtcInvalidOption = 5;
inline constexpr NvrtcResult kNvrtcCompilationFailed = 6;

using NvrtcHandle = struct NvrtcProgramState*;

struct NvrtcApi {
#define FITEST_NVRTC(result, member, symbol, ...) result (*member)(__VA_ARGS__) = nullptr;
#include "compile/nvrtc_api.def"
#undef FITEST_NVRTC
};

// Nothing when the library lacks an entry, which `missing` then names.
std::optional<NvrtcApi> load_nvrtc_api(const DynamicLibrary& library, std::string* missing);

}  // namespace fitest
