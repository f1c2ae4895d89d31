// SPDX-License-Identifier: Apache-2.0
#include "ptx/definedness.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "ptx/execution.h"
#include "ptx/memory_access.h"

namespace fitest::ptx {

void Definedness::start(const TrackedProgram& program) {
  bases_.assign(1, 0);
  const std::size_t rows = program.row_counts.front();
  if (states_.size() < rows) {
    states_.resize(rows);
    bits_.resize(rows * kLanes);
    loads_.resize(rows * kLanes);
  }
  std::fill_n(states_.begin(), rows, RowState{});
  states_.front() = RowState{0, 0, 0};
}

void Definedness::enter(const Warp& warp) {
  const TrackedProgram& program = *warp.tracked;
  const std::size_t last = warp.frames.size() - 1;
  bases_.resize(last + 1);
  bases_[last] = bases_[last - 1] + program.row_counts[warp.frames[last - 1].function];
  const std::size_t end = bases_[last] + program.row_counts[warp.frames[last].function];
  if (states_.size() < end) {
    states_.resize(2 * end);
    bits_.resize(2 * end * kLanes);
    loads_.resize(2 * end * kLanes);
  }
  std::fill(states_.begin() + static_cast<std::ptrdiff_t>(bases_[last]),
            states_.begin() + static_cast<std::ptrdiff_t>(end), RowState{});
  states_[bases_[last]] = RowState{0, 0, 0};
}

Undefined Definedness::get(std::uint16_t frame, std::uint32_t row, int lane) const {
  const std::size_t at = bases_[frame] + row;
  const RowState& state = states_[at];
  if ((state.any >> lane & 1) == 0) return {};
  const std::size_t cell = at * kLanes + static_cast<std::size_t>(lane);
  return {(state.whole >> lane & 1) != 0 ? ~std::uint64_t{0} : bits_[cell],
          (state.traced >> lane & 1) != 0 ? loads_[cell] : 0};
}

void Definedness::set(std::uint16_t frame, std::uint32_t row, int lane, Undefined undefined) {
  if (row == 0) return;
  const std::size_t at = bases_[frame] + row;
  RowState& state = states_[at];
  const std::uint32_t bit = 1U << lane;
  state.any &= ~bit;
  state.whole &= ~bit;
  state.traced &= ~bit;
  if (undefined.bits == 0) return;
  const std::size_t cell = at * kLanes + static_cast<std::size_t>(lane);
  state.any |= bit;
  if (undefined.bits == ~std::uint64_t{0}) state.whole |= bit;
  bits_[cell] = undefined.bits;
  if (undefined.load_pc1 == 0) return;
  state.traced |= bit;
  loads_[cell] = undefined.load_pc1;
}

void Definedness::note_load(std::uint32_t pc, int lane, std::uint64_t address) {
  const auto [found, is_new] = addresses_.try_emplace(pc);
  if (is_new) found->second.fill(kUnknown);
  std::uint64_t& known = found->second[static_cast<std::size_t>(lane)];
  if (known == kUnknown) known = address;
}

std::uint64_t Definedness::loaded_address(std::uint32_t pc, int lane) const {
  const auto& lanes = addresses_.at(pc);
  const std::uint64_t own = lanes[static_cast<std::size_t>(lane)];
  if (own != kUnknown) return own;
  // The value came from another lane, by a shuffle.
  for (const std::uint64_t address : lanes) {
    if (address != kUnknown) return address;
  }
  return kUnknown;
}

namespace {

std::string place_of(const Fault& at) {
  if (at.source.line != 0) return fmt::format("{}:{}", at.source.file, at.source.line);
  return fmt::format("ptx:{}", at.ptx.line);
}

// The value was loaded: the load is where to look, the use says why it matters.
Fault loaded_fault(const Warp& warp, int lane, std::uint32_t load_pc, const std::string& use) {
  const Program& program = warp.execution->program();
  const std::uint64_t address = warp.defined->loaded_address(load_pc, lane);
  Fault fault = fault_at(warp, FaultKind::Uninitialized, {});
  const Fault load = locate_fault(program, load_pc);
  const PlaceName place = name_place(warp, lane, address);
  const std::string used = place_of(fault);
  fault.source = load.source;
  fault.ptx = load.ptx;
  fault.buffer = place.buffer;
  fault.offset = place.offset;
  const bool same = used == place_of(load);
  fault.message =
      fmt::format("load of {} bytes at {}+{}, which nothing has written; {}{} depends on it",
                  program.tracked->ops[load_pc].op.bytes, place.buffer, place.offset, use,
                  same ? std::string() : " at " + used);
  return fault;
}

}  // namespace

void report_undefined(Warp& warp, std::uint32_t row, std::uint32_t lanes, const std::string& use) {
  Definedness& defined = *warp.defined;
  const int lane = std::countr_zero(lanes);
  const Undefined undefined = defined.get(warp.frame, row, lane);
  const std::uint32_t mask = std::exchange(warp.mask, 1U << lane);
  if (undefined.load_pc1 != 0) {
    warp.execution->note(loaded_fault(warp, lane, undefined.load_pc1 - 1, use));
  } else {
    warp.execution->note(
        fault_at(warp, FaultKind::Uninitialized,
                 fmt::format("{} depends on a register that nothing has given a value", use)));
  }
  warp.mask = mask;
  RowState& state = defined.state(warp, row);
  state.any &= ~lanes;
  state.whole &= ~lanes;
}

}  // namespace fitest::ptx
