// SPDX-License-Identifier: Apache-2.0
// Other ways than run_warp() to let a warp run.
#pragma once

#include <cstdint>

#include "ptx/warp.h"

namespace fitest::ptx {

// For so many ops at the most; Yielded or Sliced, as run_warp(), if it has to give its turn before.
WarpStatus run_warp_briefly(Warp& warp, std::uint32_t ops);

// Asks before and after every op.
class OpWatcher {
 public:
  virtual ~OpWatcher() = default;
  virtual void before(const Warp& warp, const Op& op) = 0;
  virtual void after(const Warp& warp) = 0;
};
WarpStatus run_warp_under(Warp& warp, OpWatcher& watcher);

}  // namespace fitest::ptx
