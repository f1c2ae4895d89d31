// SPDX-License-Identifier: Apache-2.0
// Handlers of instructions in which the lanes of a warp meet: PTX ISA §9.7.9.6, §9.7.13.
#pragma once

#include "ptx/program.h"

namespace fitest::ptx {

enum class ShuffleMode : std::uint32_t { Up, Down, Butterfly, Index };
enum class VoteMode : std::uint32_t { All, Any, Uniform, Ballot };
enum class WarpReduction : std::uint32_t { Add, Min, Max, And, Or, Xor, SignedMin, SignedMax };

// The lane that a lane reads with operands b and c; itself if that is out of range.
struct ShuffleSource {
  int lane = 0;
  bool in_range = false;
};
ShuffleSource shuffle_source(ShuffleMode mode, int lane, std::uint32_t b, std::uint32_t c);

// In all that follow op.e is the row of member masks.

Step warp_barrier(Warp& warp, const Op& op);
// op.d = a of the lane that b and c name, predicate op.list (or kNoRef): it was in range. aux:
// mode.
Step shuffle(Warp& warp, const Op& op);
// op.d: predicate or, for Ballot, a row; op.a: predicate.
Step vote(Warp& warp, const Op& op);
Step match_any32(Warp& warp, const Op& op);
Step match_any64(Warp& warp, const Op& op);
// op.list: the predicate, or kNoRef.
Step match_all32(Warp& warp, const Op& op);
Step match_all64(Warp& warp, const Op& op);
Step reduce(Warp& warp, const Op& op);
Step active_mask(Warp& warp, const Op& op);
// op.d: the leader (or kNoRef), op.list: the predicate.
Step elect(Warp& warp, const Op& op);

}  // namespace fitest::ptx
