// SPDX-License-Identifier: Apache-2.0
// Handlers of cp.async and mbarrier: PTX ISA §9.7.9.25 and §9.7.13.15.
//
// A copy is queued when it is issued and done when its thread waits for it, not before: a kernel
// that forgets to wait reads what was there.
#pragma once

#include "ptx/program.h"

namespace fitest::ptx {

// op.a: destination, op.b + (signed) aux: source, op.e: bytes to read or none; op.bytes.
Step copy_async(Warp& warp, const Op& op);
Step commit_copies(Warp& warp, const Op& op);
// op.imm: groups that may stay pending; negative: none, not even uncommitted ones.
Step wait_copies(Warp& warp, const Op& op);

enum class MbarrierAction : std::uint32_t {
  Init,
  Invalidate,
  Arrive,
  ArriveDrop,
  ArriveExpect,  // expect_tx, then arrive
  ArriveCopies,  // cp.async.mbarrier.arrive.noinc
  KeepCopies,    // cp.async.mbarrier.arrive: one more is expected, and arrives
  Expect,
  Complete,
};

// op.a: address, op.b: count or bytes (or none), op.d: state (or none), aux: action.
Step update_mbarrier(Warp& warp, const Op& op);
// op.d: predicate, op.a: address, op.b: state, or with aux 1 a parity.
Step test_mbarrier(Warp& warp, const Op& op);
// op.d = arrivals pending in state op.a.
Step mbarrier_pending(Warp& warp, const Op& op);

}  // namespace fitest::ptx
