// SPDX-License-Identifier: Apache-2.0
// Launches in which every thread waits for something that nobody will do.
//
// Nothing is guessed: a launch stands still for good when all of its blocks come back to a state
// that they have been in, and no op in between changed global memory or looked at a clock.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "ptx/warp.h"

namespace fitest::ptx {

// Runs the warp as run_warp() does. `changes` becomes true when an op did what the states of the
// blocks do not show.
WarpStatus run_warp_watched(Warp& warp, bool& changes);

// Of all that decides what the warp does next, but for memory that others share.
std::uint64_t state_of(const Warp& warp);

// Joins a value, or bytes, to a hash.
std::uint64_t mix(std::uint64_t hash, std::uint64_t value);
std::uint64_t mix(std::uint64_t hash, const void* bytes, std::size_t size);

class Standstill {
 public:
  explicit Standstill(std::vector<Block*> blocks) : blocks_(std::move(blocks)) {}
  // True once it is certain; false when something changes, or takes too long to come back.
  bool certain();
  // Names a thread that waits, and where others do.
  void raise_deadlock();

 private:
  std::vector<Block*> blocks_;
  std::set<std::uint64_t> seen_;
};

}  // namespace fitest::ptx
