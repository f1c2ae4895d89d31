// SPDX-License-Identifier: Apache-2.0
// The tables of handlers, one set for each instruction-set level that fitest was built for.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "ptx/matrix.h"
#include "ptx/program.h"

namespace fitest::ptx {

// What executes an opcode with all of its modifiers, and how its operands are stored: one
// character for the destination, then one for each source:
//   p predicate, h 16-bit, w 32-bit, f float, l 64-bit, d double
struct HandlerEntry {
  std::string_view opcode;
  Handler handler;
  std::string_view operands;
};

// Memory accesses are not listed but chosen by these.
struct MemoryForm {
  int bytes = 4;           // of one element in memory: 1, 2, 4, 8
  bool is_signed = false;  // extend the sign into a wider register
  bool wide_row = false;   // the register has 64-bit cells
  int elements = 1;        // .v2, .v4, .v8
};

// The functions of one level. Null handlers: there is no such form.
struct HandlerSet {
  std::string_view level;  // "x86-64-v3"
  // Of the chapters whose instructions are rows of tables.
  std::vector<std::span<const HandlerEntry>> tables;
  Handler (*load)(const MemoryForm& form);
  Handler (*store)(const MemoryForm& form);
  MatrixMultiply multiply;  // mma and wmma
};

// The best level that this CPU has.
const HandlerSet& handlers();
// By full opcode; null if no chapter has it.
const HandlerEntry* find_handler(std::string_view opcode);

}  // namespace fitest::ptx
