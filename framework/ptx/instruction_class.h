// SPDX-License-Identifier: Apache-2.0
// Sorts instructions for the profile of a launch.
#pragma once

#include <cstdint>

#include "device/profile.h"
#include "ptx/module.h"

namespace fitest::ptx {

// By opcode, state space and type. Generic accesses are of class Global: where they really go is
// known when they execute.
InstructionClass class_of(const Instruction& instruction);

// Floating-point operations of a lane; a fused multiply-add is two. 0 for everything else.
std::uint64_t float_operations(const Instruction& instruction);

// Operations of a whole warp by an mma or wmma.mma: 2 m n k. 0 for everything else.
std::uint64_t tensor_operations(const Instruction& instruction);

}  // namespace fitest::ptx
