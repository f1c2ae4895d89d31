// SPDX-License-Identifier: Apache-2.0
// Handlers of control flow, barriers and special registers.
#pragma once

#include "ptx/program.h"

namespace fitest::ptx {

// Values of the table special_register.def, in its order.
enum class SpecialRegister : std::uint32_t {
#define FITEST_PTX_SPECIAL(name, enumerator, code) enumerator,
#include "ptx/special_register.def"
#undef FITEST_PTX_SPECIAL
};

Step branch(Warp& warp, const Op& op);
// op.a: index; op.list, op.count: targets.
Step indexed_branch(Warp& warp, const Op& op);
Step exit_thread(Warp& warp, const Op& op);
Step trap(Warp& warp, const Op& op);
Step call_direct(Warp& warp, const Op& op);
Step call_indirect(Warp& warp, const Op& op);
// op.a: id, op.b: thread count or none, op.c: predicate, op.aux: Reduction, imm 1: arrive only.
Step block_barrier(Warp& warp, const Op& op);
// op.aux: index into Program::opcodes.
Step note_opcode(Warp& warp, const Op& op);
Step nanosleep(Warp& warp, const Op& op);
Step fence(Warp& warp, const Op& op);
// op.aux: SpecialRegister.
Step read_special32(Warp& warp, const Op& op);
Step read_special64(Warp& warp, const Op& op);
// op.imm: offset into the frame.
Step read_frame_address(Warp& warp, const Op& op);

}  // namespace fitest::ptx
