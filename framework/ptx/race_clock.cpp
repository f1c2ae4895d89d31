// SPDX-License-Identifier: Apache-2.0
#include "ptx/race_clock.h"

#include <algorithm>

namespace fitest::ptx {
namespace {

// Beyond so many blocks, single ticks give way to one that all of them have passed.
constexpr std::size_t kMaxBlocks = 4096;

}  // namespace

void join(Ticks& ticks, const Ticks& more) {
  if (ticks.size() < more.size()) ticks.resize(more.size());
  for (std::size_t i = 0; i < more.size(); ++i) ticks[i] = std::max(ticks[i], more[i]);
}

void join(std::shared_ptr<const FarTicks>& far, const std::shared_ptr<const FarTicks>& more) {
  if (more == nullptr || far == more) return;
  if (far == nullptr) {
    far = more;
    return;
  }
  auto both = std::make_shared<FarTicks>(*far);
  both->floor = std::max(both->floor, more->floor);
  for (const auto& [block, ticks] : more->blocks) join(both->blocks[block], ticks);
  if (both->blocks.size() > kMaxBlocks) {
    for (const auto& [block, ticks] : both->blocks) {
      for (const std::uint32_t tick : ticks) both->floor = std::max(both->floor, tick);
    }
    both->blocks.clear();
  }
  far = std::move(both);
}

void join(Knowledge& knowledge, const Knowledge& more) {
  join(knowledge.near, more.near);
  join(knowledge.far, more.far);
}

bool knows(const FarTicks* far, std::uint32_t block, std::uint32_t warp, std::uint32_t tick) {
  if (far == nullptr) return false;
  if (tick <= far->floor) return true;
  const auto found = far->blocks.find(block);
  return found != far->blocks.end() && warp < found->second.size() && tick <= found->second[warp];
}

}  // namespace fitest::ptx
