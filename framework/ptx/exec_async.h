// SPDX-License-Identifier: Apache-2.0
// Handlers of cp.async and mbarrier: PTX ISA §9.7.9.25 and §9.7.13.15.
//
// A copy is queued when it is issued and done as late as it may be: when its thread waits for it,
// or when somebody tests the mbarrier that its thread made it signal. A kernel that forgets to wait
// reads what was there.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ptx/program.h"
#include "ptx/warp.h"

namespace fitest::ptx {

// Arrivals of a warp's threads at mbarriers, once their copies are done.
struct DeferredArrival {
  Warp* warp = nullptr;
  std::uint32_t lanes = 0;
  std::uint32_t pc = 0;
  std::array<std::uint64_t, kLanes> address{};
  std::array<std::uint8_t*, kLanes> place{};
  std::vector<AsyncCopy> copies;
};

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
