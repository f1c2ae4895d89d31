// SPDX-License-Identifier: Apache-2.0
// What every kernel of the planted-bug suite is launched with: 64 words of input (0 to 63), 64
// words of output that nothing has written, 64 zeros to work in, and a zero that the compiler
// cannot know.
#pragma once

#define KERNEL(name) \
  extern "C" __global__ void name(const unsigned* in, unsigned* out, unsigned* work, unsigned zero)
