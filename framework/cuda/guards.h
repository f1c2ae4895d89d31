// SPDX-License-Identifier: Apache-2.0
// Guard zones: bytes on both sides of a buffer that no kernel may change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace fitest::cuda {

// Of one zone. A multiple of every alignment that a kernel may ask of a buffer, so that the buffer
// keeps the alignment of its allocation.
inline constexpr std::size_t kGuardBytes = 65536;

// What a zone holds. It differs from byte to byte, so that no fill and no shifted copy restores it.
std::span<const std::byte> guard_pattern();

struct GuardDamage {
  std::int64_t offset = 0;      // of the damaged byte nearest to the buffer, from its start
  std::size_t bytes_apart = 0;  // between that byte and the buffer
  std::size_t changed_bytes = 0;
};

// The zones as found around a buffer of `size_bytes`, each kGuardBytes long. Nearer damage wins.
std::optional<GuardDamage> find_damage(std::span<const std::byte> front,
                                       std::span<const std::byte> back, std::size_t size_bytes);

// "4 bytes outside 'y' were changed, the nearest at y+4096, 0 bytes past its end (4096 bytes)"
std::string describe(const GuardDamage& damage, const std::string& name, std::size_t size_bytes);

}  // namespace fitest::cuda
