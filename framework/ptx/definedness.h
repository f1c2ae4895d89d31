// SPDX-License-Identifier: Apache-2.0
// Which bits of a warp's registers hold a value, for the check 'init': as MSan, by bits, and
// reported when the program's course, an address or an output comes to depend on one that has none.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ptx/track.h"
#include "ptx/warp.h"

namespace fitest::ptx {

// Lanes of a row. `whole` is part of `any`; of the lanes in between, the bits say more.
struct RowState {
  std::uint32_t any = kAllLanes;    // some bit has no value
  std::uint32_t whole = kAllLanes;  // none has
  std::uint32_t traced = 0;         // a load is known to be the reason
};

// What a lane's register lacks, and the load that it comes from.
struct Undefined {
  std::uint64_t bits = 0;      // 1: has no value
  std::uint32_t load_pc1 = 0;  // op index + 1; 0: not known
};

// The rows of the frames of one warp. Row 0 of every frame stands for constants.
class Definedness {
 public:
  // Nothing is defined in the kernel's frame.
  void start(const TrackedProgram& program);
  // Of the frame last pushed to warp.frames, nothing is.
  void enter(const Warp& warp);

  RowState* rows(std::uint16_t frame) { return states_.data() + bases_[frame]; }
  // Of the warp's current frame.
  RowState& state(const Warp& warp, std::uint32_t row) { return rows(warp.frame)[row]; }

  Undefined get(std::uint16_t frame, std::uint32_t row, int lane) const;
  void set(std::uint16_t frame, std::uint32_t row, int lane, Undefined undefined);

  // The first address that lane loaded at this op without finding a value.
  void note_load(std::uint32_t pc, int lane, std::uint64_t address);
  std::uint64_t loaded_address(std::uint32_t pc, int lane) const;

 private:
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  std::vector<std::size_t> bases_;  // by frame
  std::vector<RowState> states_;
  std::vector<std::uint64_t> bits_;  // by row and lane
  std::vector<std::uint32_t> loads_;
  std::map<std::uint32_t, std::array<std::uint64_t, kLanes>> addresses_;  // by op
};

// Reports that `use` ("the branch", "the address of the store") depends on bits of the row that
// have no value in some of the lanes, once: they count as defined from there on.
void report_undefined(Warp& warp, std::uint32_t row, std::uint32_t lanes, const std::string& use);

}  // namespace fitest::ptx
