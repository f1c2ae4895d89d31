// SPDX-License-Identifier: Apache-2.0
#include "ptx/profile.h"

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

#include "ptx/instruction_class.h"
#include "ptx/lanes.h"

namespace fitest::ptx {
namespace {

std::uint64_t lanes_in(std::uint32_t mask) {
  return static_cast<std::uint64_t>(std::popcount(mask));
}

bool is_load_or_store(const Instruction& instruction, const Op& op) {
  const std::string& opcode = instruction.opcode;
  return (opcode == "ld" || opcode == "ldu" || opcode == "st") &&
         (op.flags & (kOpReads | kOpWrites)) != 0;
}

bool may_diverge(const Instruction& instruction) {
  return instruction.opcode == "brx" || (instruction.opcode == "bra" && instruction.guard);
}

bool in_window(std::uint64_t address, std::uint64_t window) {
  return slot_of(address) == slot_of(window);
}

}  // namespace

Profile::Profile(const Program& program)
    : program_(program), counts_(program.code.size()), traits_(program.code.size()) {
  const Instruction* last = nullptr;
  for (std::size_t i = 0; i < traits_.size(); ++i) {
    const Instruction* instruction = program.origins[i].instruction;
    if (instruction == nullptr) continue;
    // An instruction counts with the first of its ops.
    if (instruction != last) traits_[i] |= kFirst;
    if (is_load_or_store(*instruction, program.code[i])) traits_[i] |= kLoadsOrStores;
    if (may_diverge(*instruction)) traits_[i] |= kBranches;
    last = instruction;
  }
}

void Profile::begin(Warp& warp, const Op& op) {
  pc_ = warp.pc;
  group_ = warp.group;
  OpCounts& counts = counts_[pc_];
  const std::uint8_t traits = traits_[pc_];
  if ((traits & kFirst) != 0) {
    ++counts.all.warp_instructions;
    counts.all.thread_instructions += lanes_in(group_);
    counts.active += lanes_in(warp.mask);
  }
  if ((traits & kLoadsOrStores) == 0 || warp.mask == 0) return;
  std::uint64_t address[kLanes] = {};
  baseline::for_each_lane(
      warp.mask, [&](int lane) { address[lane] = baseline::lane_address(warp, op, lane); });
  access({address, warp.mask, op.bytes}, op.flags);
}

void Profile::end(const Warp& warp, Step step) {
  OpCounts& counts = counts_[pc_];
  const std::uint8_t traits = traits_[pc_];
  if ((traits & kBranches) != 0) {
    ++counts.all.branches;
    if (step != Step::Select) return;
    const std::uint32_t target = warp.lane_pc[std::countr_zero(group_)];
    std::uint32_t elsewhere = 0;
    baseline::for_each_lane(group_, [&](int lane) {
      elsewhere |= static_cast<std::uint32_t>(warp.lane_pc[lane] != target);
    });
    counts.all.divergent_branches += elsewhere;
    return;
  }
  // Lanes that wait here for others will execute the op again, with them.
  const std::uint32_t held = step == Step::Select ? group_ & warp.blocked : 0;
  if (held == 0 || (traits & kFirst) == 0) return;
  if (held == group_) --counts.all.warp_instructions;
  counts.all.thread_instructions -= lanes_in(held);
  counts.active -= lanes_in(held);
}

void Profile::access(const WarpRequest& request, std::uint8_t flags) {
  OpCounts& counts = counts_[pc_];
  const bool reads = (flags & kOpReads) != 0;
  const bool writes = (flags & kOpWrites) != 0;
  std::uint32_t shared = 0;
  std::uint32_t global = 0;
  std::uint32_t local = 0;
  baseline::for_each_lane(request.mask, [&](int lane) {
    const std::uint32_t bit = 1u << lane;
    if (in_window(request.address[lane], kSharedWindow)) {
      shared |= bit;
    } else if (in_window(request.address[lane], kLocalWindow)) {
      local |= bit;
    } else if (!in_window(request.address[lane], kParamWindow)) {
      global |= bit;
    }
  });
  if (local != 0) ++counts.local_requests;
  if (shared != 0) {
    const BankCounts banks =
        count_wavefronts({request.address, shared, request.bytes}, reads && writes);
    counts.all.shared.requests += banks.requests;
    counts.all.shared.wavefronts += banks.wavefronts;
    counts.all.shared.conflicts += banks.conflicts;
  }
  const bool constant = program_.code[pc_].space == static_cast<std::uint8_t>(StateSpace::Const);
  if (global == 0 || constant) return;
  SectorCounts& sectors = reads && writes ? counts.all.global_atomics
                          : writes        ? counts.all.global_stores
                                          : counts.all.global_loads;
  ++sectors.requests;
  sectors.sectors += count_sectors({request.address, global, request.bytes});
}

void Profile::merge(const Profile& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i].all += other.counts_[i].all;
    counts_[i].active += other.counts_[i].active;
    counts_[i].local_requests += other.counts_[i].local_requests;
  }
}

// Generic accesses go where their addresses were.
void Profile::add_to_class(const Instruction& instruction, const OpCounts& counts,
                           LaunchProfile& report) const {
  const auto add = [&](InstructionClass kind, std::uint64_t count) {
    report.by_class[static_cast<std::size_t>(kind)] += count;
  };
  const InstructionClass kind = class_of(instruction);
  std::uint64_t rest = counts.all.warp_instructions;
  if (kind == InstructionClass::Global) {
    const std::uint64_t shared = std::min(rest, counts.all.shared.requests);
    rest -= shared;
    const std::uint64_t local = std::min(rest, counts.local_requests);
    rest -= local;
    add(InstructionClass::Shared, shared);
    add(InstructionClass::Local, local);
  }
  add(kind, rest);
}

LaunchProfile Profile::report() const {
  LaunchProfile report;
  std::map<std::pair<std::string, std::uint32_t>, ProfileCounts> lines;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const Instruction* instruction = program_.origins[i].instruction;
    const OpCounts& counts = counts_[i];
    if (instruction == nullptr) continue;
    add_to_class(*instruction, counts, report);
    report.float_operations += counts.active * float_operations(*instruction);
    report.tensor_operations += counts.all.warp_instructions * tensor_operations(*instruction);
    report.total += counts.all;
    if (counts.all.cost() == 0) continue;
    const CodeLine source = locate_fault(program_, *instruction).source;
    lines[{source.file, source.line}] += counts.all;
  }
  for (const auto& [place, counts] : lines) {
    report.lines.push_back({{place.first, place.second, {}}, counts});
  }
  std::stable_sort(
      report.lines.begin(), report.lines.end(),
      [](const LineProfile& a, const LineProfile& b) { return a.counts.cost() > b.counts.cost(); });
  return report;
}

}  // namespace fitest::ptx
