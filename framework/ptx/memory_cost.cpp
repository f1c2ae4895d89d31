// SPDX-License-Identifier: Apache-2.0
#include "ptx/memory_cost.h"

#include <algorithm>
#include <array>
#include <bit>

namespace fitest::ptx {
namespace {

constexpr std::uint32_t kWarpLanes = 32;
constexpr std::uint32_t kSectorBytes = 32;
constexpr std::uint32_t kBanks = 32;
constexpr std::uint32_t kWordBytes = 4;
constexpr std::uint32_t kBankRowBytes = kBanks * kWordBytes;

// The words that one phase of a request asks of every bank.
class BankRow {
 public:
  explicit BankRow(bool atomic) : atomic_(atomic) {}

  void add(std::uint64_t word) {
    const std::size_t bank = word % kBanks;
    const auto begin = words_[bank].begin();
    const auto end = begin + counts_[bank];
    if (!atomic_ && std::find(begin, end, word) != end) return;
    words_[bank][counts_[bank]++] = word;
  }
  std::uint64_t deepest() const { return *std::max_element(counts_.begin(), counts_.end()); }

 private:
  bool atomic_;
  std::array<std::array<std::uint64_t, kBanks>, kBanks> words_;
  std::array<std::uint8_t, kBanks> counts_{};
};

}  // namespace

std::uint64_t count_sectors(const WarpRequest& request) {
  std::array<std::uint64_t, kWarpLanes> sectors;
  std::size_t count = 0;
  for (std::uint32_t rest = request.mask; rest != 0; rest &= rest - 1) {
    const std::uint64_t sector = request.address[std::countr_zero(rest)] / kSectorBytes;
    // Neighbouring lanes mostly share the sector that was seen last.
    const auto end = sectors.rbegin() + kWarpLanes;
    const auto begin = end - static_cast<std::ptrdiff_t>(count);
    if (std::find(begin, end, sector) == end) sectors[count++] = sector;
  }
  return count;
}

BankCounts count_wavefronts(const WarpRequest& request, bool atomic) {
  const std::uint32_t width = std::max(request.bytes, kWordBytes);
  const std::uint32_t lanes_a_phase = kBankRowBytes / width;
  BankCounts counts{1, 0, 0};
  for (std::uint32_t first = 0; first < kWarpLanes; first += lanes_a_phase) {
    const std::uint32_t lanes =
        request.mask &
        static_cast<std::uint32_t>(((std::uint64_t{1} << lanes_a_phase) - 1) << first);
    if (lanes == 0) continue;
    BankRow row(atomic);
    for (std::uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
      const std::uint64_t word = request.address[std::countr_zero(rest)] / kWordBytes;
      for (std::uint32_t i = 0; i < width / kWordBytes; ++i) row.add(word + i);
    }
    counts.wavefronts += row.deepest();
    counts.conflicts += row.deepest() - 1;
  }
  return counts;
}

}  // namespace fitest::ptx
