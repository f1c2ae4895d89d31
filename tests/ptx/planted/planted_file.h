// SPDX-License-Identifier: Apache-2.0
// A CUDA file of planted bugs: kernels, each followed by its correct twin `<name>_right`.
//
//   // run: fault=<what is wrong> [grid=<x>] [block=<x>] [shared=<bytes>]
//   //      [check=<checks, separated by commas>|none]                            (on one line)
//   KERNEL(name) { … }
//
// holds for the kernel that follows and, unless it has a line of its own, for its twin. The line
// that must be reported says so itself:
//
//   code;  // expect: <name of a FaultKind>[ in <buffer>][ by <x of block>:<x of thread>]
//
// or, outside of the kernel's own body, `// expect(<kernel>): …`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest::ptx {

struct PlantedExpectation {
  std::string kernel;
  std::string kind;    // as name_of(FaultKind) gives it
  std::string buffer;  // empty: any
  std::string thread;  // "1:32"; empty: any
  std::uint32_t line = 0;
};

struct PlantedKernel {
  std::string name;
  std::string fault;  // one word for what is wrong: "missing_fence"
  Dim3 grid;
  Dim3 block;
  std::uint32_t shared_bytes = 0;  // dynamic
  std::vector<std::string> checks;
};

struct PlantedFile {
  std::string path;
  std::string text;
  std::vector<PlantedKernel> kernels;
  std::vector<PlantedExpectation> expectations;
};

// Throws Error (Input), with the line, when a comment does not make sense, a kernel has no twin, or
// a faulty one not exactly one expectation.
PlantedFile read_planted_file(const std::string& path);

}  // namespace fitest::ptx
