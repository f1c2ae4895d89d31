// SPDX-License-Identifier: Apache-2.0
// A PTX file of this folder as a test: its leading comments say what to launch and what must come
// out, on any Device.
//
//   // run: kernel=<name> grid=<x>[,y[,z]] block=<x>[,y[,z]] [shared=<bytes>] [check=init|race]
//        [cooperative=1]
//   // in <name> <type>: <values>       a buffer that the kernel may only read
//   // out <name> <type>: <values>      a buffer that must hold these values afterwards; its bytes
//                                       begin as 0xFF
//   // inout <name> <type>: <values> -> <values>
//   // scalar <name> <type>: <value>    a parameter passed by value
//   // fault: <kind>: <part of the message>
//   // raced: <the fault, when races are looked for as well>
//   // prints: <a line of output>
//
// Parameters are in the kernel's order. Values are numbers separated by spaces: 7, -1, 0x7F, 1.5,
// inf, nan (any NaN), 0..31 (a range), 5*32 (32 times), ? (any). A list may go on in lines that
// begin with "//   ". Float types compare by bits, with `~<ulp>` after the type by distance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "device/device.h"

namespace fitest::ptx {

struct PtxValue {
  std::uint64_t bits = 0;
  bool any = false;
  bool any_nan = false;
};

struct PtxParameter {
  enum class Kind { In, Out, InOut, Scalar };
  Kind kind = Kind::In;
  std::string name;
  std::string type;
  std::uint64_t ulps = 0;
  std::vector<PtxValue> given;
  std::vector<PtxValue> expected;
};

struct PtxFile {
  std::string path;
  std::string text;
  Launch launch;
  int compute_capability = 80;  // that the text's .target asks for
  std::vector<PtxParameter> parameters;
  std::optional<std::string> fault;
  std::optional<std::string> prints;
  std::optional<std::string> raced;
  bool check_init = false;
  bool check_race = false;
};

// Throws Error (Input) when the comments do not make sense.
PtxFile read_ptx_file(const std::string& path);

// Empty when everything is as the file says, else what is not.
std::string run_ptx_file(const PtxFile& file, Device& device);

}  // namespace fitest::ptx
