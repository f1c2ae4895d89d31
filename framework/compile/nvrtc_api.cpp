// SPDX-License-Identifier: Apache-2.0
#include "compile/nvrtc_api.h"

namespace fitest {

std::optional<NvrtcApi> load_nvrtc_api(const DynamicLibrary& library, std::string* missing) {
  NvrtcApi api;
#define FITEST_NVRTC(result, member, symbol, ...)         \
  api.member = library.find<result(__VA_ARGS__)>(symbol); \
  if (api.member == nullptr) {                            \
    *missing = symbol;                                    \
    return std::nullopt;                                  \
  }
#include "compile/nvrtc_api.def"
#undef FITEST_NVRTC
  return api;
}

}  // namespace fitest
