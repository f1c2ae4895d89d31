// SPDX-License-Identifier: Apache-2.0
#include "device/profile.h"

namespace fitest {
namespace {

constexpr std::array<std::string_view, kInstructionClasses> kNames = {
    "integer", "float32",    "float64", "half",   "special", "convert",
    "compare", "move",       "global",  "shared", "local",   "constant",
    "atomic",  "async copy", "tensor",  "warp",   "barrier", "control"};

SectorCounts& operator+=(SectorCounts& a, const SectorCounts& b) {
  a.requests += b.requests;
  a.sectors += b.sectors;
  return a;
}

BankCounts& operator+=(BankCounts& a, const BankCounts& b) {
  a.requests += b.requests;
  a.wavefronts += b.wavefronts;
  a.conflicts += b.conflicts;
  return a;
}

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string_view name_of(InstructionClass kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

ProfileCounts& ProfileCounts::operator+=(const ProfileCounts& other) {
  warp_instructions += other.warp_instructions;
  thread_instructions += other.thread_instructions;
  branches += other.branches;
  divergent_branches += other.divergent_branches;
  global_loads += other.global_loads;
  global_stores += other.global_stores;
  global_atomics += other.global_atomics;
  shared += other.shared;
  return *this;
}

double LaunchProfile::mean_active_lanes() const {
  return ratio(total.thread_instructions, total.warp_instructions);
}

double LaunchProfile::tensor_share() const {
  return ratio(tensor_operations, tensor_operations + float_operations);
}

}  // namespace fitest
