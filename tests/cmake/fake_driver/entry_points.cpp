// SPDX-License-Identifier: Apache-2.0
// Every entry point that fitest looks for, as one that is not supported (CUresult 801); listing.cpp
// has stronger ones of the same names.
#define FITEST_CUDA(member, symbol, since, ...)                           \
  extern "C" int absent_##member() __asm__(symbol) __attribute__((weak)); \
  extern "C" int absent_##member() {                                      \
    return 801;                                                           \
  }
#include "cuda/driver_api.def"
#undef FITEST_CUDA
