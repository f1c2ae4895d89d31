// SPDX-License-Identifier: Apache-2.0
// Handlers of atom and red: PTX ISA §9.7.13.
#pragma once

#include <string_view>

#include "ptx/program.h"

namespace fitest::ptx {

struct AtomicForm {
  Handler handler = nullptr;
  int bytes = 0;       // of one element
  bool has_c = false;  // cas
};

// By "<operation>.<type>" ("add.noftz.f16x2"). The op has the address in a, results in the first
// `count` entries of its list (kNoRef for red), operands b in the next `count`, and c.
const AtomicForm* find_atomic(std::string_view form);

}  // namespace fitest::ptx
