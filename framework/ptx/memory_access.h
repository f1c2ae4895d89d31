// SPDX-License-Identifier: Apache-2.0
// Accesses that are not one aligned row of one segment: each lane on its own, and every fault.
#pragma once

#include <cstdint>
#include <string>

#include "ptx/warp.h"

namespace fitest::ptx {

// Host addresses of the active lanes' generic addresses for an access of op.bytes; false once the
// Fault is raised.
bool locate_lanes(Warp& warp, const Op& op, const std::uint64_t* address, std::uint8_t** place);

// Tells the block's race detector what the active lanes are about to do; `fresh`: what they store,
// lane i's bytes at i * op.bytes.
void note_access(Warp& warp, const Op& op, const std::uint8_t* fresh = nullptr);

// What an address is called in messages.
struct PlaceName {
  std::string buffer;
  std::int64_t offset = 0;
};
PlaceName name_place(const Warp& warp, int lane, std::uint64_t address);

// Segment::written at a lane's address; null where all is initialised or nothing is mapped.
std::uint8_t* written_at(const Warp& warp, int lane, std::uint64_t address);
// True of buffers that the kernel's user reads.
bool is_output(const Warp& warp, std::uint64_t address);

// The same for one place of one lane, for strings and the like. Null once the Fault is raised.
const std::uint8_t* locate_bytes(Warp& warp, int lane, std::uint64_t address, std::size_t bytes);
// Bytes from the address to the end of its segment; 0 if there is none.
std::size_t readable_bytes(const Warp& warp, int lane, std::uint64_t address);

}  // namespace fitest::ptx
