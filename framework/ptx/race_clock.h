// SPDX-License-Identifier: Apache-2.0
// What a warp knows to have happened before, as vector clocks.
//
// One counter of the launch gives ticks. The accesses of a warp carry its current tick, and every
// event that may publish them (an arrival, a fence) gives it the next one: an access is ordered
// before whoever knows a tick of its warp that is not less.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace fitest::ptx {

// By warp of one block.
using Ticks = std::vector<std::uint32_t>;

struct FarTicks {
  std::map<std::uint32_t, Ticks> blocks;
  std::uint32_t floor = 0;  // everything up to this tick is known
};

struct Knowledge {
  Ticks near;                           // of the own block
  std::shared_ptr<const FarTicks> far;  // of others; null: nothing
};

void join(Ticks& ticks, const Ticks& more);
void join(std::shared_ptr<const FarTicks>& far, const std::shared_ptr<const FarTicks>& more);
void join(Knowledge& knowledge, const Knowledge& more);

// True if the tick of a block's warp is known.
bool knows(const FarTicks* far, std::uint32_t block, std::uint32_t warp, std::uint32_t tick);

}  // namespace fitest::ptx
