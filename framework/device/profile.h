// SPDX-License-Identifier: Apache-2.0
// What a launch executed and touched, counted: exact for the device that counts, no times.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/fault.h"

namespace fitest {

enum class InstructionClass : std::uint8_t {
  Integer,
  Float32,
  Float64,
  Half,       // f16, bf16, alone and in pairs
  Special,    // ex2, lg2, sin, cos, tanh, rcp, rsqrt, sqrt, div of floats
  Convert,    //
  Compare,    // setp, selp, set, slct
  Move,       // mov, cvta, prmt, …
  Global,     // ld and st
  Shared,     // ld, st, ldmatrix, stmatrix
  Local,      //
  Constant,   // ld of kernel parameters and constant memory
  Atomic,     // atom, red
  AsyncCopy,  // cp.async and its waits
  Tensor,     // mma, wmma.mma
  Warp,       // shfl, vote, match, redux, …
  Barrier,    // bar, mbarrier, fences
  Control,    // bra, call, ret, exit
};
inline constexpr std::size_t kInstructionClasses = 18;
std::string_view name_of(InstructionClass kind);

// Warp requests to global memory, and the 32-byte sectors that they touch: 4 for each request of
// 32 lanes that read neighbouring 4-byte words, 32 when every lane is somewhere else.
struct SectorCounts {
  std::uint64_t requests = 0;
  std::uint64_t sectors = 0;
};

// Warp requests to shared memory. A wavefront serves every bank once; conflicts are the wavefronts
// beyond those that the width needs (1 for up to 4 bytes a lane, 2 for 8, 4 for 16).
struct BankCounts {
  std::uint64_t requests = 0;
  std::uint64_t wavefronts = 0;
  std::uint64_t conflicts = 0;
};

// Of one instruction, one source line, or a launch.
struct ProfileCounts {
  std::uint64_t warp_instructions = 0;
  std::uint64_t thread_instructions = 0;  // lanes that were at them
  std::uint64_t branches = 0;             // conditional, of a warp
  std::uint64_t divergent_branches = 0;   // whose lanes went different ways
  SectorCounts global_loads;
  SectorCounts global_stores;
  SectorCounts global_atomics;
  BankCounts shared;

  ProfileCounts& operator+=(const ProfileCounts& other);
  std::uint64_t sectors() const {
    return global_loads.sectors + global_stores.sectors + global_atomics.sectors;
  }
  // What lines are ranked by: one for each warp instruction, sector and conflict.
  std::uint64_t cost() const { return warp_instructions + sectors() + shared.conflicts; }
};

struct LineProfile {
  CodeLine source;  // line 0: code without line information
  ProfileCounts counts;
};

struct LaunchProfile {
  std::string kernel;  // mangled name
  Dim3 grid;
  Dim3 block;
  std::size_t dynamic_shared_bytes = 0;
  ProfileCounts total;
  std::array<std::uint64_t, kInstructionClasses> by_class{};  // warp instructions
  // Arithmetic on floats and of tensor cores; a fused multiply-add is two operations.
  std::uint64_t float_operations = 0;
  std::uint64_t tensor_operations = 0;
  std::vector<LineProfile> lines;  // the most costly first

  // Of 32.
  double mean_active_lanes() const;
  // Of all arithmetic, 0 to 1.
  double tensor_share() const;
};

}  // namespace fitest
