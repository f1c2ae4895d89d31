// SPDX-License-Identifier: Apache-2.0
// What one warp request costs the memory system of a GPU: sectors of global memory, wavefronts of
// shared memory (CUDA C++ Best Practices Guide, "Coalesced Access to Global Memory" and "Shared
// Memory and Memory Banks").
#pragma once

#include <cstdint>

#include "device/profile.h"

namespace fitest::ptx {

// Addresses of the lanes of `mask`; every lane accesses as many bytes, aligned to them.
struct WarpRequest {
  const std::uint64_t* address = nullptr;  // of 32 lanes
  std::uint32_t mask = 0;
  std::uint32_t bytes = 4;
};

// Different 32-byte sectors.
std::uint64_t count_sectors(const WarpRequest& request);

// 32 banks of 4 bytes. Lanes that access one word share it, unless it is `atomic`: then they come
// one after the other. Accesses of 8 and 16 bytes go by halves and quarters of the warp.
BankCounts count_wavefronts(const WarpRequest& request, bool atomic = false);

}  // namespace fitest::ptx
