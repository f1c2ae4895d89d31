// SPDX-License-Identifier: Apache-2.0
// What the handlers of the check 'init' share. Included by track_*.cpp only.
#pragma once

#include "ptx/definedness.h"
#include "ptx/lanes.h"

namespace fitest::ptx {

using namespace baseline;

inline const Tracked& tracked_of(const Warp& warp) {
  return warp.tracked->ops[warp.pc];
}

// Lanes of the mask for which some bit of the row has no value.
inline std::uint32_t undefined_lanes(const Warp& warp, std::uint32_t row) {
  return warp.defined->state(warp, row).any & warp.mask;
}

// Sets warp.mask by the guard, which must be defined; false: no lane executes the op.
inline bool pass_guard(Warp& warp, const Tracked& tracked) {
  const std::uint32_t guard = tracked.op.guard;
  if (guard == kNoGuard) return true;
  if (undefined_lanes(warp, tracked.guard) != 0) [[unlikely]] {
    report_undefined(warp, tracked.guard, undefined_lanes(warp, tracked.guard),
                     "the condition of the instruction");
  }
  const std::uint32_t bits = predicate(warp, guard & ~1U);
  warp.mask = warp.group & ((guard & 1) != 0 ? ~bits : bits);
  return warp.mask != 0;
}

inline void define(RowState& state, std::uint32_t lanes) {
  state.any &= ~lanes;
  state.whole &= ~lanes;
}

// Of the warp's current frame; row 0 stays as it is.
inline void define(Warp& warp, std::uint32_t row) {
  define(warp.defined->state(warp, row), warp.mask);
}

// Reports the use of a row that has no value.
inline void require_defined(Warp& warp, std::uint32_t row, const char* use) {
  const std::uint32_t lanes = undefined_lanes(warp, row);
  if (lanes != 0) [[unlikely]]
    report_undefined(warp, row, lanes, use);
}

}  // namespace fitest::ptx
