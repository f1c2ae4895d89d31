// SPDX-License-Identifier: Apache-2.0
#include "cuda/guards.h"

#include <fmt/format.h>

#include <vector>

#include "base/philox.h"

namespace fitest::cuda {
namespace {

constexpr PhiloxKey kPatternKey{0x66697465, 0x73740000};

std::vector<std::byte> make_pattern() {
  std::vector<std::byte> pattern;
  pattern.reserve(kGuardBytes);
  for (std::uint32_t block = 0; pattern.size() < kGuardBytes; ++block) {
    for (const std::uint32_t word : philox4x32_10({block, 0, 0, 0}, kPatternKey)) {
      for (int shift = 0; shift < 32; shift += 8) {
        pattern.push_back(static_cast<std::byte>(word >> shift));
      }
    }
  }
  return pattern;
}

}  // namespace

std::span<const std::byte> guard_pattern() {
  static const std::vector<std::byte> pattern = make_pattern();
  return pattern;
}

std::optional<GuardDamage> find_damage(std::span<const std::byte> front,
                                       std::span<const std::byte> back, std::size_t size_bytes) {
  const auto expected = guard_pattern();
  std::optional<GuardDamage> before;
  std::optional<GuardDamage> after;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < kGuardBytes; ++i) {
    if (front[i] != expected[i]) {
      ++changed;
      const std::size_t apart = kGuardBytes - 1 - i;
      before = GuardDamage{-static_cast<std::int64_t>(apart) - 1, apart, 0};
    }
    if (back[i] != expected[i]) {
      ++changed;
      if (!after) after = GuardDamage{static_cast<std::int64_t>(size_bytes + i), i, 0};
    }
  }
  if (changed == 0) return std::nullopt;
  const bool nearer_before = before && (!after || before->bytes_apart < after->bytes_apart);
  GuardDamage nearest = nearer_before ? *before : *after;
  nearest.changed_bytes = changed;
  return nearest;
}

std::string describe(const GuardDamage& damage, const std::string& name, std::size_t size_bytes) {
  const char* side = damage.offset < 0 ? "before its start" : "past its end";
  return fmt::format(
      "{} bytes outside '{}' were changed, the nearest at {}{:+}, {} bytes {} ({} bytes)",
      damage.changed_bytes, name, name, damage.offset, damage.bytes_apart, side, size_bytes);
}

}  // namespace fitest::cuda
