// SPDX-License-Identifier: Apache-2.0
// Counts what the warps of one host thread execute and access. Warps have one only in launches that
// are profiled; these run in a loop of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "device/profile.h"
#include "ptx/memory_cost.h"
#include "ptx/program.h"

namespace fitest::ptx {

class Profile {
 public:
  explicit Profile(const Program& program);

  // Around the handler of an op; warp.mask is set.
  void begin(Warp& warp, const Op& op);
  void end(const Warp& warp, Step step);
  // An access of the op that is being executed, beyond those of ld and st.
  void access(const WarpRequest& request, std::uint8_t flags);

  void merge(const Profile& other);
  // All but the launch's configuration.
  LaunchProfile report() const;

 private:
  struct OpCounts {
    ProfileCounts all;
    std::uint64_t active = 0;  // lanes that the guard let through
    std::uint64_t local_requests = 0;
  };
  enum Trait : std::uint8_t { kFirst = 1, kLoadsOrStores = 2, kBranches = 4 };

  void add_to_class(const Instruction& instruction, const OpCounts& counts,
                    LaunchProfile& report) const;

  const Program& program_;
  std::vector<OpCounts> counts_;      // of every op
  std::vector<std::uint8_t> traits_;  // of every op: Trait
  // Of the op between begin() and end().
  std::uint32_t pc_ = 0;
  std::uint32_t group_ = 0;
};

}  // namespace fitest::ptx
